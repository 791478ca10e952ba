"""Rows of a CSV that are split when they are looked at, against Python's csv module, which splits them all."""

import csv
import io
import tracemalloc

import numpy as np
import pytest

from nnabla_influence.dataset import csv_rows
from nnabla_influence.dataset.csv_rows import CsvRows

TEXTS = {
    "numbers": "x,y\n1,2\n3.5e-3,-inf\n nan , 7\n",
    "no line end at the end": "x,y\n1,2\n3,4",
    "CRLF": "x,y\r\n1,2\r\n3,4\r\n",
    "CR alone": "x,y\r1,2\r3,4\r",
    "mixed ends": "x,y\n1,2\r\n3,4\r5,6",
    "quoted": 'x,y\n"a,b",2\n"say ""so""",4\n',
    "a line end in a cell": 'x,y\n"a\nb",2\n"c\r\nd",3\n',
    "a quote inside": 'x,y\n5" floppy,2\n1,6"\n',
    "empty cells": "x,y\n,\n1,\n,2\n",
    "other letters": "x,ラベル\nä.png,3\n画像/1.png,4\n",
    "blank in the middle": "x,y\n1,2\n\n3,4\n",
    "ragged": "x,y\n1\n1,2,3\n4,5\n",
    "blank at the end": "x,y\n1,2\n\n\r\n\n",
    "blanks are cells": "x\n1\n \n",
    "a header alone": "x,y",
    "nothing": "",
}


def of_csv_module(text):
    """All rows without the blank ones at the end, and the line that each starts on."""
    reader = csv.reader(io.StringIO(text, newline=""))
    rows, lines, start = [], [], 1
    for row in reader:
        rows.append(row)
        lines.append(start)
        start = reader.line_num + 1
    while rows and not rows[-1]:
        rows.pop()
    return rows, lines[: len(rows)]


@pytest.fixture(params=TEXTS, ids=str)
def text(request):
    return TEXTS[request.param]


@pytest.fixture(params=[2, 20_000], ids=["small blocks", "one block"])
def block(request, monkeypatch):
    monkeypatch.setattr(csv_rows, "BLOCK", request.param)
    monkeypatch.setattr(csv_rows, "PIECE", 3 * request.param)


def test_the_rows_are_those_of_the_csv_module(text, block):
    rows, lines = CsvRows.scan(text.encode())
    expected, starts = of_csv_module(text)
    assert [*rows] == expected and [rows[k] for k in range(len(rows))] == expected
    assert list(lines) == starts if len(lines) else starts == list(range(1, len(rows) + 1))
    assert rows == expected and rows[1:] == expected[1:] and rows != [*expected, ["more"]]


def test_rows_and_cells_are_chosen_without_splitting_the_others(text, block):
    rows, _ = CsvRows.scan(text.encode())
    expected, _ = of_csv_module(text)
    order = np.random.default_rng(0).permutation(len(expected))
    assert [*rows.chosen(order)] == [expected[row] for row in order]
    whole = [row for row in order if len(expected[row]) == 2]
    swapped = rows.chosen(whole).with_cells([1, 0])
    assert [*swapped] == [expected[row][::-1] for row in whole]
    assert [*swapped.with_cells([1])] == [expected[row][:1] for row in whole]


def test_rows_of_another_length_are_noticed(text, block):
    rows, _ = CsvRows.scan(text.encode())
    expected, _ = of_csv_module(text)
    for cells in (0, 1, 2, 3):
        assert rows.all_have(cells) == all(len(row) == cells for row in expected), cells


@pytest.fixture(params=["few", "many"])
def how_many(request, monkeypatch):
    """Many numbers are read another way."""
    if request.param == "many":
        monkeypatch.setattr("nnabla_influence.dataset.csv_rows.MANY", 0)


@pytest.mark.usefixtures("how_many")
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_numbers_are_read_as_python_reads_them(block, end):
    random = np.random.default_rng(0)
    values = [repr(float(value)) for value in random.normal(size=60) * 10.0 ** random.integers(-300, 300, 60)]
    values[:7] = ["nan", "-inf", "1e400", "0", "-0.0", "7.", "+.5"]
    text = end.join(",".join(values[k : k + 3]) for k in range(0, 60, 3))
    rows, _ = CsvRows.scan(text.encode())
    expected = np.array(values, float).reshape(20, 3)
    read = np.concatenate([numbers for _, numbers in rows.number_blocks()])
    assert np.array_equal(read, expected, equal_nan=True)
    order = random.permutation(20)
    some = rows.chosen(order).with_cells([2, 0])
    read = np.concatenate([numbers for _, numbers in some.number_blocks()])
    assert np.array_equal(read, expected[order][:, [2, 0]], equal_nan=True)


@pytest.mark.usefixtures("how_many")
@pytest.mark.parametrize("cell", ["a", "", "1 2", "0x10", "1_0", "ä", '"3"', "1;2"])
@pytest.mark.parametrize(
    "text", ["1,2\n{},4\n", "1,{}\n3,4\n", "3,4\n1,{}\n", "3,4\n1,{}", "1,{}", "{},2", "1,{},3\r\n"]
)
def test_what_is_no_plain_number_is_left_to_the_slow_way(text, cell):
    rows, _ = CsvRows.scan(text.format(cell).encode())
    with pytest.raises(ValueError):
        list(rows.number_blocks())


@pytest.mark.parametrize("more, many", [(0, False), (1, True)])
def test_a_text_of_many_bytes_has_many_numbers(more, many, monkeypatch):
    asked = []
    usual = csv_rows.read_numbers
    monkeypatch.setattr(csv_rows, "read_numbers", lambda *given, many: asked.append(many) or usual(*given, many))
    text = b"1,2\n3,4\n"
    monkeypatch.setattr(csv_rows, "MANY", len(text) - more)
    list(CsvRows.scan(text)[0].number_blocks())
    assert asked == [many]


def test_blocks_of_long_rows_have_fewer(monkeypatch):
    monkeypatch.setattr(csv_rows, "BLOCK_BYTES", 20)
    rows, _ = CsvRows.scan(b"1,2,3,4\n" * 5)
    assert [len(numbers) for _, numbers in rows.number_blocks()] == [2, 2, 1]


def test_what_is_no_csv_says_on_which_line():
    with pytest.raises(csv.Error) as caught:
        CsvRows.scan(b"x,y\n1,2\n" + b"3" * 200_000 + b",4\n")
    assert caught.value.args[1] == 3 and "field limit" in caught.value.args[0]


def test_a_large_table_takes_little_more_memory_than_its_text():
    text = b"x,y\n" + b"0.12345,-0.54321\n" * 50_000
    tracemalloc.start()
    rows, _ = CsvRows.scan(text)
    assert sum(1 for _ in rows) == 50_001 and sum(len(numbers) for _, numbers in rows[1:].number_blocks()) == 50_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * len(text), "every cell as a Python string takes sixteen times as much"
