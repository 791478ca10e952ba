"""Commands in a process of their own, without the second or two that each would spend importing NNabla.

done = run([sys.executable, "-m", "package", "word"], cwd=folder, env=environment)      # like subprocess.run

The first call starts a Python that imports the slow libraries of others, and every run is a fork of it: it has its own
process, working folder, environment, streams and exit code, and imports the module or script, ours included, anew.
Calls whose interpreter would start alike (its flags; ``PYTHON...``, ``LC_...`` and ``LANG...`` in the environment)
share a Python. Where that cannot pay, use `subprocess`: for settings that occur once, for what is interrupted or
killed, and for what is said about starting. Systems that cannot fork use it always.

This file is also the program of that Python, so it imports nothing of ours.
"""

import atexit
import contextlib
import gc
import hashlib
import importlib
import json
import marshal
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
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
_folder = tempfile.TemporaryDirectory()  # for all Pythons: what one has compiled the others need not


def run(line, cwd, env=None, log=None):
    """Run ``[sys.executable, flags, "-m", MODULE or SCRIPT, arguments]`` to its end; `log` takes both streams."""
    words, environment = list(map(str, line)), dict(os.environ if env is None else env)
    if log is not None:
        Path(log).write_bytes(b"")
    with tempfile.TemporaryDirectory() as folder:
        streams = [str(log) if log is not None else os.path.join(folder, name) for name in STREAMS]
        if hasattr(os, "fork"):
            code = _python_for(words, environment).run(words, str(cwd), environment, streams)
        else:
            out, errors = (open(stream, "ab") for stream in streams)
            with out, errors:
                code = subprocess.run(words, cwd=str(cwd), env=environment, stdout=out, stderr=errors).returncode
        said = (b"", b"") if log is not None else (Path(stream).read_bytes() for stream in streams)
        return subprocess.CompletedProcess(words, code, *said)


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
        bytecode = os.path.join(_folder.name, "bytecode")
        self._errors = Path(_folder.name, f"errors{len(_pythons)}.txt")
        line = [sys.executable, *flags, str(Path(__file__).resolve()), bytecode]
        with open(str(self._errors), "wb") as errors:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
            self._process = subprocess.Popen(line, env=environment, **pipes)
        atexit.register(self.close)

    def run(self, words, cwd, environment, streams):
        """Fork, become what `words` say, and return the exit code."""
        request = {"words": words[_first(words) :], "cwd": cwd, "environment": environment, "streams": streams}
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the prepared Python ended:\n{self._errors.read_text(errors='replace')}"
        return int(answer)

    def close(self):
        """End the Python."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


# --- in the prepared Python -----------------------------------------------------------------------------------------


def _serve(bytecode):
    """Return, in a fork, what is asked for."""
    for name in SLOW:
        importlib.import_module(name)
    answers = os.dup(1)
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, which then closes the pipe
    for line in iter(sys.stdin.buffer.readline, b""):
        child = os.fork()
        if not child:
            sys.dont_write_bytecode, sys.pycache_prefix = False, bytecode
            _keep_compiled_archives(Path(bytecode, "archives"))
            os.fsync = os.fstat  # as in conftest.py
            return json.loads(line.decode("ascii"))
        status = os.waitpid(child, 0)[1]
        code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        os.write(answers, b"%d\n" % code)
    return None


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
