"""Random small projects through `run`, `cleanse` and `report` in one process, for as long as is asked.

    python tests/soak/endurance.py --minutes 30

Afterwards there must be no more memory in use than after the first projects (`SETTLED`), and no open file, child
process, thread or temporary file that was not there before.

The system counts pages, and a page with one living byte in it stays: so `megabytes` creeps up while blocks of other
sizes come and go. What would be a leak is what lives: `live`, the bytes that were asked of the C library and not given
back, and `objects`, which Python's garbage collector knows. Matplotlib keeps the sizes of the last 4,096 texts it drew,
about 190 objects for each report until it has so many: these are dropped before what lives is counted.
"""

import argparse
import contextlib
import csv
import ctypes
import gc
import io
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from soak.counts import write_counts  # noqa: E402

METHODS = ("spectral", "last-epoch", "loss", "self-influence", "influence-function", "knn-shapley", "random")
SETTLED = 8  # projects until every library that is ever loaded is loaded, and every pool has its size
GROWTH = {"megabytes": 24, "live": 4, "objects": 1000}  # what libraries keep differs from project to project
MEGABYTE = 2**20
COUNTS = ("project", "seconds", "megabytes", "live", "objects", "files", "children", "threads", "temporary")
NEVER_MORE = COUNTS[5:]


def make_data(folder, chance):
    """Write training and validation data of random size and kind; return what a network is chosen by."""
    from PIL import Image

    pictures, classes = chance.random() < 0.4, chance.randint(2, 4)
    width = chance.randint(2, 6)
    for name, rows in (("training", chance.randint(12, 60)), ("validation", chance.randint(8, 30))):
        lines = [["x", "y:label"]] if pictures else [[*(f"x__{i}" for i in range(width)), "y:label"]]
        for row in range(rows):
            label = row % classes
            if pictures:
                picture = bytes(chance.randint(0, 99) + 40 * label for _ in range(64))
                Image.frombytes("L", (8, 8), picture).save(str(folder / f"{name}{row}.png"))
                cells = [f"{name}{row}.png"]
            else:
                cells = [f"{chance.gauss(label, 1):.4f}" for _ in range(width)]
            lines.append([*cells, str(label)])
        with open(str(folder / f"{name}.csv"), "w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(lines)
    return "builtin:cnn" if pictures and chance.random() < 0.5 else "builtin:mlp"


def go_through(folder, chance):
    """Make a project, score, cleanse and report it.

    Raises:
        AssertionError: A command failed.
    """
    from nnabla_influence.cli.main import main

    network = make_data(folder, chance)
    data = ("--train", f"{folder}/training.csv", "--validation", f"{folder}/validation.csv")
    influence = f"{folder}/influence.csv"
    scoring = ("--method", chance.choice(METHODS), "--epochs", str(chance.randint(1, 3)), "--batch-size", "8")
    trials = ("--trials", str(chance.randint(1, 2)), "--data-cache", f"{folder}/decoded")
    for words in (
        ("run", "--network", network, *data, *scoring, "--learning-rate", "0.01", *trials, "--output", influence),
        (
            "cleanse",
            "--influence",
            influence,
            "--remove",
            "2",
            "--output",
            f"{folder}/clean.csv",
            "--removed",
            f"{folder}/removed.csv",
        ),
        ("report", "--influence", influence, "--output", f"{folder}/report.html"),
    ):
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = main([*words, "--quiet"])
        assert code == 0, f"{' '.join(words)}: exit code {code}: {said.getvalue()}"


class _Allocated(ctypes.Structure):
    """What `mallinfo2` of the GNU C library says (mallinfo(3))."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    ]


def drop_text_sizes():
    """Empty matplotlib's cache of how large texts are, where its version has one and something was drawn."""
    text = sys.modules.get("matplotlib.text")
    for cached in vars(text).values() if text else ():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


def live_bytes():
    """Return the bytes asked of the C library and not given back; 0 where it does not say."""
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return 0
    ask.restype = _Allocated
    said = ask()
    return said.uordblks + said.hblkhd  # in its heaps, and in mappings of their own


class Use:
    """What this process uses."""

    def __init__(self, temporary):
        drop_text_sizes()
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
        self.memory = pages * os.sysconf("SC_PAGE_SIZE")
        self.live = live_bytes()
        self.objects = len(gc.get_objects())
        self.files = len(os.listdir("/proc/self/fd"))
        tasks = Path("/proc/self/task").glob("*/children")
        self.children = sum(len(path.read_text(encoding="utf-8").split()) for path in tasks)
        self.threads = threading.active_count()
        self.temporary = sorted(path.name for path in temporary.iterdir())

    def row(self, project, seconds):
        """Return it as a line of a table."""
        memory = (round(self.memory / MEGABYTE, 1), round(self.live / MEGABYTE, 2), self.objects)
        figures = (self.files, self.children, self.threads, len(self.temporary))
        return dict(zip(COUNTS, (project, round(seconds, 1), *memory, *figures)))


def endure(projects, minutes, start, say=print):
    """Go through projects until so many are done, or so many minutes over; return what was used after each."""
    chance = random.Random(start)
    place = Path(tempfile.mkdtemp())
    temporary = place / "temporary"
    temporary.mkdir()
    rows, began = [], time.monotonic()
    before = tempfile.tempdir
    tempfile.tempdir = str(temporary)  # whatever is left here was left by us
    try:
        while len(rows) < projects and time.monotonic() - began < 60 * minutes:
            folder = place / "project"
            folder.mkdir()
            go_through(folder, chance)
            shutil.rmtree(str(folder))
            rows.append(Use(temporary).row(len(rows) + 1, time.monotonic() - began))
            if len(rows) % 10 == 0 or len(rows) == 1:
                say(", ".join(f"{name} {value}" for name, value in rows[-1].items()))
    finally:
        tempfile.tempdir = before
        shutil.rmtree(str(place))
    return rows


def faults(rows):
    """Return what grew, as sentences."""
    settled, last = rows[min(SETTLED, len(rows)) - 1], rows[-1]
    grown = [f"{name}: {settled[name]}, then {last[name]}" for name in NEVER_MORE if last[name] > settled[name]]
    for name, growth in GROWTH.items():
        later = [row[name] for row in rows[SETTLED:]]
        if later and min(later[-5:]) - settled[name] > growth:
            grown.append(f"{name}: {settled[name]}, then never below {min(later[-5:])}")
    return grown


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30, help="how long (default: 30)")
    parser.add_argument("--projects", type=int, default=10**9, help="at most so many")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (default: 0)")
    parser.add_argument("--output", type=Path, help="a CSV with what was used after each project")
    args = parser.parse_args()
    rows = endure(args.projects, args.minutes, args.seed)
    if args.output:
        write_counts(args.output, COUNTS, rows)
    found = faults(rows)
    print(f"{len(rows)} projects, {rows[-1]['seconds']:.0f} s: {'; '.join(found) or 'nothing grew'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
