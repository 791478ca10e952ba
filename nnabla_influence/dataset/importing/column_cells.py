"""The cells of one column as numbers, and what is to be said about them.

A number may have a decimal comma (``3,14``), thousands (``1.234,5`` or ``1,234.5``), blanks around it, and a sign of
money or per cent. Which it is,
the whole column decides: ``1,234`` alone could be both. Empty cells and the usual words for nothing are missing. A few
words in a column of numbers (``n. d.``, ``error``) are missing too, and are said.
"""

from __future__ import annotations

import math
import re
from typing import Any, List, NamedTuple, Optional

import numpy as np
import pandas as pd

from ...array import Array
from .import_note import ImportNote, listed

__all__ = ["ColumnCells", "is_missing", "is_written_number", "read_column", "text_cells"]

MISSING = frozenset(("", "na", "n/a", "nan", "<na>", "null", "?", "#n/a", "nat"))
TRUTH = {"true": 1.0, "false": 0.0}
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
_SIGNS = re.compile("[$€£¥%\u00a0\u202f]|(?<=\\d) (?=\\d{3}\\b)")  # the last: thousands as in French
_FEW_WORDS = 0.1  # of the cells of a column of numbers


class ColumnCells(NamedTuple):
    """One column.

    Attributes:
        text: (N,) its cells as text, stripped, empty where they are missing; of numbers as they are.
        missing: (N,) which are.
        numbers: (N,) float64, NaN where missing; None for a column of text.
        notes: What is to be said about it.
    """

    text: Array
    missing: Array
    numbers: Optional[Array]
    notes: List[ImportNote]


def read_column(column: pd.Series[Any], name: str, commas_are_decimal: bool = False) -> ColumnCells:
    """Read the cells of a column of any type.

    Args:
        column: The column.
        name: What it is called in the notes.
        commas_are_decimal: What ``1,234`` is where the whole column could be both: 1.234, or 1234.
    """
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return _typed_numbers(column, name)
    plain = _plain_numbers(column)
    if plain is not None:
        return plain
    text = np.array([_bare(cell) if is_written_number(_bare(cell)) else cell for cell in text_cells(column)], object)
    missing = np.array([is_missing(cell) for cell in text], bool)
    return _written_numbers(text, missing, name, commas_are_decimal)


def _typed_numbers(column: pd.Series[Any], name: str) -> ColumnCells:
    """Read what is numbers already."""
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = ~np.isfinite(numbers)
    notes = [ImportNote("infinite numbers are taken as missing", name)] if np.isinf(numbers).any() else []
    return ColumnCells(numbers, missing, np.where(missing, np.nan, numbers) if missing.any() else numbers, notes)


def _plain_numbers(column: pd.Series[Any]) -> Optional[ColumnCells]:
    """Read the usual case without a look at every cell: text that is nothing but finite numbers; None if it is not."""
    if column.dtype != object:
        return None
    try:
        numbers = column.to_numpy().astype(np.float64)
    except (ValueError, TypeError):
        return None
    whole = bool(np.isfinite(numbers).all())
    return ColumnCells(column.to_numpy(), np.zeros(len(column), bool), numbers, []) if whole else None


def text_cells(column: pd.Series[Any]) -> Array:
    """Return the cells as text (N,), without blanks around them; missing ones are empty."""
    cells = ["" if value is None or value is pd.NA or value != value else str(value).strip() for value in column]
    return np.array(["" if is_missing(cell) else cell for cell in cells], dtype=object)


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.strip().lower() in MISSING


def is_written_number(cell: str) -> bool:
    """Whether a cell is a number in any way of writing it."""
    plain = cell.strip()
    return any(form.fullmatch(plain) for form in (_PLAIN, _COMMA, _THOUSANDS))


def _bare(cell: str) -> str:
    """Return a cell without signs of money or per cent, and blanks between thousands."""
    return _SIGNS.sub("", cell).strip()


def _written_numbers(text: Array, missing: Array, name: str, commas_are_decimal: bool) -> ColumnCells:
    cells = text[~missing]
    written = np.array([is_written_number(cell) or cell.lower() in TRUTH for cell in text], bool)  # (N,)
    words = sorted(set(text[~missing & ~written]))
    count = int((~missing & ~written).sum())
    if not written.any() or count > _FEW_WORDS * len(cells):
        return ColumnCells(text, missing, None, [])
    notes: List[ImportNote] = []
    if words:
        shown = listed([repr(word) for word in words])
        notes.append(ImportNote(f"{count} {_cells(count)} no number ({shown}); taken as missing", name))
    decimal_comma = _has_decimal_comma([cell for cell, number in zip(text, written) if number], commas_are_decimal)
    if decimal_comma:
        notes.append(ImportNote("numbers have a decimal comma", name))
    numbers = np.array(
        [_number(cell, decimal_comma) if number else math.nan for cell, number in zip(text, written)], np.float64
    )
    lost = ~np.isfinite(numbers)
    return ColumnCells(np.where(lost, "", text), lost, np.where(lost, np.nan, numbers), notes)


def _cells(count: int) -> str:
    return "cell is" if count == 1 else "cells are"


def _has_decimal_comma(cells: List[str], if_both: bool) -> bool:
    """Whether the column's commas are decimal: one cell that can be nothing else, or all could be, and `if_both`."""
    with_comma = [cell for cell in cells if "," in cell]
    surely = any(not _THOUSANDS.fullmatch(cell) for cell in with_comma)
    possibly = all(_COMMA.fullmatch(cell) for cell in with_comma)
    return bool(with_comma) and possibly and (surely or if_both)


def _number(cell: str, decimal_comma: bool) -> float:
    if cell.lower() in TRUTH:
        return TRUTH[cell.lower()]
    plain = cell.replace(".", "").replace(",", ".") if decimal_comma and "," in cell else cell.replace(",", "")
    return float(plain)
