"""A field is asked for by its name and its kind."""

from pathlib import Path

import pytest

from nnabla_influence.nnc.host.fields import Fields

FIELDS = Fields({"model": "a b/結果.nnp", "train": "", "seed": 0, "trials": None, "resume": True, "quiet": False})


def test_a_text_is_what_was_typed_and_an_empty_field_is_an_empty_text():
    assert (FIELDS.text("model"), FIELDS.text("train"), FIELDS.text("trials")) == ("a b/結果.nnp", "", "")


def test_a_path_is_the_file_that_was_typed():
    assert FIELDS.path("model") == Path("a b") / "結果.nnp"


def test_a_number_may_be_zero_or_left_empty():
    assert FIELDS.number("seed") == 0 and FIELDS.number("trials") is None


def test_a_box_is_ticked_or_not():
    assert FIELDS.ticked("resume") is True and FIELDS.ticked("quiet") is False


def test_a_field_that_there_is_not_is_a_mistake_of_ours():
    for ask in (FIELDS.text, FIELDS.path, FIELDS.number, FIELDS.ticked):
        with pytest.raises(KeyError):
            ask("magic")


def test_what_was_given_cannot_be_changed_from_outside():
    values = {"model": "a.nnp"}
    fields = Fields(values)
    values["model"] = "b.nnp"
    assert fields.text("model") == "a.nnp"
