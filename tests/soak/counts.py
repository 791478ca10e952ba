"""A table of counts with where and when they were counted: date, processor, versions."""

import csv
import datetime
import platform
from importlib import import_module

LIBRARIES = ("nnabla", "numpy", "h5py")
WHERE = ("date", "cpu", "versions")


def write_counts(path, columns, rows):
    """Write rows, dictionaries by column; what a row lacks is 0."""
    from nnabla_influence import __version__
    from nnabla_influence.execution.machine import cpu_model

    versions = [f"Python {platform.python_version()}", f"nnabla_influence {__version__}"]
    versions += [f"{name} {import_module(name).__version__}" for name in LIBRARIES]
    where = dict(zip(WHERE, (datetime.date.today().isoformat(), cpu_model(), ", ".join(versions))))
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(str(path), "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, (*columns, *WHERE), restval=0, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **where} for row in rows)
