"""Numbers of a text: those of Python's ``float``, whoever reads them."""

import sys

import numpy as np
import pandas  # noqa: F401  # loaded here, so that no example takes as long
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnabla_influence.dataset import number_text
from nnabla_influence.dataset.number_text import read_numbers

CELLS = st.text("0123456789.-+eE naif(\t", max_size=16)
FIXED = settings(deadline=None, derandomize=True)  # the same examples every time, and none kept in a folder
SHORT = st.lists(st.integers(-(10**9), 10**9), min_size=50, max_size=50)
NUMBERS = st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 12), st.sampled_from("egf"))


def python_reads(cell):
    try:
        return float(cell)
    except ValueError:
        return None


@FIXED
@given(CELLS)
@example("1e")
@example("-.")
@example(".e5")
@example("1.2.3")
@example("--1")
@example("9007199254740993")
@example("1e-300")
@example("-0.0")
@example(" ")  # -1 to NumPy
@example("\t")
@example(" 1")
@example("nan(1)")
@example("nan (")
@example("-inf")
def test_a_cell_is_what_python_reads_or_refused(cell):
    expected = python_reads(cell)
    text = f"1,{cell}\n".encode("ascii")
    if expected is None:
        for many in (True, False):
            with pytest.raises(ValueError):
                read_numbers(text, 1, many)
    else:
        for many in (True, False):
            (row,) = read_numbers(text, 1, many)
            assert row[0] == 1 and (
                row[1:].tobytes() == np.array([expected]).tobytes() or np.isnan([row[1], expected]).all()
            )


@FIXED
@given(SHORT)
def test_short_numbers_are_rounded_as_python_rounds_them(numbers):
    cells = [f"{number / 10.0 ** (k % 8):.{k % 8}f}" for k, number in enumerate(numbers)]
    text = "".join(f"{cell}\n" for cell in cells).encode("ascii")
    assert number_text._is_short_and_plain(text)
    expected = np.array([float(cell) for cell in cells])
    assert read_numbers(text, len(cells), many=True)[:, 0].tobytes() == expected.tobytes()


@FIXED
@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_numbers_are_rounded_as_python_rounds_them(numbers):
    cells = [f"{value:.{digits}{style}}" for value, digits, style in numbers]
    expected = np.array([float(cell) for cell in cells])
    for many in (True, False):
        read = read_numbers("".join(f"{cell}\n" for cell in cells).encode("ascii"), len(cells), many)
        assert read.shape == (len(cells), 1) and read.tobytes() == expected.tobytes()


@pytest.mark.parametrize("cells, reader", [
    (["1.5", "-0.25", "7", "1e5", "2.5E-12", "+1.e+3", "123456789012345"], "pandas"),
    (["1.5", "1234567890123456"], "NumPy"),
    (["1e13"], "NumPy"),
    (["1e-300"], "NumPy"),
    (["1e-013"], "NumPy"),
    (["nan"], "NumPy"),
])  # fmt: skip
def test_pandas_reads_what_it_reads_exactly(cells, reader, monkeypatch):
    asked = []
    usual = number_text._by_pandas
    monkeypatch.setattr(number_text, "_by_pandas", lambda text: asked.append(text) or usual(text))
    read_numbers("".join(f"{cell},0\n" for cell in cells).encode("ascii"), len(cells), many=True)
    assert bool(asked) == (reader == "pandas")
    asked.clear()
    read_numbers("".join(f"{cell},0\n" for cell in cells).encode("ascii"), len(cells), many=False)
    assert not asked, "few numbers"


def test_a_blank_line_is_no_line_of_numbers():
    with pytest.raises(ValueError):
        read_numbers(b"1,2\n\n3,4\n", 3, many=True)
    with pytest.raises(ValueError):
        read_numbers(b"1\n\n3\n", 3, many=True)


@pytest.mark.parametrize("cells, reader", [(4096, "pandas"), (4097, "NumPy")])
def test_very_long_lines_are_left_to_numpy(cells, reader, monkeypatch):
    asked = []
    usual = number_text._by_pandas
    monkeypatch.setattr(number_text, "_by_pandas", lambda text: asked.append(text) or usual(text))
    assert read_numbers(b",".join([b"1.5"] * cells) + b"\n", 1, many=True).tolist() == [[1.5] * cells]
    assert bool(asked) == (reader == "pandas")


def test_without_pandas_the_numbers_are_the_same(monkeypatch):
    text = b"0.1,2.5e-5\n-3,4\n"
    expected = read_numbers(text, 2, many=True)
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert read_numbers(text, 2, many=True).tobytes() == expected.tobytes()
