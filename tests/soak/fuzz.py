"""Damage valid files and words, let the package read them, and count what goes wrong.

    python tests/soak/fuzz.py --inputs 100000 --output damaged.csv       # --add goes on, or adds another --seed

Counted are crashes (compiled code took the process down), tracebacks (an exception that is no sentence of ours), hangs
(more than `LIMIT` seconds), writes outside of the working folder, and silent differences (what a checksum vouches for
is read as something else, and nobody says so). Each kind of input also says which share of it came past the first
check; less than half is a fault of the fuzz. What is found is added to `corpus/`, which the test suite reads again for
ever. Every kind is read in a fork, so that a crash is counted and the next fork goes on with other inputs.
"""

import argparse
import contextlib
import importlib
import io
import logging
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from soak.counts import Counted  # noqa: E402
from soak.targets import TARGETS  # noqa: E402

LIMIT = 10  # seconds
ENOUGH = 100  # inputs from which on it can be judged how deep they get
MEMORY = 6 << 30  # bytes of address space beyond what is in use: a test must not take the machine down
FAULTS = ("crashes", "tracebacks", "hangs", "writes outside", "silent differences")
COUNTS = ("target", "inputs", "past the first check", "accepted", "refused", *FAULTS, "seconds")
UNEXPECTED = "(run again with --verbose for the traceback)"
WRITING = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree"}


class Hang(BaseException):
    """It took too long."""


class Watch:
    """Notices writes outside of a folder; Python cannot remove an audit hook, so there is one for the process."""

    folder = ""
    outside = []
    installed = False

    @classmethod
    def over(cls, folder):
        """Watch from now on."""
        cls.folder, cls.outside = os.path.realpath(str(folder)), []
        if not cls.installed:
            cls.installed = True
            sys.addaudithook(cls._notice)

    @classmethod
    def _notice(cls, event, arguments):
        if not cls.folder:
            return
        if event == "open":
            path, mode, flags = arguments
            if not isinstance(flags, int) or not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
            paths = [path]
        elif event in WRITING:
            paths = [path for path in arguments[:2] if isinstance(path, (str, bytes))]
        else:
            return
        for path in paths:
            if isinstance(path, (str, bytes)) and not cls._inside(os.fsdecode(path)):
                cls.outside.append((event, os.path.realpath(os.fsdecode(path))))

    @classmethod
    def _inside(cls, path):
        allowed = (cls.folder, os.environ.get("MPLCONFIGDIR", cls.folder))  # matplotlib keeps its fonts by itself
        return path in (os.devnull, "/dev/tty") or os.path.realpath(path).startswith(allowed)


class Reader:
    """Lets a target read inputs, and counts.

    Args:
        target: The target.
        folder: Where the inputs are written.
        keep: Whether what is found goes into the corpus.
    """

    def __init__(self, target, folder, keep=True):
        self.target, self.folder, self.keep = target, folder, keep
        self.counts = Counter()
        self.found = []
        self.before = lambda reader, given_input: None  # called before an input is read
        self._kinds = set()
        self._reached = False
        self._spy()

    def read(self, given_input):
        """Read one input."""
        _empty(self.folder.parent)
        self.folder.mkdir()
        given_input.write(self.folder)
        self.counts["inputs"] += 1
        self.before(self, given_input)
        self._reached = False
        fault, why = self._fault(given_input)
        self.counts["past the first check"] += self._reached
        if fault:
            self.counts[fault] += 1
            if (fault, why.splitlines()[-1][:80]) not in self._kinds:
                self._kinds.add((fault, why.splitlines()[-1][:80]))
                place = given_input.keep(self.target.name) if self.keep else ""
                self.found.append(f"{self.target.name}: {fault}: {why} {place}")

    def _fault(self, given_input):
        said = io.StringIO()
        Watch.over(self.folder.parent)  # `..` is a place that somebody may name
        try:
            with contextlib.chdir(self.folder) if hasattr(contextlib, "chdir") else _inside(self.folder), _heard(said):
                with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), _limited():
                    result = self.target.read(self.folder, given_input.words)
        except Hang:
            return "hangs", f"more than {LIMIT} s"
        except Exception as error:  # noqa: BLE001 - which exceptions come is the question
            if not _is_sentence(error):
                return "tracebacks", traceback.format_exc()
            self.counts["refused"] += 1
            return self._written_outside(given_input)
        finally:
            Watch.folder = ""
        if UNEXPECTED in said.getvalue() or "Traceback (most recent" in said.getvalue():
            return "tracebacks", said.getvalue()
        self.counts["accepted"] += 1
        whole = self.target.whole(given_input.words)
        if whole is not None and result != whole and "edited" not in said.getvalue():
            return "silent differences", f"read {str(result)[:200]}, not {str(whole)[:200]}"
        return self._written_outside(given_input)

    def _written_outside(self, given_input):
        """Judge the writes outside; a folder is none, nor is what lies in it, where a word names a file in it."""
        asked = [os.path.realpath(str(self.folder / str(word).split("=")[-1])) for word in given_input.words]
        places = {os.path.dirname(path) for path in asked}
        outside = [f"{event} {path!r}" for event, path in Watch.outside if not {path, os.path.dirname(path)} & places]
        return ("writes outside", "; ".join(outside)) if outside else ("", "")

    def _spy(self):
        """Notice when the function beyond the first check is called."""
        module, _, name = self.target.beyond.partition(":")
        owner = importlib.import_module(module)
        *classes, name = name.split(".")
        for each in classes:
            owner = getattr(owner, each)
        function = getattr(owner, name)
        function = getattr(function, "spied", function)

        def spy(*arguments, **named):
            self._reached = True
            return function(*arguments, **named)

        spy.spied = function
        setattr(owner, name, spy)
        self.restore = lambda: setattr(owner, name, function)


def _empty(folder):
    for path in folder.iterdir():
        shutil.rmtree(str(path)) if path.is_dir() and not path.is_symlink() else path.unlink()


@contextlib.contextmanager
def _inside(folder):
    before = os.getcwd()
    os.chdir(str(folder))
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _heard(stream):
    handler = logging.StreamHandler(stream)
    loggers = [logging.getLogger(name) for name in ("nnabla_influence", "nnabla")]
    before = [(logger.handlers[:], logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers[:], logger.propagate = [handler], False
    try:
        yield
    finally:
        for logger, (handlers, propagate) in zip(loggers, before):
            logger.handlers[:], logger.propagate = handlers, propagate


@contextlib.contextmanager
def _limited():
    def end(number, frame):
        raise Hang

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _is_sentence(error):
    from nnabla_influence.errors import InfluenceError

    return isinstance(error, InfluenceError) or (isinstance(error, OSError) and error.errno is not None)


def fuzz(target, inputs, start, folder, keep=True, before=None):
    """Read so many damaged inputs of a target in a folder; return the `Reader`, which has counted."""
    reader = Reader(target, folder / "in", keep)
    reader.before = before or reader.before
    options = {
        "deadline": None,
        "database": None,
        "phases": [Phase.generate],
        "suppress_health_check": list(HealthCheck),
    }

    @seed(start)
    @settings(max_examples=inputs, **options)
    @given(target.strategy)
    def each(given_input):
        reader.read(given_input)

    try:
        each()
    finally:
        reader.restore()
    return reader


def fuzz_in_forks(target, inputs, start, folder, keep):
    """Read so many damaged inputs of a target, in a new fork after each crash; return counts and what was found."""
    counts, found = Counter(), []
    while counts["inputs"] < inputs:
        note = folder.parent / "fork.pickle"
        pid = os.fork()
        if not pid:
            code = 1
            try:
                _fork(target, inputs - counts["inputs"], start + counts["inputs"], folder, note, keep)
                code = 0
            finally:
                os._exit(code)
        status = os.waitpid(pid, 0)[1]
        done, more, current = pickle.loads(note.read_bytes())
        counts.update(done)
        found += more
        if not status:
            break
        counts["crashes"] += 1
        place = current.keep(target.name) if keep else ""
        found.append(f"{target.name}: crashes: the process ended with status {status} {place}")
    return counts, found


def _fork(target, inputs, start, folder, note, keep):
    """Read inputs, and write down before each what was counted until then."""

    def remember(reader, given_input):
        note.write_bytes(pickle.dumps((dict(reader.counts), reader.found, given_input)))

    remember(fuzz(target, inputs, start, folder, keep, remember), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="damaged inputs in all (default: 100000)")
    parser.add_argument("--target", nargs="*", help="only these kinds of input")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (default: 0)")
    parser.add_argument("--keep", action="store_true", help="add what is found to the corpus")
    parser.add_argument("--output", type=Path, help="a CSV with the counts")
    parser.add_argument("--add", action="store_true", help="keep what is in the CSV, and count what is not")
    args = parser.parse_args()
    in_use = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY, resource.RLIM_INFINITY))
    chosen = [target for target in TARGETS if not args.target or target.name in args.target]
    folder = Path(tempfile.mkdtemp())
    (folder / "base").mkdir()
    os.environ["MPLCONFIGDIR"] = os.path.realpath(str(folder / "matplotlib"))
    try:
        rows = list(_rows(args, chosen, folder / "base"))
    finally:
        shutil.rmtree(str(folder))
    judged = [row for row in rows if row["inputs"] >= ENOUGH]
    shallow = [row["target"] for row in judged if 2 * row["past the first check"] < row["inputs"]]
    faults = {name: sum(row.get(name, 0) for row in rows) for name in FAULTS}
    print(f"{sum(row['inputs'] for row in rows):,} inputs: {', '.join(f'{n} {name}' for name, n in faults.items())}")
    print(f"fewer than half past the first check: {', '.join(shallow) or 'none'}")
    return 1 if shallow or any(faults.values()) else 0


def _rows(args, chosen, folder):
    counted = Counted(args.output, COUNTS, args.seed, args.add)
    inputs = max(1, args.inputs // len(chosen))
    for target in chosen:
        row = counted.row(target.name, "inputs", inputs)
        if row is None:
            began = time.monotonic()
            counts, found = fuzz_in_forks(target, inputs, args.seed, folder, args.keep)
            row = {"target": target.name, **counts, "seconds": round(time.monotonic() - began, 1)}
            counted.add(row)
            print("".join(f"  {what}\n" for what in found), end="", flush=True)
        row = {"target": target.name, **row}
        print(", ".join(f"{name} {row.get(name, 0)}" for name in COUNTS), flush=True)
        yield row


if __name__ == "__main__":
    sys.exit(main())
