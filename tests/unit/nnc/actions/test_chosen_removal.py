"""``auto`` of the plugin *Remove harmful samples*."""

import numpy as np
import pytest
from support.nnc_clicks import result_folder
from support.nnc_project import CLASSES, Project, make_project, train_with_nnabla
from support.recording_console import RecordingConsole

from nnabla_influence.cleansing import Count
from nnabla_influence.dataset.csv import Table, write_csv
from nnabla_influence.errors import DataError, NetworkError
from nnabla_influence.evaluation.decision import Decision, Outcome
from nnabla_influence.evaluation.gain import Gain
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.nnc.actions.chosen_removal import ChosenRemovalRequest, chosen_removal
from nnabla_influence.scores import InfluenceScores

WRONG = 40
GAIN = Gain(0.03, 0.005, 0.002, 0.001, 40.0, 400, 5)


@pytest.fixture(scope="module")
def mislabelled(tmp_path_factory):
    """A trained project of 160 samples, the first 40 of which have the wrong label."""
    options = {"training": 160, "validation": 240, "epochs": 12, "learning_rate": 0.2, "save_best": False}
    project = make_project(tmp_path_factory.mktemp("mislabelled") / "project", "affine", **options)
    table = Table.read(project.training_csv)
    rows = [[image, str((int(y) + (row < WRONG)) % CLASSES)] for row, (image, y) in enumerate(table.rows)]
    write_csv(project.training_csv, table.header, rows)
    return train_with_nnabla(project)


def request(project: Project, model="", output="cleansed.csv", confirm="last-epoch"):
    folder = project.folder
    influence = folder / "influence.csv"
    if not influence.exists():
        table = Table.read(project.training_csv)
        InfluenceScores(np.arange(len(table), dtype=float), "any").to_csv(influence, table)
    return ChosenRemovalRequest(influence, model, folder / output, folder / "removed.csv", confirm)


def test_wrong_labels_are_worth_removing(mislabelled, caplog):
    console = RecordingConsole()
    ranking, removal = chosen_removal(request(mislabelled), console)
    assert isinstance(removal, Count) and WRONG / 4 <= removal.count <= WRONG
    table = Table.read(ranking)
    index = table.header.index("datasource_index")
    removed = [int(row[index]) for row in table.rows[: removal.count]]
    assert np.mean([row < WRONG for row in removed]) > 0.7
    said = f"auto: spectral: remove {removal.count} samples. With the last epoch trained again without the "
    assert any(line.startswith(said) for line in console.lines), console.text
    assert "may still do harm in a training from scratch" in caplog.text
    assert ranking.name == "auto_influence.csv" and (ranking.parent / "auto_retrainings.csv").is_file()
    curve = RemovalCurve.read_csv(ranking.parent / "auto_retrainings.csv")
    assert curve.starts == ["last-epoch"] and all(row.job in curve.figures for row in curve.rows)
    assert {row.seed for row in curve.rows if row.method == "random"} == {5, 6, 7, 8, 9}, "fresh seeds confirm"
    assert not list(ranking.parent.glob("*.partial"))


@pytest.fixture
def asked(monkeypatch):
    """The searches that are asked for; nothing is trained again, and two samples shall go."""
    searches = []

    def pretended(trial, data, search, *others):
        searches.append(search)
        (method,) = trial.scores
        decision = Decision(Outcome.REMOVE, method, "remove", search.confirm, 2, (2,), "selection", GAIN)
        return decision, RemovalCurve(())

    monkeypatch.setattr("nnabla_influence.workflow.choose.choose_number", pretended)
    return searches


@pytest.mark.parametrize("confirm", ["scratch", "last-epoch"])
def test_choosing_and_confirming_start_where_the_field_says(mislabelled, asked, confirm):
    console = RecordingConsole()
    _, removal = chosen_removal(request(mislabelled, confirm=confirm), console)
    assert removal == Count(2)
    assert [(one.start, one.confirm, one.orders) for one in asked] == [(confirm, confirm, 5)]
    start = "Trained from scratch" if confirm == "scratch" else "With the last epoch trained again"
    assert console.lines[-1].startswith(f"auto: spectral: remove 2 samples. {start} without the 2 most harmful samples")


def test_a_missing_network_and_other_data_are_refused(mislabelled, trained_project, tmp_path):
    with pytest.raises(NetworkError, match="Expected the trained network"):
        chosen_removal(request(mislabelled, model=str(tmp_path / "nobody.nnp")), RecordingConsole())
    other = result_folder(trained_project("affine"), tmp_path / "other") / "results.nnp"
    with pytest.raises(DataError, match="Give the training CSV that was scored"):
        chosen_removal(request(mislabelled, model=str(other)), RecordingConsole())
