"""Numbers of a comma-separated text, as Python's ``float`` reads them, without a Python object for each.

NumPy reads some five million numbers a second, pandas two or three times as many, unless lines are very long. Where
numbers are long or their exponents large, pandas's faster way may be off by the last bit. So it reads short ones only:
a whole number below 10^15, times or over a power of ten up to 10^22, both exact in double precision, so that the result
is rounded once, as it should be (Clinger, *How to read floating point numbers accurately*, 1990). Without pandas the
numbers are the same.
"""

from __future__ import annotations

import io
import re
import warnings

import numpy as np

from ..array import Array

__all__ = ["read_numbers"]

ZERO = np.uint8(ord("0"))
PLAIN = b"0123456789.,-+\n"
WIDEST = 4096  # cells of a line that pandas reads as quickly as NumPy
LONGEST = 15  # characters of a cell, so at most as many digits
BLANKS = (b" ", b"\t", b"\v", b"\f", b"\r")
_BLANK_CELL = re.compile(rb"(?:^|[,\n])[" + b"".join(BLANKS) + rb"]+[,\n]")
LARGEST = 12  # exponent: beside one of -12 a cell has room for ten digits behind the point


def read_numbers(text: bytes, rows: int, many: bool) -> Array:
    r"""Read a text of numbers.

    Args:
        text: Lines of cells; each line ends with ``\n``.
        rows: The number of lines.
        many: Whether there are so many that loading pandas pays.

    Returns:
        (rows, cells of a line), float64.

    Raises:
        ValueError: A cell is no number.

    >>> read_numbers(b"1,2.5\n-3,4e1\n", rows=2, many=False).tolist()
    [[1.0, 2.5], [-3.0, 40.0]]
    """
    if many and text[: text.find(b"\n")].count(b",") < WIDEST and _is_short_and_plain(text) and _has_pandas():
        return _by_pandas(text)
    # NumPy reads a blank cell as -1, and "nan(" as a number.
    if b"(" in text or (any(blank in text for blank in BLANKS) and _BLANK_CELL.search(text)):
        raise ValueError("a cell is no number")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy warns of cells that are no numbers
        try:
            numbers = np.fromstring(text.replace(b"\n", b",").decode("ascii"), dtype=np.float64, sep=",")
        except DeprecationWarning as warning:
            raise ValueError("a cell is no number") from warning
    return numbers.reshape(rows, -1)


def _has_pandas() -> bool:
    try:
        import pandas  # noqa: F401  # here, because it takes a while to load
    except (ImportError, ValueError):  # Neural Network Console's Python has none, another may have one that is broken
        return False
    return True


def _is_short_and_plain(text: bytes) -> bool:
    characters = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(_is_one_of(b",\n", characters))
    longest = int(np.diff(ends, prepend=-1).max(initial=0)) - 1
    others = text.translate(None, PLAIN)
    return longest <= LONGEST and not others.strip(b"eE") and (not others or _has_small_exponents(characters))


def _has_small_exponents(characters: Array) -> bool:
    """Whether behind each e stand one digit or two, with a sign or without, that make a small number."""
    places = np.flatnonzero(_is_one_of(b"eE", characters))
    first = places + 1
    first += _is_one_of(b"+-", characters.take(first, mode="clip"))
    one, two, three = (characters.take(first + step, mode="clip") for step in range(3))
    is_single = _is_one_of(b",\n", two)
    is_double = _is_digit(two) & _is_one_of(b",\n", three)
    size = np.where(is_single, one - ZERO, 10 * (one - ZERO).astype(int) + (two - ZERO))
    return bool((_is_digit(one) & (is_single | is_double) & (size <= LARGEST)).all())


def _is_one_of(letters: bytes, characters: Array) -> Array:
    first, second = letters
    either: Array = (characters == first) | (characters == second)
    return either


def _is_digit(characters: Array) -> Array:
    digit: Array = characters - ZERO < 10  # whatever is below wraps around
    return digit


def _by_pandas(text: bytes) -> Array:
    import pandas as pd

    frame = pd.read_csv(
        io.BytesIO(text),
        header=None,
        dtype=np.float64,
        engine="c",
        na_filter=False,
        skip_blank_lines=False,
        low_memory=False,
        float_precision="high",
    )
    numbers: Array = frame.to_numpy()
    return numbers
