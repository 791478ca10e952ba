"""One message for everything that is wrong with a file."""

from pathlib import Path

import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.problems import MOST_SHOWN, Problem, Problems
from nnabla_influence.errors import DataError
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.remedies import remedy


def problem(line, position=0):
    return Problem(line, position, f"c{position}", "v", "expected a, got b")


def test_nothing_wrong_raises_nothing(tmp_path):
    problems = Problems(tmp_path)
    problems.raise_if_any()
    assert len(problems) == 0 and not problems.reported(1, 0)


def test_cells_are_listed_in_file_order_and_each_advice_once(tmp_path):
    problems = Problems(tmp_path)
    for line, position, advice in ((9, 0, "Do x."), (2, 1, "Do y."), (2, 0, "Do x.")):
        problems.add(problem(line, position), advice)
    assert problems.reported(2, 1) and not problems.reported(9, 1) and len(problems) == 3
    with pytest.raises(DataError) as caught:
        problems.raise_if_any()
    assert str(caught.value).splitlines() == [
        f"{tmp_path}: 3 broken cells",
        "  line 2, column 'c0', value 'v': expected a, got b",
        "  line 2, column 'c1', value 'v': expected a, got b",
        "  line 9, column 'c0', value 'v': expected a, got b",
        "Do x.",
        "Do y.",
    ]


def test_beyond_twenty_they_are_counted(tmp_path):
    problems = Problems(tmp_path)
    for line in range(MOST_SHOWN + 3):
        problems.add(problem(line), "Do x.")
    with pytest.raises(DataError, match="23 broken cells(.|\n)*\n  and 3 more\nDo x.$"):
        problems.raise_if_any()


def test_a_remedy_has_a_line_of_its_own_in_the_words_of_each_door(tmp_path):
    problems = Problems(tmp_path)
    problems.add(problem(2), remedy("resize-images"))
    problems.add(problem(3), "Do x.")
    with pytest.raises(DataError) as caught:
        problems.raise_if_any()
    assert str(caught.value).endswith("\nDo x.\nResize the images to one size: image_size=(height, width).")
    assert caught.value.said(IN_COMMANDS).endswith("\nDo x.\nResize the images to one size with --image-size HxW.")
    assert caught.value.said(IN_FIELDS).endswith("\nDo x.\nResize the images to one size.")


def test_a_column_of_text_is_one_line():
    problems = Problems(Path("d.csv"))
    for line in range(2, 52):
        problems.add(Problem(line, 1, "y", f"cat{line}", "got text", True), "Number the classes.")
        problems.add(Problem(line, 2, "z", "9", "got another"), "Mend them.") if line < 5 else None
    with pytest.raises(DataError) as caught:
        problems.raise_if_any()
    assert str(caught.value).splitlines() == [
        "d.csv: 53 broken cells",
        "  line 2 and 49 more, column 'y', value 'cat2': got text",
        *(f"  line {line}, column 'z', value '9': got another" for line in (2, 3, 4)),
        "Number the classes.",
        "Mend them.",
    ]


def test_few_cells_of_text_are_listed_one_by_one():
    problems = Problems(Path("d.csv"))
    for line in (2, 5, 9):
        problems.add(Problem(line, 1, "y", "cat", "got text", True), "Number the classes.")
    with pytest.raises(DataError) as caught:
        problems.raise_if_any()
    assert [text.split(",")[0] for text in str(caught.value).splitlines()[1:4]] == ["  line 2", "  line 5", "  line 9"]
