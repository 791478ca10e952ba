"""The training plugin against ``nnabla_cli train``: same parameters, same curve, and what an interruption leaves."""

import os
import signal

import numpy as np
import pytest
from support import prepared
from support.nnc_project import make_project
from support.nnc_result import archive_fields, curve, files_in, nnabla_cli, same_parameters, sequence_project
from support.waiting import until

from nnabla_influence.dataset.csv import Table
from nnabla_influence.network import Network
from nnabla_influence.nnc.host.running import run_plugin
from nnabla_influence.training import TrainingCache

NAME = "train_with_influence_cache"
RESULT = ["influence_cache.h5", "monitoring_report.yml", "progress.txt", "results.nnp", "results.nntxt"]
ROUNDING = 1e-5

# Every one wraps around in the middle of an epoch, skips samples, or has too few for its batches.
PROJECTS = {
    "affine": {"training": 43, "epochs": 4},
    "conv_bn": {"training": 45, "epochs": 7, "solver": "Momentum", "learning_rate": 0.02, "cached": True},
    "regression": {"training": 230, "epochs": 6, "solver": "Adam", "learning_rate": 0.01, "iterations": 20},
    "two_inputs": {"training": 40, "validation": 5, "shuffle": False, "iterations": 3, "weight_decay": 0.01},
}


@pytest.fixture
def data_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "decoded"))


@pytest.fixture
def trained(tmp_path, data_cache):
    """``trained(project, *fields)``: the plugin's result folder for a project, made in this process."""

    def train(project, *fields):
        folder = tmp_path / "result 結果"
        assert run_plugin(NAME, ["-c", str(project.nntxt), "-o", str(folder), *fields]) == 0
        return folder

    return train


def last_epoch_of(project):
    return project.folder / f"results_current_{project.settings.epochs}.nnp"


def values_of(network):
    return np.concatenate([network.theta, network.statistics_values])


@pytest.mark.parametrize("kind", sorted(PROJECTS))
def test_it_trains_what_nnabla_trains(trained_project, trained, kind):
    project = trained_project(kind, **PROJECTS[kind])
    folder = trained(project)
    assert files_in(folder) == RESULT
    final, theirs = TrainingCache.open(folder / "influence_cache.h5").final, Network.load(last_epoch_of(project))
    ours = np.concatenate([final.theta, final.statistics])
    assert np.abs(ours - values_of(theirs)).max() <= ROUNDING
    same_parameters(folder / "results.nnp", project.nnp, ROUNDING)
    assert archive_fields(folder / "results.nnp") == archive_fields(project.nnp)
    assert (folder / "results.nntxt").read_text(encoding="utf-8") == project.nntxt.read_text(encoding="utf-8")
    ours, theirs = curve(folder), curve(project.folder)
    assert list(ours) == list(theirs) and [list(e) for e in ours.values()] == [list(e) for e in theirs.values()]
    for epoch, entry in theirs.items():
        assert ours[epoch] == pytest.approx(entry, rel=1e-5, abs=1e-6), epoch


def test_the_best_epoch_is_kept_where_the_project_asks_for_it(trained_project, trained):
    """Too high a learning rate: the last epoch is not the best one."""
    options = {"learning_rate": 1.5, "epochs": 6, "training": 43}
    project = trained_project("affine", **options)
    errors = [entry["valid_error"] for entry in curve(project.folder).values()]
    assert min(errors) < errors[-1], "the project has to have a best epoch"
    same_parameters(trained(project) / "results.nnp", project.nnp, 1e-4)


def test_an_lstm_of_layers_is_trained_alike(tmp_path, trained):
    project = sequence_project(tmp_path / "lstm")
    nnabla_cli(project.folder, "train", "-c", project.nntxt, "-o", project.folder)
    folder = trained(project)
    same_parameters(folder / "results.nnp", project.nnp, ROUNDING)
    assert archive_fields(folder / "results.nnp") == archive_fields(project.nnp)
    assert len(stored_names(folder)) == 10


def stored_names(folder):
    return Network.load(folder / "results.nnp").space.names


def test_dropout_is_trained_with_masks_of_our_own(trained_project, trained):
    """Same first epoch's order and parameters, other masks: another network of about the same quality."""
    project = trained_project("dropout", epochs=12, learning_rate=0.3)
    folder = trained(project)
    assert archive_fields(folder / "results.nnp") == archive_fields(project.nnp)
    ours, theirs = curve(folder), curve(project.folder)
    assert ours[11]["cost"] != theirs[11]["cost"]
    assert ours[11]["cost"] < 0.8 * ours[0]["cost"]
    # NNabla draws other masks in every process, so its costs are other ones each time this runs.
    assert all(curve[11]["valid_error"] < 0.6 * curve[0]["valid_error"] for curve in (ours, theirs))


def test_a_seed_is_another_training_that_draws_every_sample_once(trained_project, trained):
    project = trained_project("affine", **PROJECTS["affine"])
    folder = trained(project, "--seed", "5")
    cache = TrainingCache.open(folder / "influence_cache.h5")
    assert cache.config.iterator is None and cache.config.seed == 5
    assert sorted(np.concatenate([b for step in cache.steps() for b in step.batches])) == list(range(43))
    assert np.abs(cache.final.theta - Network.load(last_epoch_of(project)).theta).max() > 0.01
    assert len(curve(folder)) == 4


def test_nnabla_evaluates_our_network(trained_project, trained, tmp_path):
    project = trained_project("affine", **PROJECTS["affine"])
    results = []
    for place, network in (("ours", trained(project) / "results.nnp"), ("theirs", project.nnp)):
        (tmp_path / place).mkdir()
        nnabla_cli(tmp_path, "forward", "-c", network, "-d", project.validation_csv, "-o", tmp_path / place)
        rows = Table.read(tmp_path / place / "output_result.csv").rows
        results.append([[float(cell) for cell in row[2:]] for row in rows])
    assert len(results[0]) == 22 and len(results[0][0]) == 4
    np.testing.assert_allclose(*results, atol=1e-5)


def test_a_project_without_its_data_ends_with_one_sentence(clicks, tmp_path):
    project = make_project(tmp_path / "project", "affine")
    project.training_csv.unlink()
    click = clicks.windows(NAME, tmp_path, config=project.nntxt, output_dir=tmp_path / "out")
    lines = [line for line in click.lines if not line.startswith("at work for")]  # imports on a busy machine
    assert click.code == 2 and len(lines) == 1 and "training.csv" in lines[0], click.said
    assert not (tmp_path / "out").exists()


def broken(project, old, new):
    text = project.nntxt.read_text(encoding="utf-8")
    assert old in text
    project.nntxt.write_text(text.replace(old, new), encoding="utf-8")


REFUSED = {
    "Adadelta": ("", "", 2),
    "2 data sets": (
        'dataset_name: "Training"\n  solver',
        'dataset_name: "Training"\n  dataset_name: "Validation"\n  solver',
        2,
    ),
    "from iteration 5 to": ("update_interval: 1", "update_interval: 1\n  start_iter: 5", 2),
    "0 epochs": ("max_epoch: 3", "max_epoch: 0", 2),
    "states no CSV": ('uri: "validation.csv"', 'uri: ""', 2),
    "training loss became": ("lr: 0.1", "lr: 1e30", 1),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_cannot_be_trained_is_refused_by_name_and_leaves_nothing(tmp_path, data_cache, caplog, case):
    solver = {"solver": "Adadelta", "learning_rate": 1.0} if case == "Adadelta" else {}
    project = make_project(tmp_path / "project", "affine", relative_uri=True, **solver)
    old, new, code = REFUSED[case]
    if old:
        broken(project, old, new)
    assert run_plugin(NAME, ["-c", str(project.nntxt), "-o", str(tmp_path / "out")]) == code
    assert case in caplog.messages[-1] and "\n" not in caplog.messages[-1]
    assert " --" not in caplog.messages[-1], "who clicked has no options"
    assert not (tmp_path / "out").exists() or files_in(tmp_path / "out") == []


@pytest.mark.skipif(os.name == "nt", reason="there the process is killed outright")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_ended_and_resumed_it_gives_the_same_bytes(clicks, tmp_path, ending):
    project = make_project(tmp_path / "project", "affine", epochs=60, learning_rate=0.3, training=43)
    whole, ended = tmp_path / "whole", tmp_path / "ended"
    line = clicks.windows_line(NAME, config=project.nntxt, output_dir=ended)
    place = {"cwd": tmp_path, "env": clicks.environment()}
    process = prepared.start(line, **place)
    report = ended / "monitoring_report.yml"
    until(lambda: report.is_file() and "5:" in read(report), "the fifth epoch", process)
    process.send_signal(ending)
    log = process.communicate()[1].decode().splitlines()
    assert process.returncode == 128 + ending, log
    assert files_in(ended) == ["influence_cache.h5.partial"] and str(ended / "influence_cache.h5.partial") in log[-1]
    resumed = prepared.run([*line, "-r"], **place)
    assert resumed.returncode == 0
    log = resumed.stderr.decode()
    assert "found an interrupted training" in log and "epoch 1 of 60" not in log and "epoch 60 of 60" in log
    assert clicks.windows(NAME, tmp_path, config=project.nntxt, output_dir=whole).code == 0
    for name in ("influence_cache.h5", "monitoring_report.yml", "results.nntxt"):
        assert (ended / name).read_bytes() == (whole / name).read_bytes(), name
    same_parameters(ended / "results.nnp", whole / "results.nnp", 0)


def read(path):
    return path.read_text(encoding="utf-8")


def test_the_progress_of_another_training_is_not_gone_on_with(trained_project, trained, tmp_path, caplog):
    project = trained_project("affine", **PROJECTS["affine"])
    folder = tmp_path / "result 結果"
    left = folder / "influence_cache.h5.partial"
    left.mkdir(parents=True)
    (left / "passport.json").write_text('{"config": "another"}', encoding="utf-8")
    fields = ["-c", str(project.nntxt), "-o", str(folder)]
    assert run_plugin(NAME, [*fields, "-r"]) == 2
    assert str(left) in caplog.messages[-1] and left.is_dir()
    assert files_in(trained(project)) == RESULT
