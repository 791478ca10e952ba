"""Commands in a process of their own, without the second or two that each would spend importing NNabla.

done = run([sys.executable, "-m", "package", "word"], cwd=folder, env=environment)      # like subprocess.run
process = start([sys.executable, "script.py", "word"], cwd=folder, env=environment)     # like subprocess.Popen

The first call starts a Python that imports the slow libraries of others, and every run is a fork of it: it has its own
process, working folder, environment, streams and exit code, and imports the module or script, ours included, anew.
Calls whose interpreter would start alike (its flags; ``PYTHON...``, ``LC_...`` and ``LANG...`` in the environment)
share a Python. Where that cannot pay, use `subprocess`: for settings that occur once, and for what is said or done
while a Python starts. Systems that cannot fork use it always.

This file is also the program of that Python, so it imports nothing of ours.
"""

import atexit
import contextlib
import functools
import gc
import hashlib
import importlib
import itertools
import json
import marshal
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import zipimport
from pathlib import Path

SLOW = (
    "nnabla",
    "nnabla.parametric_functions",
    "nnabla.utils.data_source_implements",
    "nnabla.utils.cli.convert",
    "nnabla.utils.cli.forward",
    "nnabla.utils.cli.train",
    "nnabla.utils.cli.uploader",
    "nnabla.utils.load",
    "nnabla.utils.save",
    "h5py",
    "imageio.v2",
    "jinja2",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "scipy.stats",
)
STREAMS = ("stdout", "stderr")
_pythons = {}
_numbers = itertools.count()


@functools.lru_cache(maxsize=None)
def _folder():
    """The place of all streams, and of what one Python has compiled and the others need not."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def run(line, cwd, env=None, log=None):
    """Run ``[sys.executable, flags, "-m", MODULE or SCRIPT, arguments]`` to its end; `log` takes both streams."""
    started = start(line, cwd, env, log)
    out, errors = started.communicate()
    return subprocess.CompletedProcess(started.args, started.returncode, out, errors)


def start(line, cwd, env=None, log=None):
    """Start it, as with `subprocess.Popen`; see `Started` for what can be done with it."""
    words, environment = list(map(str, line)), dict(os.environ if env is None else env)
    return Started(words, str(cwd), environment, log)


class Started:
    """A process: what of `subprocess.Popen` the tests need; its streams go into files, which can be read meanwhile.

    Attributes:
        args: The command.
        pid: The process.
        returncode: How it ended, None before that is asked for.
    """

    def __init__(self, words, cwd, environment, log):
        self.args, self.returncode = words, None
        self._log = log
        number = next(_numbers)
        self._streams = [str(log or _folder() / f"{name}{number}") for name in STREAMS]
        for path in self._streams:
            Path(path).write_bytes(b"")
        if hasattr(os, "fork"):
            self._process = _python_for(words, environment).start(words, cwd, environment, self._streams)
        else:
            out, errors = (open(stream, "ab") for stream in self._streams)
            with out, errors:
                self._process = subprocess.Popen(words, cwd=cwd, env=environment, stdout=out, stderr=errors)
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.wait()

    def said(self):
        """What it has written to both streams until now."""
        return b"".join(Path(stream).read_bytes() for stream in dict.fromkeys(self._streams))

    def poll(self):
        """Return the exit code, None while it runs."""
        if self.returncode is None:
            self.returncode = self._process.poll()
        return self.returncode

    def wait(self, timeout=None):
        """Return the exit code once it has ended."""
        if timeout is None and self.returncode is None:
            self.returncode = self._process.wait()
        end = time.monotonic() + (timeout or 0)
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(self.args, timeout)
            time.sleep(0.005)
        return self.returncode

    def communicate(self, timeout=None):
        """Wait for its end and return what it has written: (stdout, stderr); nothing if that is in a log."""
        self.wait(timeout)
        return (b"", b"") if self._log is not None else tuple(Path(stream).read_bytes() for stream in self._streams)

    def send_signal(self, number):
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self):
        """End it."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL) if hasattr(os, "fork") else self._process.kill()


def _python_for(words, environment):
    assert words[0] == sys.executable
    flags = tuple(words[1 : _first(words)])
    settings = {k: v for k, v in environment.items() if k.startswith(("PYTHON", "LC_", "LANG"))}
    key = (flags, tuple(sorted(settings.items())))
    if key not in _pythons:
        _pythons[key] = Prepared(flags, environment)
    return _pythons[key]


def _first(words):
    """Where the interpreter's own words end: at ``-m`` or at the script."""
    return next(place for place, word in enumerate(words) if place and (word == "-m" or not word.startswith("-")))


class Prepared:
    """A Python that has imported `SLOW` and lends itself to one run after the other."""

    def __init__(self, flags, environment):
        # The forks keep their bytecode here: neither a checkout nor a folder of plugins gets any.
        bytecode = str(_folder() / "bytecode")
        self._errors = _folder() / f"errors{len(_pythons)}.txt"
        line = [sys.executable, *flags, str(Path(__file__).resolve()), bytecode]
        with open(str(self._errors), "wb") as errors:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
            self._process = subprocess.Popen(line, env=environment, **pipes)
        atexit.register(self.close)

    def start(self, words, cwd, environment, streams):
        """Fork and become what `words` say."""
        request = {"words": words[_first(words) :], "cwd": cwd, "environment": environment, "streams": streams}
        return _Fork(self, int(self.answer(request)))

    def answer(self, request):
        """Send a request and return the line that comes back."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the prepared Python ended:\n{self._errors.read_text(errors='replace')}"
        return answer

    def close(self):
        """End the Python."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class _Fork:
    """A process that another one has started, which therefore knows how it ended."""

    def __init__(self, python, pid):
        self._python, self.pid = python, pid

    def poll(self):
        return json.loads(self._python.answer({"pid": self.pid, "options": os.WNOHANG}))

    def wait(self):
        return json.loads(self._python.answer({"pid": self.pid, "options": 0}))


# --- in the prepared Python -----------------------------------------------------------------------------------------


def _serve(bytecode):
    """Return, in a fork, what is asked for."""
    for name in SLOW:
        importlib.import_module(name)
    answers = os.dup(1)
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, which then closes the pipe
    for line in iter(sys.stdin.buffer.readline, b""):
        request = json.loads(line.decode("ascii"))
        if "pid" in request:
            answer = json.dumps(_ended(**request))
        else:
            child = os.fork()
            if not child:
                sys.dont_write_bytecode, sys.pycache_prefix = False, bytecode
                _keep_compiled_archives(Path(bytecode, "archives"))
                os.fsync = os.fstat  # as in conftest.py
                return request
            answer = str(child)
        os.write(answers, answer.encode("ascii") + b"\n")
    return None


def _ended(pid, options):
    """Return the exit code of a fork, None while it runs."""
    pid, status = os.waitpid(pid, options)
    if not pid:
        return None
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _keep_compiled_archives(folder):
    """Compile the modules of an archive once: Python keeps none of it, and a click would take twice as long."""
    compiled = zipimport._compile_source

    def kept(path, source):
        place = folder / hashlib.sha256(path.encode("utf-8") + source).hexdigest()
        try:
            return marshal.loads(place.read_bytes())
        except FileNotFoundError:
            code = compiled(path, source)
        folder.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}")
        part.write_bytes(marshal.dumps(code))
        part.replace(place)
        return code

    zipimport._compile_source = kept


def _become(words, cwd, environment, streams):
    """Be a Python that was started with `words`."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):  # `nohup` has them ignored
        signal.signal(number, signal.SIG_DFL)
    files = [os.open(os.devnull, os.O_RDONLY)]
    files += [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for path in streams]
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    if words[0] == "-m":
        sys.argv[:] = words[1:]
        sys.path[0] = os.getcwd()
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = words
        sys.path[0] = os.path.dirname(os.path.abspath(words[0]))
        runpy.run_path(words[0], run_name="__main__")


def code_of(request):
    """Be it, and end as the interpreter would, but for tidying the memory up: that takes as long as the imports."""
    code = 0
    try:
        _become(**request)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if code and not isinstance(end.code, int):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001 (what the interpreter does with whatever is left)
        traceback.print_exc()
        code = 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    asked = _serve(sys.argv[1])
    if asked is not None:
        os._exit(code_of(asked))
