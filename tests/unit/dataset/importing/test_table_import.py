"""From a table to data sets."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.importing.import_settings import ImportSettings
from nnabla_influence.dataset.importing.source_table import SourceTable
from nnabla_influence.dataset.importing.table_import import import_table
from nnabla_influence.errors import DataError


def frame(rows=40):
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "row id": np.arange(rows) + 1000,
            "length": random.normal(size=rows).round(3),
            "colour": ["red", "green"] * (rows // 2),
            "species": ["cat", "dog", "dog", "cat"] * (rows // 4),
        }
    )


def imported(table, folder=".", **settings):
    return import_table(SourceTable.of(table), ImportSettings(**settings), folder)


def test_columns_become_a_vector_and_a_class(tmp_path):
    table = frame()
    data = imported(table)
    assert data.header == ["x__0:length", "x__1:colour=red", "y:species"] and data.classes == ("cat", "dog")
    assert len(data.parts["training"]) == 32 and len(data.parts["validation"]) == 8
    by_length = {f"{length:g}": (colour, kind) for length, colour, kind in zip(*(table[c] for c in table.columns[1:]))}
    for length, red, number in [*data.parts["training"], *data.parts["validation"]]:
        colour, kind = by_length[f"{float(length):g}"]
        assert (red, number) == (str(int(colour == "red")), str(int(kind == "dog")))


def test_every_decision_is_listed():
    table = frame()
    table.loc[3, "length"] = np.nan
    table.loc[5, "species"] = None
    assert imported(table, ignore=("COLOUR",)).decisions == [
        "column 'species': taken as the label, by its name",
        "left out as asked: colour",
        "column 'species': 2 classes (cat, dog)",
        "rows left out, without a label: 1",
        "column 'row id': left out: only numbers or names the rows",
        "column 'length': 1 of 40 missing, filled with the median",
    ]


def test_the_median_is_that_of_the_training_rows():
    table = frame()
    table.loc[3, "length"] = np.nan
    data = imported(table, ignore=("colour",))
    present = {f"{value:g}" for value in table["length"].dropna()}
    trained = [float(cells[0]) for cells in data.parts["training"] if f"{float(cells[0]):g}" in present]
    filled = [
        float(cells[0]) for part in data.parts.values() for cells in part if f"{float(cells[0]):g}" not in present
    ]
    assert filled in ([], [pytest.approx(np.median(trained))])


def test_rows_are_made_when_they_are_written(monkeypatch):
    """However many are made at once, and as often as somebody asks."""
    table = frame()
    table.loc[3, "length"] = np.nan
    whole = {part: list(rows) for part, rows in imported(table).parts.items()}
    monkeypatch.setattr("nnabla_influence.dataset.importing.number_rows._BLOCK", 3)
    parts = imported(table).parts
    assert {part: list(rows) for part, rows in parts.items()} == whole == {p: list(rows) for p, rows in parts.items()}
    assert {part: len(rows) for part, rows in parts.items()} == {"training": 32, "validation": 8}
    assert whole["training"][5] in parts["training"] and whole["training"][5] not in parts["validation"]


def test_rows_that_are_equal_stay_together():
    table = pd.concat([frame(), frame(), frame()])
    data = imported(table, ignore=("row id",))
    assert any(text.startswith("equal rows stay on one side of the split: 80") for text in data.decisions)
    inputs = {part: {tuple(cells[:2]) for cells in rows} for part, rows in data.parts.items()}
    assert not inputs["training"] & inputs["validation"]


def test_columns_of_paths_are_images(tmp_path):
    table = pd.DataFrame({"file": [f"images\\{n}.png" for n in range(10)], "size": range(10), "label": [0, 1] * 5})
    (tmp_path / "images").mkdir()
    for number in range(10):
        Image.fromarray(np.full((4, 4), number, np.uint8)).save(str(tmp_path / "images" / f"{number}.png"))
    data = import_table(SourceTable.of(table, tmp_path / "list.csv"), ImportSettings(), tmp_path / "out")
    assert data.header == ["x:image", "y:label"] and len(data.parts["training"]) == 8
    for path, label in data.parts["training"]:
        assert int(path[len("../images/") : -len(".png")]) % 2 == int(label) and path.startswith("../images/")
    assert "column 'file': names the images" in data.decisions and "left out beside the images: size" in data.decisions


def test_values_and_several_labels_have_columns_of_their_own():
    table = frame()
    table["price"] = np.arange(40) / 7
    data = imported(table, labels=("price",))
    assert data.header[-1] == "y:price" and data.classes == ()
    table["a"], table["b"] = [1, 0] * 20, [1, 1, 0, 0] * 10
    assert imported(table, labels=("a", "b")).header[-2:] == ["y__0:a", "y__1:b"]


def test_one_hot_labels_are_recognised():
    table = frame().drop(columns="species")
    for number, name in enumerate(("label_cat", "label_dog", "label_eel")):
        table[name] = (np.arange(40) % 3 == number).astype(int)
    data = imported(table)
    assert data.classes == ("cat", "dog", "eel") and data.header[-1] == "y:label"
    assert data.decisions[0] == "taken as the label, by their names: label_cat, label_dog, label_eel"
    table.loc[0, "label_dog"] = 1
    with pytest.raises(DataError, match="a label column with a usual name"):
        imported(table)


@pytest.mark.parametrize("column", ["species", "Species ", "SPECIES"])
def test_names_may_be_typed_carelessly(column):
    assert imported(frame(), labels=(column,)).header[-1] == "y:species"


def test_a_label_that_nobody_names_is_asked_for():
    with pytest.raises(DataError, match="got the columns row id, length, colour, kind") as caught:
        imported(frame().rename(columns={"species": "kind"}))
    assert caught.value.said(IN_COMMANDS).endswith("Name it with --label COLUMN.")


@pytest.mark.parametrize("settings", [{"labels": ("kind",)}, {"ignore": ("kind",)}])
def test_columns_that_do_not_exist_are_refused(settings):
    with pytest.raises(DataError, match="one of the columns row id, length, colour, species, got 'kind'"):
        imported(frame(), **settings)


def test_very_many_columns_are_not_all_listed():
    with pytest.raises(DataError, match="0, 1, .*, 29 and 70 more, got 'kind'"):
        imported(pd.DataFrame(np.ones((4, 100))), labels=("kind",))


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(
        DataError, match="beside the label, got none of use: column 'row id': left out: only numbers or names the rows"
    ):
        imported(frame()[["row id", "species"]])
    with pytest.raises(DataError, match="got none of use: the label alone"):
        imported(frame()[["species"]])
