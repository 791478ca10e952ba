"""Every benchmark in one run: what the README's figures come from.

    python samples/benchmark/benchmark.py --output samples/benchmark/results/benchmark.txt

takes about two hours on two cores, half of it for the million rows. What each script prints is shown and kept, below
the machine it ran on; `--only` takes some of them. For figures by the clock (two workers, the million rows, `-h`)
nothing else should run.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from measured import machine

FOLDER = Path(__file__).resolve().parent
PARTS = {
    "products": ("product_cost.py",),
    "methods": ("method_cost.py",),
    "methods, cifarnet": ("method_cost.py", "--networks", "builtin:cifarnet", "--repeats", "1"),
    "whole scorings": ("spectral_cost.py",),
    "whole scorings, cnn": (
        *("spectral_cost.py", "--networks", "builtin:cnn", "--rounds", "3"),
        *("--samples", "2500", "10000", "40000"),
    ),
    "whole scorings, Dask cluster": ("spectral_cost.py", "--samples", "5000", "--workers", "1", "--cluster", "2"),
    "reading": ("reading_cost.py",),
    "memory and cache files": ("scoring_cost.py",),
    "a million rows": ("million_rows.py",),
    "help": ("help_time.py",),
    "whole scorings of 50,000": ("spectral_cost.py", "--samples", "50000"),
}
"""A script and its arguments, by what it measures."""


def lines_of(part, folder):
    """What a script prints, line by line."""
    script, *arguments = PARTS[part]
    if script == "million_rows.py":
        arguments += ["--output", str(folder / "million")]
    command = [sys.executable, str(FOLDER / script), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        yield from process.stdout
    if process.returncode:
        raise SystemExit(f"error: {' '.join(command)} ended with {process.returncode}")


def told(parts, folder):
    """All lines: the machine, then what the parts print, each below its name."""
    yield ", ".join(f"{name} {value}" for name, value in machine().items()) + "\n"
    for part in parts:
        yield f"\n== {part}: {' '.join(PARTS[part])}\n"
        yield from lines_of(part, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="also write what is printed here")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"some of: {', '.join(PARTS)}")
    args = parser.parse_args()
    args.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, open(str(args.output), "w", encoding="utf-8") as kept:
        for line in told(args.only or PARTS, Path(name)):
            print(line, end="", flush=True)
            kept.write(line)
            kept.flush()


if __name__ == "__main__":
    main()
