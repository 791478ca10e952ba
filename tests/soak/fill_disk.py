"""Let the disk be full in every long phase of every command and plugin, make room, go on, and compare the bytes.

    python tests/soak/fill_disk.py --sizes 20 --output filled.csv        # --add goes on, or adds another --seed

A phase runs undisturbed first, on a disk of its own in memory that is large enough. Then, for every size: it is started
anew on a disk on which what it reads fits and a random part of what it writes. It must end with one sentence, exit code
1 or 2, and neither a traceback nor a word of Python's own. Then the disk gets larger, and the same line is typed again:
what it leaves must be what the undisturbed run left, byte for byte and file for file (see `kill`).

Disks are mounted, so this is for root on Linux.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from soak.counts import Counted  # noqa: E402
from soak.forked import Forked  # noqa: E402
from soak.kill import Killer  # noqa: E402
from soak.kill_phases import phases, prepare, working_folder  # noqa: E402

LARGE = 256 << 20
PAGE = 4096
LIMIT = 60.0
"""Seconds in which a run on a full disk must have ended."""
COUNTS = ("phase", "sizes", "full", "identical", "overwritten", "differing", "left", "missing", "failed", "unclear")


class Filler(Killer):
    """Runs phases on disks that are too small."""

    def fill(self, phase, sizes):
        """Return what came of so many sizes: a row of `COUNTS`."""
        read, written = self._measured(phase)
        whole = self._kept("undisturbed")
        self._unmount()
        counts = Counter()
        for _ in range(sizes):
            self._mounted(phase, read + self.random.randrange(PAGE, written + PAGE, PAGE))
            counts["full"] += self._is_full(phase, counts)
            self._resize(LARGE)
            try:
                counts["overwritten"] += self._finish(phase, self.base / "work")
                self._compare(phase, whole, counts)
            except AssertionError as error:
                counts["failed"] += 1
                self._keep(phase, "failed", str(error))
            self._unmount()
        return {"phase": phase.name, "sizes": sizes, **counts}

    def _measured(self, phase):
        """Run undisturbed; return how many bytes of the disk are taken before, and how many more at the most."""
        self._mounted(phase, LARGE)
        before = self._taken()
        most = before
        process = Forked(phase.words, self.base / "work", self.log)
        while (code := process.wait(0.02)) is None:
            most = max(most, self._taken())
        assert code == 0, f"{phase.name}: exit code {code}: {self._said()}"
        return before, max(most, self._taken()) - before

    def _is_full(self, phase, counts):
        """Run on the small disk; return whether it was too small."""
        self.log.write_bytes(b"")
        process = Forked(phase.words, self.base / "work", self.log)
        code = process.wait(LIMIT)
        process.end()
        if code == 0:
            return False
        said = self._said()
        sentences = [line for line in said.splitlines() if ERROR.search(line)]
        clear = code in (1, 2) and len(sentences) == 1 and not any(word in said for word in UNCLEAR)
        if not clear or not any(word in sentences[0] for word in ENOUGH):
            counts["unclear"] += 1
            self._keep(phase, "unclear", f"exit code {code}: {said}")
        return True

    def _mounted(self, phase, size):
        """Make the folder that a phase works in, on a disk of its own."""
        fresh = working_folder(self.base, phase).rename(self.base / "fresh")
        work = self.base / "work"
        work.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(work))
        for path in fresh.iterdir():
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copy(str(path), str(work / path.name))
        shutil.rmtree(str(fresh))

    def _resize(self, size):
        _run("mount", "-o", f"remount,size={size}", str(self.base / "work"))

    def _unmount(self):
        # Lazily: a worker that notices a moment later that its parent is gone has its folder there.
        _run("umount", "--lazy", str(self.base / "work"))

    def _taken(self):
        status = os.statvfs(str(self.base / "work"))
        return (status.f_blocks - status.f_bfree) * status.f_frsize


ERROR = re.compile(r"(^|\]: )error: ")  # of a command, or in the log of a plugin
UNCLEAR = ("Traceback", "Exception ignored", "run again with --verbose", "HDF5-DIAG")
ENOUGH = ("No space left on device", "to fit the ", "disk is full")


def _run(*line):
    subprocess.run(line, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, default=20, help="random sizes for each phase (default: 20)")
    parser.add_argument("--phase", nargs="*", help="only the phases with these words in their names")
    parser.add_argument("--seed", type=int, default=0, help="chooses the sizes (default: 0)")
    parser.add_argument("--found", type=Path, default=Path("found"), help="where what is wrong is kept")
    parser.add_argument("--output", type=Path, help="a CSV with the counts")
    parser.add_argument("--add", action="store_true", help="keep what is in the CSV, and count what is not")
    args = parser.parse_args()
    base = Path(tempfile.mkdtemp())
    try:
        rows = list(_rows(args, base))
    finally:
        if os.path.ismount(str(base / "work")):
            _run("umount", str(base / "work"))
        shutil.rmtree(str(base))
    sizes, identical, unclear = (sum(row.get(name, 0) for row in rows) for name in ("sizes", "identical", "unclear"))
    print(f"{identical} of {sizes} identical, {unclear} unclear")
    return 0 if identical == sizes and not unclear else 1


def _rows(args, base):
    chosen = [phase for phase in phases(None) if not args.phase or any(word in phase.name for word in args.phase)]
    prepare(base / "inputs", chosen)
    counted = Counted(args.output, COUNTS, args.seed, args.add)
    for phase in chosen:
        row = counted.row(phase.name, "sizes", args.sizes)
        if row is None:
            sizes = random.Random(f"{args.seed} {phase.name}")  # the same ones, whichever phases come before it
            row = Filler(base, signal.SIGKILL, sizes, args.found).fill(phase, args.sizes)
            counted.add(row)
        row = {"phase": phase.name, **row}
        print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        yield row


if __name__ == "__main__":
    sys.exit(main())
