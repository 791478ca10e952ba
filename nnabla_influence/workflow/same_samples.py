"""Are influence CSVs, and the truth about flipped labels, about the same data?

Every file of a comparison scores the samples of one data set, so their cells must agree: the same row number with
another label is another sample, and with flipped labels another truth. Compared are the columns that two files share
(two networks may read different ones); comments are left out, as no network sees them, and so are files that hold
nothing but scores.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence, Tuple

from ..dataset.cell_difference import first_difference, same_cell
from ..dataset.csv import Table
from ..errors import DataError
from ..scores import original_table

__all__ = ["check_same_data", "check_truth"]

NOISY_LABEL = "noisy_label"


def check_same_data(paths: Sequence[Path], score: str) -> None:
    """Refuse influence CSVs of the same samples whose cells differ.

    Args:
        paths: Influence CSVs, each about the same rows.
        score: The column that is compared.

    Raises:
        DataError: A cell differs (file, line, column and both values are named), or two files share no column.
    """
    tables = _with_data(paths, score)
    for table in tables[1:]:
        _check_pair(tables[0], table)


def check_truth(truth: Path, paths: Sequence[Path], score: str) -> None:
    """Refuse a truth about other labels than those that were scored; one without labels is taken at its word.

    Args:
        truth: CSV with ``datasource_index``, and ``noisy_label`` where the flips were made here.
        paths: Influence CSVs about the same rows.
        score: The column that is compared.

    Raises:
        DataError: No column holds the noisy labels; line, column and both values are named.
    """
    flips = original_table(Table.read(truth))
    scored = _with_data(paths, score)
    if NOISY_LABEL not in flips.header or not scored:
        return
    noisy = flips.header.index(NOISY_LABEL)
    data = scored[0]
    # Which column holds the labels is not written down: it is the one that agrees, or does so most often.
    wrong = {place: _different_rows(flips, noisy, data, place) for place in _data_places(data)}
    place = min(wrong, key=lambda candidate: len(wrong[candidate]))
    if wrong[place]:
        row = wrong[place][0]
        raise DataError(
            f"{flips.path}: line {flips.line(row)}, column {NOISY_LABEL!r}: expected {data.rows[row][place]!r} as in "
            f"column {data.header[place]!r} on line {data.line(row)} of {data.path}, found "
            f"{flips.rows[row][noisy]!r}; {len(wrong[place]):,} of {len(data):,} labels differ. Give the truth that "
            "was written together with the data that was scored."
        )


def _with_data(paths: Sequence[Path], score: str) -> List[Table]:
    """Return the data sets that were scored, row k of each the sample k-th by number, without those of no data."""
    tables = [original_table(Table.read(path), score) for path in paths]
    return [table for table in tables if _data_places(table)]


def _data_places(table: Table) -> List[int]:
    return [place for place, name in enumerate(table.header) if not name.strip().startswith("#")]


def _check_pair(first: Table, second: Table) -> None:
    shared: List[Tuple[int, int]] = [
        (place, second.header.index(first.header[place]))
        for place in _data_places(first)
        if first.header[place] in second.header
    ]
    if not shared:
        raise DataError(
            f"{second.path}: expected columns of the data that {first.path} scores ({', '.join(first.header)}), found "
            f"{', '.join(second.header)}. Compare files made from the same training CSV."
        )
    different = first_difference(first, second, shared)
    if different is not None:
        raise DataError(
            f"{different} Compare files made from the same training CSV, or score one of them again on the data of the "
            "other."
        )


def _different_rows(flips: Table, noisy: int, data: Table, place: int) -> List[int]:
    pairs = zip(flips.rows, data.rows)
    return [row for row, (flip, cells) in enumerate(pairs) if not same_cell(flip[noisy], cells[place])]
