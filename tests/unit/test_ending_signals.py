"""Every ending signal ends a process as Ctrl-C does, with its own exit code, at whatever moment it comes."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.interruptible import default_interrupt
from support.waiting import PATIENCE

from nnabla_influence import ending_signals as module
from nnabla_influence.ending_signals import ending_signals, exit_code, received

ROOT = Path(__file__).resolve().parents[2]
UNIX = pytest.mark.skipif(os.name == "nt", reason="no signals to other processes on Windows")
SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"]


def started(code):
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=default_interrupt,
    )


def ended(process, name):
    assert process.stdout.readline() == "ready\n"
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


COMMAND = """
import sys, time
from nnabla_influence import __main__
from nnabla_influence.cli import noise
from nnabla_influence.interrupts import resumable
from nnabla_influence.remedies import remedy

def run(args, console):
    with resumable("the progress is in 'x.partial'.", remedy("go-on-or-discard")):
        print("ready", flush=True)
        while True:
            time.sleep(0.1)  # Python hears a signal that comes just before a long sleep only after it

noise.run = run
sys.argv = ["nnabla-influence", "noise", "--train", __file__, "--rate", "0", "--output", "o", "--truth", "t"]
__main__.run()
"""


@UNIX
@pytest.mark.parametrize("name", SIGNALS)
def test_a_command_says_how_to_go_on_and_ends_with_the_code_of_the_signal(name):
    code, errors = ended(started(COMMAND.replace("__file__", repr(__file__))), name)
    assert code == 128 + getattr(signal, name)
    assert errors == "interrupted: the progress is in 'x.partial'. The same command goes on, --discard removes it.\n"


IMPORTING = """
import sys, time, types
from nnabla_influence import __main__
from nnabla_influence.ending_signals import ending_signals

class Slow:
    # An import hook: NNabla takes its time.
    def find_spec(self, name, path=None, target=None):
        if name == "nnabla":
            import importlib.machinery
            return importlib.machinery.ModuleSpec(name, self)
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        print("ready", flush=True)
        try:
            while True:
                time.sleep(0.1)
        except BaseException:
            raise RuntimeError("initialization failed")  # as compiled code does

sys.meta_path.insert(0, Slow())
with ending_signals():
    import nnabla
"""


@UNIX
@pytest.mark.parametrize("name", SIGNALS)
def test_while_nnabla_is_imported_there_is_no_traceback(name):
    code, errors = ended(started(IMPORTING), name)
    assert (code, errors) == (128 + getattr(signal, name), "interrupted\n")


LATE = """
import atexit, os, signal, sys
from nnabla_influence.ending_signals import ending_signals, leave

@atexit.register
def late():
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        os.kill(os.getpid(), getattr(signal, name))

with ending_signals():
    leave(0)
"""


@UNIX
def test_what_comes_after_the_work_is_ignored():
    process = started(LATE)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")


LOST = """
import argparse, os, signal, sys
from nnabla_influence.cli.main import _run
from nnabla_influence.ending_signals import ending_signals

def work(args, console):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass
    except KeyboardInterrupt:
        pass  # somebody's code swallows it
    return 0

with ending_signals():
    sys.exit(_run(work, argparse.Namespace()))
"""


MADE_ANOTHER = LOST.replace(
    "pass  # somebody's code swallows it", "raise ImportError('do not import it from there') from None"
)


@UNIX
@pytest.mark.parametrize("program", [LOST, MADE_ANOTHER], ids=["swallowed", "made an ImportError, as NumPy does"])
def test_a_signal_that_somebody_caught_is_not_lost(program):
    process = started(program)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (143, "interrupted\n")


STARTING = """
import os, runpy, signal, sys

name, program = sys.argv[1:]

class AtFirstImport:
    # The signal comes when the first of our modules is looked for; Python's own start is not ours to change.
    def find_spec(self, module, path=None, target=None):
        if module.startswith("nnabla_influence") and not module.endswith("__main__"):
            os.kill(os.getpid(), getattr(signal, name))

if program.endswith(".py"):
    sys.meta_path.insert(0, AtFirstImport())
    runpy.run_path(program, run_name="__main__")
else:
    import nnabla_influence
    sys.meta_path.insert(0, AtFirstImport())
    runpy.run_module(program, run_name="__main__", alter_sys=True)
"""
SCRIPTS = [str(path) for path in sorted((ROOT / "plugins").rglob("*.py"))]


@UNIX
@pytest.mark.parametrize("program", ["nnabla_influence.__main__", *SCRIPTS], ids=lambda name: Path(name).stem)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_is_heard_before_anything_of_ours_is_loaded(name, program):
    line = [sys.executable, "-c", STARTING, name, program]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, preexec_fn=default_interrupt)
    assert (done.returncode, done.stderr) == (128 + getattr(signal, name), "interrupted\n")


@UNIX
def test_what_is_to_be_ignored_stays_ignored():
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_signals():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN and not received()
    finally:
        signal.signal(signal.SIGHUP, before)


@UNIX
def test_handlers_return_and_a_block_inside_another_changes_nothing():
    before = {name: signal.getsignal(getattr(signal, name)) for name in SIGNALS}
    with pytest.raises(KeyboardInterrupt), ending_signals(), ending_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):
            pass
    assert exit_code() == 143 and received()
    assert before == {name: signal.getsignal(getattr(signal, name)) for name in SIGNALS}
    with ending_signals():
        assert not received() and exit_code() == 130


def test_other_threads_are_left_alone():
    seen = []

    def work():
        with ending_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)] and seen[0] is not module._end
