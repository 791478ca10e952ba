"""A table of counts with where and when they were counted: date, processor, versions.

A row is written as soon as it is complete, so a run that is killed keeps what it has counted. With ``--add`` a run with
another seed adds rows to the same table, and one with the same seed goes on where it ended.

    python tests/soak/counts.py samples/benchmark/results/killed.csv      # what all runs in a table have counted
"""

import csv
import datetime
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

LIBRARIES = ("nnabla", "numpy", "h5py")
WHERE = ("date", "cpu", "versions")
SEED = "seed"


def write_counts(path, columns, rows):
    """Write rows, dictionaries by column; what a row lacks is 0."""
    where = _where()
    _write(path, (*columns, *WHERE), [{**row, **where} for row in rows])


def _where():
    from nnabla_influence import __version__
    from nnabla_influence.execution.machine import cpu_model

    versions = [f"Python {platform.python_version()}", f"nnabla_influence {__version__}"]
    versions += [f"{name} {import_module(name).__version__}" for name in LIBRARIES]
    return dict(zip(WHERE, (datetime.date.today().isoformat(), cpu_model(), ", ".join(versions))))


def _write(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with open(str(beside), "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval=0, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(str(beside), str(path))


class Counted:
    """The rows of this run and of earlier ones; the first column says what was counted.

    Args:
        path: The table; None keeps nothing.
        columns: Its columns but `SEED` and `WHERE`.
        seed: Of this run.
        add: Whether to keep the rows of earlier runs.
    """

    def __init__(self, path, columns, seed, add):
        self.path = path
        self.seed = seed
        self.columns = (columns[0], SEED, *columns[1:], *WHERE)
        self.rows = _read(path, self.columns) if add and path and path.exists() else []

    def row(self, name, size, amount):
        """Return the row of this seed with so much of `size` or more in it, or None; numbers are numbers."""
        for row in self.rows:
            if (row[self.columns[0]], row[SEED]) == (name, str(self.seed)) and int(row[size]) >= amount:
                return {column: _number(row[column]) for column in self.columns[2 : -len(WHERE)]}
        return None

    def add(self, row):
        """Add a row, instead of the one of the same name and seed if there is one, and write the table."""
        name = row[self.columns[0]]
        kept = [each for each in self.rows if (each[self.columns[0]], each[SEED]) != (name, str(self.seed))]
        whole = {**row, SEED: self.seed, **_where()}
        self.rows = [*kept, {column: str(whole.get(column, 0)) for column in self.columns}]
        if self.path:
            _write(self.path, self.columns, self.rows)


def _read(path, columns):
    with open(str(path), encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        assert tuple(reader.fieldnames or ()) == columns, f"{path} has other columns; write to another file"
        return list(reader)


def _number(cell):
    return float(cell) if "." in cell else int(cell)


def totals(path):
    """Return one line for each name in a table, and one for all."""
    with open(str(path), encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    first, counted = next(iter(rows[0])), [c for c in rows[0] if c not in (SEED, "seconds", *WHERE)][1:]
    names = list(dict.fromkeys(row[first] for row in rows))
    lines = []
    for name in (*names, "all"):
        sums = {c: sum(int(row[c]) for row in rows if name in (row[first], "all")) for c in counted}
        lines.append(f"{name}: " + ", ".join(f"{column} {number:,}" for column, number in sums.items()))
    return lines


if __name__ == "__main__":
    print("\n".join(totals(Path(sys.argv[1]))))
