"""What reading data takes: a table of a million rows and 50,000 pictures, for the first time and again.

    python samples/benchmark/reading_cost.py

makes both in a temporary folder (250 MB), reads them into a new data cache, in one process and for the pictures also in
two, and once more from that cache. Seconds by the clock, the median of three rounds and their range; what is read lies
in the system's memory. On idle cores the second process takes half of the decoding.
"""

import argparse
import csv
import tempfile
import time
from pathlib import Path

import numpy as np
from measured import machine, spread
from million_rows import write_table
from PIL import Image

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.execution import Execution

SIDE = 32
COLOURS = 3


def write_pictures(folder, count):
    """PNG files of noise and a CSV that names them; noise takes the longest to decode."""
    random = np.random.default_rng(0)
    pictures = folder / "pictures"
    pictures.mkdir()
    with (folder / "pictures.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["x:image", "y:label"])
        for number in range(count):
            image = Image.fromarray(random.integers(256, size=(SIDE, SIDE, COLOURS), dtype=np.uint8))
            image.save(pictures / f"{number}.png")
            rows.writerow([f"pictures/{number}.png", number % 10])
    return folder / "pictures.csv"


def opened(path, data_cache, workers):
    """The seconds that opening a data set takes."""
    started = time.perf_counter()
    Dataset.from_csv(path, data_cache=data_cache, execution=Execution(workers))
    return time.perf_counter() - started


def rounds(path, workers, repeats):
    """Seconds of every round: for the first time, and again."""
    first, again = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as data_cache:
            first.append(opened(path, data_cache, workers))
            again.append(opened(path, data_cache, workers))
    return first, again


def told(what, count, path, workers, repeats):
    """Lines about a data set, for each number of workers."""
    for number in workers:
        first, again = rounds(path, number, repeats)
        rate = count / float(np.median(first))
        name = f"{count:,} {what}, {number} worker{'s' if number > 1 else ''}"
        yield f"{name}: first {spread(first)} s, {rate:,.0f} a second; again {spread(again)} s"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the table (default: %(default)s)")
    parser.add_argument("--pictures", type=int, default=50_000, help="files (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="rounds (default: %(default)s)")
    args = parser.parse_args()
    print(", ".join(f"{name} {value}" for name, value in machine().items()), flush=True)
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "table.csv"
        write_table(table, args.rows, seed=1)
        for line in told("rows of 20 numbers", args.rows, table, (1,), args.repeats):
            print(line, flush=True)
        pictures = write_pictures(Path(name), args.pictures)
        for line in told(f"PNG of {SIDE}x{SIDE}", args.pictures, pictures, (1, 2), args.repeats):
            print(line, flush=True)


if __name__ == "__main__":
    main()
