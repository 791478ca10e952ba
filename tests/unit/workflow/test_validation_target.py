"""A question about one class, or some validation rows."""

from pathlib import Path

import numpy as np
import pytest
from support.small_projects import VALIDATION, arrays

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.network import Network
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.workflow.validation_target import ValidationTarget, narrowed, refuse_target

NETWORK = Network.builtin("builtin:mlp", (2,), 3)


@pytest.mark.parametrize("value", [-1, 1.5, True])
def test_an_impossible_class(value):
    with pytest.raises(ConfigError, match="class number"):
        ValidationTarget(value)


def test_what_a_python_user_gives():
    assert ValidationTarget.of(2) == ValidationTarget(2)
    assert ValidationTarget.of("rows.csv") == ValidationTarget(Path("rows.csv"))
    assert ValidationTarget.of("class=dog") == ValidationTarget("dog")
    assert ValidationTarget.of("class=2") == ValidationTarget(2)
    assert ValidationTarget.of(Path("class=2")) == ValidationTarget(Path("class=2"))
    assert ValidationTarget.of(None) is None
    assert ValidationTarget.of([5, 1]) == ValidationTarget((5, 1))
    assert ValidationTarget.of([5, 1], each=True) == ValidationTarget((5, 1), each=True)
    with pytest.raises(ConfigError, match="give their numbers as target"):
        ValidationTarget.of(None, each=True)


@pytest.mark.parametrize("rows, said", [((), "got none"), ((1, -2), "row number"), ((1.5,), "row number")])
def test_impossible_rows(rows, said):
    with pytest.raises(ConfigError, match=said):
        ValidationTarget(rows)


def test_each_row_of_a_class_is_not_asked_about():
    with pytest.raises(ConfigError, match="Name its rows"):
        ValidationTarget(1, each=True)


def test_the_columns_of_each_row(tmp_path):
    assert ValidationTarget((9, 1, 9)).columns == [] and ValidationTarget((9, 1, 9)).rows == [1, 9]
    assert ValidationTarget((9, 1, 9), each=True).columns == ["row_1", "row_9"]
    (tmp_path / "rows.csv").write_text("datasource_index\n5\n2\n", encoding="utf-8")
    assert ValidationTarget(tmp_path / "rows.csv", each=True).columns == ["row_2", "row_5"]
    assert ValidationTarget(3).rows == []


def test_kind_and_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ValidationTarget(Path("rows.csv"))
    assert (rows.kind, rows.file, rows.absolute().file) == ("rows", Path("rows.csv"), tmp_path / "rows.csv")
    assert (ValidationTarget(1).kind, ValidationTarget(1).file) == ("class", None)
    assert ValidationTarget(1).absolute() == ValidationTarget(1)


def test_rows_of_a_class_and_of_a_list(tmp_path):
    validation = arrays(VALIDATION, 1)
    assert narrowed(validation, NETWORK, None) is validation
    of_class = narrowed(validation, NETWORK, ValidationTarget(2))
    assert (of_class.column("y") == 2).all() and len(of_class) == VALIDATION // 3
    (tmp_path / "rows.csv").write_text("datasource_index\n5\n2\n8\n11\n14\n", encoding="utf-8")
    listed = narrowed(validation, NETWORK, ValidationTarget(tmp_path / "rows.csv"))
    assert listed.fingerprint == of_class.fingerprint
    named = narrowed(validation, NETWORK, ValidationTarget((14, 5, 2, 8, 11, 5)))
    assert named.fingerprint == of_class.fingerprint


def test_a_row_there_is_not(tmp_path):
    (tmp_path / "rows.csv").write_text("datasource_index\n99\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected rows of None from 0 to 15, found 99"):
        narrowed(arrays(VALIDATION), NETWORK, ValidationTarget(tmp_path / "rows.csv"))
    with pytest.raises(DataError, match="Expected as target rows of None from 0 to 15, found 16"):
        narrowed(arrays(VALIDATION), NETWORK, ValidationTarget((3, 16)))


def test_a_class_there_is_not():
    with pytest.raises(DataError, match=r"0 \(6 rows\), 1 \(5 rows\), 2 \(5 rows\)"):
        narrowed(arrays(VALIDATION), NETWORK, ValidationTarget(7))


def test_the_classes_there_are_have_names():
    named = Dataset.from_arrays({"x": np.eye(2), "y": np.array([0, 1])}, classes=["cat", "dog"])
    with pytest.raises(DataError, match=r"0 cat \(1 rows\), 1 dog \(1 rows\)"):
        narrowed(named, NETWORK, ValidationTarget(7))


def of_names(*classes):
    """Three rows, of the classes 0, 1 and 1."""
    return Dataset.from_arrays({"x": np.eye(3)[:, :2], "y": np.array([0, 1, 1])}, classes=classes)


def test_a_class_is_found_by_its_name(caplog):
    caplog.set_level("INFO")
    dogs = narrowed(of_names("cat", "dog"), NETWORK, ValidationTarget("dog"))
    assert dogs.column("y").ravel().tolist() == [1, 1]
    assert "target: 2 of 3 validation rows (class=dog)" in caplog.text


def test_a_name_that_no_class_has():
    with pytest.raises(DataError, match=r"called 'barollo', found 'barbera', 'barolo'\. Did you mean barolo\?"):
        narrowed(of_names("barbera", "barolo"), NETWORK, ValidationTarget("barollo"))
    with pytest.raises(DataError, match="there is no classes.csv beside it") as caught:
        narrowed(of_names(), NETWORK, ValidationTarget("dog"))
    assert caught.value.said(IN_COMMANDS).endswith("Name them with --classes CSV, or give the class number.")
    assert "ReadingSettings(classes=" in str(caught.value)


def test_digits_are_the_number_even_where_another_class_is_called_so(caplog):
    """Labels from 1 are numbered from 0 by an import, so class=1 could be meant in two ways."""
    assert len(narrowed(of_names("1", "2"), NETWORK, ValidationTarget(1))) == 2
    assert "class 1 is the class with that number, called '2'; the class called '1' has the number 0" in caplog.text
    caplog.clear()
    narrowed(of_names("0", "1"), NETWORK, ValidationTarget(1))
    assert "called" not in caplog.text


def test_real_values_have_no_classes():
    network = Network.builtin("builtin:mlp", (2,), 1, "regression")
    validation = Dataset.from_arrays({"x": np.ones((3, 2)), "y": np.array([0.5, 1.0, 2.0])})
    with pytest.raises(DataError) as caught:
        narrowed(validation, network, ValidationTarget(7))
    assert caught.value.said(IN_COMMANDS) == (
        "None: --target class=7 needs class numbers in column y, found real values such as 0.5. Name the validation "
        "rows with --target rows=CSV."
    )
    assert str(caught.value).endswith("Name the validation rows with a CSV as target.")
    assert "class 7 needs class numbers" in caught.value.said(IN_FIELDS)


def test_vectors_have_no_classes():
    network = Network.builtin("builtin:mlp", (2,), 2, "regression")
    validation = Dataset.from_arrays({"x": np.ones((3, 2)), "y": np.ones((3, 2))})
    with pytest.raises(DataError) as caught:
        narrowed(validation, network, ValidationTarget(1))
    assert caught.value.said(IN_COMMANDS).startswith("--target class=1 needs one class number per sample")
    assert str(caught.value).startswith("Target 1 needs one class number per sample")


@pytest.mark.parametrize("method", ["loss", "random", "margin", "self-influence", "out-of-fold"])
def test_methods_that_do_not_ask_have_no_target(method):
    with pytest.raises(ConfigError) as caught:
        refuse_target(ValidationTarget(1), method)
    assert caught.value.said(IN_COMMANDS).startswith(f"--target means nothing to --method {method}, whose scores")
    assert str(caught.value).startswith(f"A target means nothing to method {method}, whose scores")
    refuse_target(None, method)
    refuse_target(ValidationTarget(1), "spectral")
