"""A command or click as a fork of this process, so that no time is lost with importing other people's libraries.

process = Forked(["-m", "nnabla_influence", "train", ...], folder, log)
process.wait(seconds)      exit code, or None if it still runs
process.send(signal.SIGKILL)

A fork has its own session: what it leaves running is found by that. Progress is saved every few hundredths of a second
instead of every 20 seconds, so that what is killed was always worth going on with.
"""

import importlib
import os
import signal
import sys
import time
from pathlib import Path

from support.prepared import SLOW, code_of
from support.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
SAVES = ("training.fresh_training", "training.training_progress", "estimators.backward_walk")
SECONDS_BETWEEN_SAVES = 0.05


class Forked:
    """A process that began as a fork.

    Args:
        words: ``-m``, a module and its arguments, or a script and its arguments.
        folder: Its working folder; its home, temporary and data-cache folders are made in it.
        log: Takes what it says.
    """

    def __init__(self, words, folder, log):
        for name in SLOW:
            importlib.import_module(name)
        streams = [str(log), str(log)]
        request = {"words": list(map(str, words)), "cwd": str(folder), "environment": environment(folder)}
        self._code = None
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            os.setsid()
            _save_often()
            os._exit(code_of({**request, "streams": streams}))

    def wait(self, seconds=PATIENCE):
        """Return the exit code (minus the signal's number if one killed it), or None if it still runs after that."""
        end = time.monotonic() + seconds
        while self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
            elif time.monotonic() >= end:
                break
            else:
                time.sleep(0.002)
        return self._code

    def send(self, number):
        """Send a signal to this process alone."""
        os.kill(self.pid, number)

    def end(self):
        """Kill it with everything that it has started."""
        for pid in self.left_running():
            os.kill(pid, signal.SIGKILL)
        if self.wait(0) is None:
            self.send(signal.SIGKILL)
            self.wait()

    def left_running(self, seconds=0.0):
        """Return the processes of its session but itself that still run after some seconds."""
        end = time.monotonic() + seconds
        while True:
            left = [pid for pid, session in _sessions() if session == self.pid and pid != self.pid]
            if not left or time.monotonic() >= end:
                return left
            time.sleep(0.05)


def environment(folder):
    """Return the environment of a process that keeps everything in its working folder."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "MPLCONFIGDIR": str(folder.parent / "matplotlib"),
        "NNABLA_INFLUENCE_DATA_CACHE": str(folder / "decoded"),
    }


def _save_often():
    for name in SAVES:
        importlib.import_module(f"nnabla_influence.{name}").SECONDS_BETWEEN_SAVES = SECONDS_BETWEEN_SAVES


def _sessions():
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if fields[0] != "Z":
            yield int(stat.parent.name), int(fields[3])
