"""The rules by which NNC Desktop imports a CSV as a data set, written anew from what was observed of it."""

import csv
from pathlib import Path

KNOWN = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".csv", ".wav"}


def problems_of(path):
    """Why NNC Desktop would refuse a CSV; empty if it would not."""
    with open(path, newline="", encoding="utf-8-sig") as stream:
        header, *rows = csv.reader(stream)
    if not rows:
        return ["no row"]
    found = [f"row {n} has {len(row)} cells" for n, row in enumerate(rows) if len(row) != len(header)]
    for place, name in enumerate(header):
        kinds = {kind_of(row[place], path.parent) for row in rows}
        if len(kinds) > 1 or not kinds <= {"number", "file"}:
            found.append(f"column {name}: {sorted(kinds)}")
    return found


def kind_of(cell, folder):
    if not cell:
        return "empty"
    if not cell.isascii():
        return f"not ASCII: {cell}"
    try:
        float(cell)
        return "number"
    except ValueError:
        file = Path(folder, cell)
        return "file" if file.is_file() and file.suffix.lower() in KNOWN else f"no file: {cell}"
