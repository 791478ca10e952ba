"""The influence plugin on results of ``nnabla_cli train``, in this process; `test_plugin_matrix` clicks it."""

import shutil

import numpy as np
import pytest
from nnabla.utils.data_source_implements import CsvDataSource
from support.desktop_import import problems_of
from support.nnc_project import make_project, train_with_nnabla
from support.nnc_result import curve, files_in, nnabla_cli, result_of, sequence_project

from nnabla_influence.dataset.csv import Table
from nnabla_influence.nnc.host.manifest import METHODS
from nnabla_influence.nnc.host.running import run_plugin

NAME = "influence"
ADDED = ("influence", "predicted_label", "loss", "epoch_draws", "datasource_index")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Runs in this process decode into the test's own folder."""
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "decoded"))


@pytest.fixture
def scored(here, monkeypatch):
    """``scored(folder, *fields)``: the influence CSV, by a run in this process, in the folder."""

    def score(folder, *fields, code=0):
        monkeypatch.chdir(folder)
        assert run_plugin(NAME, list(fields)) == code
        return Table.read(folder / "influence.csv") if code == 0 else None

    return score


def column(table, name):
    """A column in the order of the training data (N,)."""
    place = table.variables[name][0].position
    order = [int(row[table.header.index("datasource_index")]) for row in table.rows]
    assert sorted(order) == list(range(len(order)))
    return np.array([float(row[place]) for row in table.rows])[np.argsort(order)]


def test_nnabla_reads_and_trains_on_the_influence_csv(trained_project, scored, tmp_path):
    """All samples in one batch: the order of the rows does not matter, so the losses have to be the same."""
    options = {"batch_size": 40, "epochs": 3, "training": 40}
    original = trained_project("affine", **options)
    folder = result_of(original, tmp_path / "result")
    table = scored(folder)
    assert CsvDataSource(str(folder / "influence.csv")).variables == (
        "x",
        "y",
        *[n for n in ADDED if n in table.variables],
    )
    again = make_project(tmp_path / "again", "affine", **options)
    text = again.nntxt.read_text(encoding="utf-8")
    again.nntxt.write_text(text.replace(str(again.training_csv), str(folder / "influence.csv")), encoding="utf-8")
    train_with_nnabla(again)
    for epoch, entry in curve(original.folder).items():
        assert curve(again.folder)[epoch] == pytest.approx(entry, rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_works_without_a_cache_and_leaves_nothing_behind(
    trained_project, scored, tmp_path, method, caplog
):
    project = trained_project("conv_bn", solver="Adam", learning_rate=0.01, epochs=2)
    folder = result_of(project, tmp_path / "result")
    scores = column(scored(folder, "-a", method), "influence")
    assert np.count_nonzero(scores) == 40
    assert files_in(folder) == [
        ".written_by_influence.json",
        "influence.csv",
        "influence.csv.json",
        "monitoring_report.yml",
        "net.nntxt",
        "results.nnp",
    ]
    trains = any("training one more epoch" in line and "(Adam, learning rate 0.01" in line for line in caplog.messages)
    assert trains == (method in ("last-epoch", "sgd-influence"))
    nothing = any("nothing is trained" in line for line in caplog.messages)
    assert nothing == (not trains and method != "out-of-fold")


@pytest.fixture(scope="module")
def lstm(tmp_path_factory):
    """Trained by NNabla; its data-set URIs are relative, its samples lie in files of their own."""
    project = sequence_project(tmp_path_factory.mktemp("lstm") / "project")
    nnabla_cli(project.folder, "train", "-c", project.nntxt, "-o", project.folder)
    return project


def test_the_steps_of_an_lstm_are_followed(lstm, scored):
    scores = column(scored(lstm.folder, "-a", "sgd-influence"), "influence")
    assert len(scores) == 22 and np.count_nonzero(scores) == 22 and problems_of(lstm.folder / "influence.csv") == []


@pytest.fixture
def with_cache(trained_project, here, tmp_path):
    """A result of the training plugin whose last epoch never draws some samples and draws others twice."""
    project = trained_project("affine", training=43, epochs=3, iterations=5)
    folder = tmp_path / "with cache"
    assert run_plugin("train_with_influence_cache", ["-c", str(project.nntxt), "-o", str(folder)]) == 0
    return folder


@pytest.mark.parametrize("method", ["last-epoch", "sgd-influence"])
def test_samples_that_the_last_epoch_never_drew_are_listed(with_cache, scored, caplog, method):
    table = scored(with_cache, "-a", method)
    draws, scores = column(table, "epoch_draws"), column(table, "influence")
    undrawn = np.flatnonzero(draws == 0)
    assert len(undrawn) >= 3 and draws.sum() == 40
    (line,) = (line for line in caplog.messages if "never drawn" in line and "Level" not in line)
    assert f"{len(undrawn)} of 43" in line and line.endswith(f"Rows: {', '.join(map(str, undrawn))}")
    assert np.count_nonzero(scores) == 43, "not scored 0 in silence"


@pytest.mark.parametrize(
    "method", ["spectral", "influence-function", "self-influence", "loss", "out-of-fold", "knn-shapley"]
)
def test_methods_at_the_final_parameters_score_every_sample(with_cache, scored, method):
    table = scored(with_cache, "-a", method)
    assert np.count_nonzero(column(table, "influence")) == 43 and "epoch_draws" not in table.header


def test_a_cache_beside_the_network_is_used(with_cache, scored, caplog):
    scored(with_cache)
    assert any("scoring the training in influence_cache.h5" in line for line in caplog.messages)
    caplog.clear()
    (with_cache / "influence_cache.h5").rename(with_cache / "kept.h5")
    scored(with_cache)
    assert any("no influence cache" in line for line in caplog.messages)
    caplog.clear()
    scored(with_cache, "-k", "kept.h5")
    assert any("scoring the training in kept.h5" in line for line in caplog.messages)


def test_the_cache_of_another_network_is_not_used(trained_project, with_cache, scored, tmp_path, caplog):
    folder = result_of(trained_project("two_inputs", solver="Momentum", learning_rate=0.02), tmp_path / "other")
    (with_cache / "influence_cache.h5").rename(folder / "influence_cache.h5")
    scored(folder)
    assert any("belongs to another network and is not used" in line for line in caplog.messages)


def test_data_in_the_fields_replaces_the_projects_own(trained_project, scored, tmp_path):
    project = trained_project("affine")
    folder = result_of(project, tmp_path / "result")
    swapped = ["-t", str(project.validation_csv), "-v", str(project.training_csv)]
    assert len(scored(folder, *swapped).rows) == 22


WRONG = {
    "no network": (["-m", "nothing.nnp"], "select the result"),
    "no training": (["-m", "net.nntxt"], "no trained parameters"),
    "no such data": (["-t", "nothing.csv"], "nothing.csv"),
    "no such cache": (["-k", "nothing.h5"], "nothing.h5"),
    "over the data": (["-t", "mine.csv", "-o", "mine.csv"], "choose another"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_wrong_request_ends_with_one_sentence(trained_project, scored, tmp_path, caplog, case):
    folder = result_of(trained_project("affine"), tmp_path / "result")
    (folder / "mine.csv").write_bytes(trained_project("affine").training_csv.read_bytes())
    if case == "no network":
        (folder / "results.nnp").unlink()
    before = files_in(folder)
    fields, text = WRONG[case]
    scored(folder, *fields, code=2)
    assert text in caplog.messages[-1].lower() and "\n" not in caplog.messages[-1]
    assert files_in(folder) == before


@pytest.mark.parametrize("method", ["spectral", "sgd-influence"])
def test_an_interrupted_scoring_names_its_progress_and_goes_on_or_is_cleared(
    trained_project, scored, tmp_path, caplog, monkeypatch, method
):
    folder = result_of(trained_project("affine"), tmp_path / "result")

    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("nnabla_influence.autodiff.LossOracle.batch_gradient", interrupted)
        scored(folder, "-a", method, code=130)
    assert "influence.csv.partial" in files_in(folder) and "influence.csv" not in files_in(folder)
    assert "influence.csv.partial" in caplog.messages[-1]
    resumed = result_of(trained_project("affine"), tmp_path / "resumed")
    shutil.copytree(folder / "influence.csv.partial", resumed / "influence.csv.partial")
    scored(folder, "-a", "loss")
    expected = scored(result_of(trained_project("affine"), tmp_path / "whole"), "-a", method)
    assert scored(resumed, "-a", method).rows == expected.rows
    assert all("influence.csv.partial" not in files_in(place) for place in (folder, resumed))
