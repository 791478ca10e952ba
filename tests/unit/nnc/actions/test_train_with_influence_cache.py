"""The plugin *Train with influence cache*, called in this process with its fields."""

import pytest
from support.nnc_project import make_project
from support.recording_console import RecordingConsole

from nnabla_influence.errors import CacheMismatchError, ConfigError, DataError, UnsupportedError
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.network import Network
from nnabla_influence.nnc.actions import train_with_influence_cache
from nnabla_influence.nnc.actions.result_folder import CACHE
from nnabla_influence.nnc.actions.train_with_influence_cache import run
from nnabla_influence.nnc.host.fields import Fields
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.training import TrainingCache

WRITTEN = [CACHE, "monitoring_report.yml", "progress.txt", "results.nnp", "results.nntxt"]


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project", "regression", epochs=2)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "結果 result"


def fields(project, folder, **values):
    return Fields({"config": str(project.nntxt), "output_dir": str(folder), "resume": False, "seed": None, **values})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_result_folder_is_written(project, folder, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    console = RecordingConsole()
    run(fields(project, folder), console)
    assert names(folder) == WRITTEN
    cache = TrainingCache.open(folder / CACHE)
    assert cache.config.epochs == 2 and cache.config.iterator is not None, "NNabla's own order"
    assert cache.config.average_parameters, "with it every method of the plugin Influence can score"
    assert Network.load(folder / "results.nnp").trained
    assert (folder / "results.nntxt").read_bytes() == project.nntxt.read_bytes()
    assert ("training", "steps") in console.phases
    assert "first parameters and batches: as NNC draws them" in caplog.text


def test_with_a_seed_it_is_our_own_training(project, folder):
    run(fields(project, folder, seed=5), RecordingConsole())
    config = TrainingCache.open(folder / CACHE).config
    assert config.iterator is None and config.seed == 5


def test_a_trained_network_is_trained_from_new_parameters(project, folder, tmp_path):
    run(fields(project, folder), RecordingConsole())
    again = tmp_path / "again"
    project.nntxt.rename(project.folder / "kept.nntxt")
    (folder / "results.nntxt").rename(project.nntxt)  # relative files beside it
    run(fields(project, again), RecordingConsole())
    assert (again / CACHE).read_bytes() == (folder / CACHE).read_bytes()


def interrupted(*arguments, **named):
    raise KeyboardInterrupt


def test_an_interruption_leaves_its_progress_only_and_says_where(project, folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("nnabla_influence.training.nnabla_cli.learning_curve.LearningCurve.finish", interrupted)
        patch.setattr(train_with_influence_cache, "train", interrupted)
        with pytest.raises(Interrupted) as error:
            run(fields(project, folder), RecordingConsole())
    assert error.value.said(IN_FIELDS) == (
        f"its progress is in '{folder / CACHE}.partial'. The same training goes on from there; to start anew, delete "
        "that folder."
    )
    assert names(folder) == [f"{CACHE}.partial"]


def test_the_progress_of_another_training_is_refused_or_removed(project, folder, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    left = folder / f"{CACHE}.partial"
    left.mkdir(parents=True)
    (left / "passport.json").write_text('{"config": "another"}', encoding="utf-8")
    with pytest.raises(CacheMismatchError, match="Delete it, or train without resuming"):
        run(fields(project, folder, resume=True), RecordingConsole())
    assert names(folder) == [left.name]
    run(fields(project, folder), RecordingConsole())
    assert names(folder) == WRITTEN and "it belongs to another training and is removed" in caplog.text


def test_data_that_is_gone_is_named_with_what_somebody_who_clicked_can_do(project, folder):
    project.training_csv.unlink()
    with pytest.raises(DataError) as error:
        run(fields(project, folder), RecordingConsole())
    said = error.value.said(IN_FIELDS)
    assert said.startswith(f"The project's training data '{project.training_csv.resolve()}' is in none of ")
    assert said.endswith(
        "; choose the data in the Dataset tab of the project, or give a CSV in the field train if the plugin has one."
    )
    assert not folder.exists()


@pytest.mark.parametrize(
    "old, new, error, message",
    [
        ("max_epoch: 2", "max_epoch: 0", ConfigError, "trains for 0 epochs .*Set Max Epoch to 1 or more"),
        (
            'dataset_name: "Training"\n  solver',
            'dataset_name: "Training"\n  dataset_name: "Validation"\n  solver',
            UnsupportedError,
            r"reads 2 data sets \(Training, Validation\)",
        ),
        ('uri: "', 'uri: " " #', ConfigError, "states no CSV. Choose one in the Dataset tab"),
        ("  solver {", "  start_iter: 5\n  solver {", UnsupportedError, "works from iteration 5 to 0 only"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_name_and_leaves_nothing(project, folder, old, new, error, message):
    text = project.nntxt.read_text(encoding="utf-8")
    assert old in text
    project.nntxt.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(error, match=message):
        run(fields(project, folder), RecordingConsole())
    assert not folder.exists()
