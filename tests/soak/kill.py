"""Kill every long phase of every command and plugin at random moments, go on, and compare the bytes.

    python tests/soak/kill.py --moments 100 --output killed.csv          # --add goes on, or adds another --seed

A phase runs undisturbed first. Then, for every moment: it is started anew, killed (`--signal`, SIGKILL if not given),
and the same line is typed again. What it leaves must be what the undisturbed run left, byte for byte and file for file:
no other file, no process. Where the killed run had already written its last file but not tidied up, the second one may
refuse to replace it; then the line is typed once more with --overwrite, and that is counted.

What differs is kept: both folders lie under `--found`.
"""

import argparse
import csv
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from soak.counts import Counted  # noqa: E402
from soak.forked import Forked  # noqa: E402
from soak.kill_phases import contents_of_database, phases, prepare, working_folder  # noqa: E402
from support.waiting import written  # noqa: E402

ORPHANS = 20.0  # seconds in which workers notice that their parent is gone
# Names that say nothing of the result: decoded data knows its files by inode; the rest is what somebody else keeps.
UNSTABLE = ("decoded", "__pycache__", "backup")
MARKS = "decoded/in_use/"  # the last process to use decoded data; the next one sweeps it
COUNTS = (
    "phase",
    "seconds",
    "moments",
    "identical",
    "overwritten",
    "differing",
    "left",
    "missing",
    "failed",
    "orphans",
)


class Killer:
    """Kills phases.

    Args:
        base: A folder with ``inputs``.
        number: The signal.
        random: Chooses the moments.
        found: Where what differs is kept.
    """

    def __init__(self, base, number, random, found):
        self.base, self.number, self.random, self.found = base, number, random, found
        self.log = base / "log.txt"

    def kill(self, phase, moments):
        """Return what came of so many moments: a row of `COUNTS`."""
        began = time.monotonic()
        self._finish(phase, working_folder(self.base, phase))
        seconds = time.monotonic() - began
        whole = self._kept("undisturbed")
        counts = Counter()
        for _ in range(moments):
            orphans = self._interrupted(phase, seconds)
            counts["orphans"] += orphans
            try:
                counts["overwritten"] += self._finish(phase, self.base / "work")
            except AssertionError as error:
                counts["failed"] += 1
                self._keep(phase, "failed", str(error))
                continue
            self._compare(phase, whole, counts)
        return {"phase": phase.name, "seconds": round(seconds, 2), "moments": moments, **counts}

    def _interrupted(self, phase, seconds):
        """Kill a run that has not ended; return how many of its processes lived on."""
        while True:
            process = Forked(phase.words, working_folder(self.base, phase), self.log)
            moment = self.random.uniform(0, seconds)
            if process.wait(moment) is not None:
                seconds *= 0.9  # it was quicker than the first time
                continue
            process.send(self.number)
            process.wait()
            left = len(process.left_running(ORPHANS))
            process.end()
            return left

    def _finish(self, phase, folder):
        """Type the line until it has ended well; return whether it had to replace what was already there."""
        code = self._typed(phase.words, folder)
        if code == 2 and phase.overwrite and "one that exists" in self._said():
            code = self._typed((*phase.words, *phase.overwrite), folder)
            assert code == 0, f"exit code {code}: {self._said()}"
            return True
        assert code == 0, f"exit code {code}: {self._said()}"
        return False

    def _typed(self, words, folder):
        self.log.write_bytes(b"")
        return Forked(words, folder, self.log).wait()

    def _said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _compare(self, phase, whole, counts):
        now = snapshot(self.base / "work")
        left, missing = sorted(set(now) - set(whole)), sorted(set(whole) - set(now))
        differing = sorted(name for name in set(now) & set(whole) if now[name] != whole[name])
        wrong = {"left": left, "missing": missing, "differing": differing}
        counts["identical"] += not (left or missing or differing)
        for kind, names in wrong.items():
            counts[kind] += bool(names)
        if left or missing or differing:
            self._keep(phase, "differing", json.dumps(wrong))

    def _kept(self, name):
        folder = self.base / name
        shutil.rmtree(str(folder), ignore_errors=True)
        shutil.copytree(str(self.base / "work"), str(folder), symlinks=True)
        return snapshot(self.base / "work")

    def _keep(self, phase, kind, what):
        number = len(list(self.found.glob("*"))) if self.found.exists() else 0
        place = self.found / f"{number} {kind} {phase.name}".replace("/", "_")
        shutil.copytree(str(self.base / "work"), str(place / "killed"), symlinks=True)
        shutil.copytree(str(self.base / "undisturbed"), str(place / "undisturbed"), symlinks=True)
        (place / "what.txt").write_text(what, encoding="utf-8")
        print(f"  {phase.name}: {kind}: {what.strip()[-400:]} (kept in {place})", flush=True)


def snapshot(folder):
    """Return every file below a folder with its hash; of what is unstable only what is temporary."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(MARKS):
            continue
        unstable = any(part in name for part in UNSTABLE)
        if path.is_dir():
            if not unstable or "partial-" in path.name:
                found[name + "/"] = "folder"
        elif "partial-" in path.name or not unstable:
            found[name] = hashlib.sha256(READERS.get(path.suffix, Path.read_bytes)(path)).hexdigest()
    return found


def without_seconds(path):
    """Return a table without the column that says how long each training took."""
    with open(str(path), encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    taken = rows[0].index("seconds") if rows and "seconds" in rows[0] else None
    return json.dumps([[cell for i, cell in enumerate(row) if i != taken] for row in rows]).encode("utf-8")


def without_hashes(path):
    """Return what a JSON file says; of a plugin's record of its files only their names, for one may hold seconds."""
    content = path.read_bytes()
    return json.dumps(sorted(json.loads(content.decode("utf-8")))).encode() if path.name[0] == "." else content


READERS = {".db": contents_of_database, ".csv": without_seconds, ".json": without_hashes}


class Cluster:
    """A Dask scheduler and a worker on this machine, which are not what is killed."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        try:
            import distributed  # noqa: F401
        except ImportError:
            self.address = None
            return
        note = folder / "scheduler.json"
        self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(note))
        self.address = json.loads(written(note))["address"]
        for _ in range(2):
            self._start("dask_worker", self.address, "--nthreads=1", "--no-nanny", f"--local-directory={folder}")

    def _start(self, program, *arguments):
        line = [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard", *arguments]
        with open(str(self.folder / "dask.log"), "ab") as log:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            self.processes.append(subprocess.Popen(line, env=environment, cwd=str(self.folder), stdout=log, stderr=log))

    def stop(self):
        """Kill its processes."""
        for process in self.processes:
            process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=100, help="random moments for each phase (default: 100)")
    parser.add_argument("--phase", nargs="*", help="only the phases with these words in their names")
    parser.add_argument("--signal", default="SIGKILL", help="SIGKILL, SIGINT or SIGTERM (default: SIGKILL)")
    parser.add_argument("--seed", type=int, default=0, help="chooses the moments (default: 0)")
    parser.add_argument("--no-dask", action="store_true", help="leave the cluster out")
    parser.add_argument("--folder", help="where to work, such as /dev/shm (default: the temporary folder)")
    parser.add_argument("--found", type=Path, default=Path("found"), help="where what differs is kept")
    parser.add_argument("--output", type=Path, help="a CSV with the counts")
    parser.add_argument("--add", action="store_true", help="keep what is in the CSV, and count what is not")
    args = parser.parse_args()
    base = Path(tempfile.mkdtemp(dir=args.folder))  # no TemporaryDirectory: a fork would remove it when it ends
    try:
        rows = _all(args, base)
    finally:
        shutil.rmtree(str(base))
    moments, identical = (sum(row.get(name, 0) for row in rows) for name in ("moments", "identical"))
    print(f"{identical} of {moments} identical, nothing left")
    return 0 if identical == moments and not any(row.get("orphans") for row in rows) else 1


def _all(args, base):
    prepare(base / "inputs", _chosen(args, None))
    (base / "dask").mkdir()
    cluster = None if args.no_dask else Cluster(base / "dask")
    try:
        return list(_rows(args, base, cluster.address if cluster else None))
    finally:
        if cluster:
            cluster.stop()


def _chosen(args, scheduler):
    return [p for p in phases(scheduler) if not args.phase or any(word in p.name for word in args.phase)]


def _rows(args, base, scheduler):
    counted = Counted(args.output, COUNTS, args.seed, args.add)
    for phase in _chosen(args, scheduler):
        row = counted.row(phase.name, "moments", args.moments)
        if row is None:
            moments = random.Random(f"{args.seed} {phase.name}")  # the same ones, whichever phases come before it
            row = Killer(base, getattr(signal, args.signal), moments, args.found).kill(phase, args.moments)
            counted.add(row)
        row = {"phase": phase.name, **row}
        print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        yield row


if __name__ == "__main__":
    sys.exit(main())
