"""``auto`` of the plugin *Remove harmful samples*."""

import numpy as np
import pytest
from support.nnc_clicks import result_folder
from support.nnc_project import CLASSES, Project, make_project, train_with_nnabla
from support.recording_console import RecordingConsole

from nnabla_influence.cleansing import Count
from nnabla_influence.dataset.csv import Table, write_csv
from nnabla_influence.errors import DataError, NetworkError
from nnabla_influence.nnc.actions.chosen_removal import ChosenRemovalRequest, chosen_removal
from nnabla_influence.scores import InfluenceScores

WRONG = 40


@pytest.fixture(scope="module")
def mislabelled(tmp_path_factory):
    """A trained project of 160 samples, the first 40 of which have the wrong label."""
    options = {"training": 160, "validation": 120, "epochs": 12, "learning_rate": 0.2, "save_best": False}
    project = make_project(tmp_path_factory.mktemp("mislabelled") / "project", "affine", **options)
    table = Table.read(project.training_csv)
    rows = [[image, str((int(y) + (row < WRONG)) % CLASSES)] for row, (image, y) in enumerate(table.rows)]
    write_csv(project.training_csv, table.header, rows)
    return train_with_nnabla(project)


def request(project: Project, model="", output="cleansed.csv"):
    folder = project.folder
    influence = folder / "influence.csv"
    if not influence.exists():
        table = Table.read(project.training_csv)
        InfluenceScores(np.arange(len(table), dtype=float), "any").to_csv(influence, table)
    return ChosenRemovalRequest(influence, model, folder / output, folder / "removed.csv")


def test_wrong_labels_are_worth_removing(mislabelled):
    console = RecordingConsole()
    ranking, removal = chosen_removal(request(mislabelled), console)
    assert isinstance(removal, Count) and WRONG / 4 <= removal.count <= WRONG
    table = Table.read(ranking)
    index = table.header.index("datasource_index")
    removed = [int(row[index]) for row in table.rows[: removal.count]]
    assert np.mean([row < WRONG for row in removed]) > 0.7
    assert f"auto: {removal.count} samples; without them the loss changes by -" in console.text
    assert ranking.name == "auto_influence.csv" and (ranking.parent / "auto_retrainings.csv").is_file()
    assert not list(ranking.parent.glob("*.partial"))


def test_files_beside_an_output_called_auto_have_other_names(mislabelled):
    ranking, _ = chosen_removal(request(mislabelled, output="auto.csv"), RecordingConsole())
    assert ranking.name == "other_auto_influence.csv"


def test_a_missing_network_and_other_data_are_refused(mislabelled, trained_project, tmp_path):
    with pytest.raises(NetworkError, match="Expected the trained network"):
        chosen_removal(request(mislabelled, model=str(tmp_path / "nobody.nnp")), RecordingConsole())
    other = result_folder(trained_project("affine"), tmp_path / "other") / "results.nnp"
    with pytest.raises(DataError, match="Give the training CSV that was scored"):
        chosen_removal(request(mislabelled, model=str(other)), RecordingConsole())
