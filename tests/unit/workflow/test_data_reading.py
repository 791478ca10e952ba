"""Which file a data set is, and how it is read."""

import logging

import numpy as np
import pytest
from support.small_projects import arrays

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.network import DatasetSetting
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.workflow.data_reading import (
    ReadingSettings,
    csv_of,
    named_alike,
    own_data,
    read_data,
    refuse_other_classes,
    warn_of_training_data,
)
from nnabla_influence.workflow.opened_project import open_project
from nnabla_influence.workflow.progress_reporter import SILENT
from nnabla_influence.workflow.project import Project
from nnabla_influence.workflow.project_request import ProjectRequest


@pytest.mark.parametrize("size", [(0, 8), (8,), (8, -1), (8.5, 8)])
def test_an_impossible_size_is_refused(size):
    with pytest.raises(ConfigError, match="two positive whole numbers"):
        ReadingSettings(image_size=size)


def test_further_data_is_read_like_the_first(data):
    first = read_data(data / "training.csv", ReadingSettings(normalize=False), SILENT)
    assert ReadingSettings(normalize=True).like(first) == ReadingSettings(None, False)


@pytest.mark.parametrize(
    "wanted, sections, expected",
    [(None, (), True), (None, (True, False), False), (None, (True,), True), (True, (False,), True)],
)
def test_the_sections_decide_about_normalisation_where_nobody_else_does(data, wanted, sections, expected):
    stated = [DatasetSetting("", normalize, 6, True) for normalize in sections]
    read = read_data(data / "training.csv", ReadingSettings(normalize=wanted), SILENT, stated)
    assert read.normalize is expected


def test_the_csv_behind_data(data):
    path = data / "training.csv"
    assert csv_of(path) == csv_of(read_data(path, ReadingSettings(), SILENT)) == path
    assert csv_of(arrays()) is None and csv_of(None) is None


@pytest.mark.parametrize("place", ["beside", "parent", "working folder"])
def test_a_project_names_data_in_three_places(tmp_path, monkeypatch, caplog, place):
    folders = {"beside": tmp_path / "a" / "b", "parent": tmp_path / "a", "working folder": tmp_path / "w"}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / "w")
    (folders[place] / "d").mkdir()
    (folders[place] / "d" / "t.csv").touch()
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        found = own_data("d\\t.csv", str(tmp_path / "a" / "b" / "net.nntxt"), "train")
    assert found.resolve() == folders[place] / "d" / "t.csv"
    assert "training data: " in caplog.text and "net.nntxt" in caplog.text


def test_data_that_is_nowhere(tmp_path):
    with pytest.raises(DataError) as caught:
        own_data("v.csv", str(tmp_path / "net.nntxt"), "validation")
    message = f"The project's validation data 'v.csv' is in none of {tmp_path / 'v.csv'}, {tmp_path.parent / 'v.csv'}, "
    assert caught.value.said(IN_COMMANDS) == message + "v.csv; give --validation CSV."
    assert str(caught.value) == message + "v.csv; give validation=."
    in_fields = "choose the data in the Dataset tab of the project, or give a CSV in the field validation if the plugin"
    assert caught.value.said(IN_FIELDS) == f"{message}v.csv; {in_fields} has one."


def test_validation_data_that_is_the_training_data_is_named(caplog):
    warn_of_training_data(arrays(), arrays(seed=1))
    assert not caplog.records
    warn_of_training_data(arrays(), arrays())
    assert "is the training data itself" in caplog.text


def test_classes_with_other_numbers_are_refused():
    train, alike, fewer, other = (
        Dataset.from_arrays({"x": np.eye(2), "y": np.array([0, 1])}, classes=names)
        for names in (["cat", "dog", "eel"], ["cat", "dog"], [], ["cat", "eel"])
    )
    refuse_other_classes(train, alike)
    refuse_other_classes(train, fewer)
    with pytest.raises(DataError, match="expected class 'eel' to have the number 2 as in the training data, got 1"):
        refuse_other_classes(train, other)
    with pytest.raises(DataError, match="class 'eel'"):
        open_project(ProjectRequest("builtin:mlp", train, other))


def test_names_of_classes_are_those_of_a_file_or_of_the_training_data(data, tmp_path):
    (tmp_path / "names.csv").write_text("number,name\n0,cat\n1,dog\n", encoding="utf-8")
    reading = ReadingSettings(classes=tmp_path / "names.csv")
    named = read_data(data / "training.csv", reading, SILENT)
    assert dict(named.class_names) == {0: "cat", 1: "dog"}
    bare = read_data(data / "validation.csv", ReadingSettings(), SILENT)
    alike = named_alike(named, bare)
    assert dict(alike.class_names) == dict(named.class_names) and not bare.class_names
    assert alike.fingerprint == bare.fingerprint and alike.path == bare.path
    assert named_alike(bare, named) is named
    with pytest.raises(DataError, match="expected the names of classes"):
        read_data(data / "training.csv", ReadingSettings(classes="nobody.csv"), SILENT)


def test_a_project_asks_for_a_class_by_the_name_in_a_file(data, tmp_path):
    (tmp_path / "names.csv").write_text("number,name\n0,cat\n1,dog\n", encoding="utf-8")
    files = (data / "training.csv", data / "validation.csv")
    project = Project.open("builtin:mlp", *files, reading=ReadingSettings(classes=tmp_path / "names.csv"))
    cache = project.train(tmp_path / "c.h5")
    by_name, by_number = (project.score(cache, target=target).values for target in ("class=dog", 1))
    assert np.array_equal(by_name, by_number)
