"""``--target``: a class, or a list of validation rows."""

import argparse

import pytest

from nnabla_influence.cli.target import add_target_option, target
from nnabla_influence.workflow.validation_target import ValidationTarget


def test_a_class_is_a_number_or_a_name():
    assert target("class=3") == ValidationTarget(3)
    assert target("class=a dog") == ValidationTarget("a dog")


def test_rows_are_a_file(tmp_path):
    path = tmp_path / "my=rows.csv"
    path.touch()
    assert target(f"rows={path}") == ValidationTarget(path)
    with pytest.raises(argparse.ArgumentTypeError, match="expected an existing file"):
        target("rows=nobody.csv")


def test_rows_are_numbers_too_and_each_may_be_asked_about_by_itself(tmp_path):
    assert target("rows=1,5,9") == ValidationTarget((1, 5, 9))
    assert target("each=5") == ValidationTarget((5,), each=True)
    path = tmp_path / "rows.csv"
    path.touch()
    assert target(f"each={path}") == ValidationTarget(path, each=True)
    with pytest.raises(argparse.ArgumentTypeError, match="expected an existing file"):
        target("rows=1,,2")


@pytest.mark.parametrize("text", ["class=", "classes=3", "rows=", "each=", "mean", ""])
def test_anything_else_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match=f"expected class=K .* or rows=CSV .*, got '{text}'"):
        target(text)


def test_left_out_there_is_none():
    parser = argparse.ArgumentParser()
    add_target_option(parser)
    assert parser.parse_args([]).target is None
