"""What a plugin that trains again reads and leaves behind."""

from argparse import Namespace

import numpy as np
import pytest
from support.said import Said

from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.nnc.actions.retrainable import read_result, workspace


@pytest.fixture
def said():
    return Said()


def fields(folder, **values):
    empty = dict.fromkeys(("train", "validation", "test", "cache"), "")
    return Namespace(
        **{"model": str(folder / "results.nnp"), "output": str(folder / "o.png"), "seed": 0, **empty, **values}
    )


def test_a_workspace_goes_when_the_work_is_done(tmp_path):
    with workspace(tmp_path / "table.csv", {"a": 1}) as folder:
        (folder / "something").write_text("x")
    assert not list(tmp_path.iterdir())


def test_a_workspace_stays_after_an_interruption_which_names_it(tmp_path):
    with pytest.raises(KeyboardInterrupt, match="table.csv.partial'. The plugin goes on from there"):
        with workspace(tmp_path / "table.csv", {"a": 1}) as folder:
            (folder / "something").write_text("x")
            raise KeyboardInterrupt
    with workspace(tmp_path / "table.csv", {"a": 1}) as again:
        assert (again / "something").read_text() == "x"


def test_what_another_run_left_is_removed(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        with workspace(tmp_path / "table.csv", {"a": 1}) as folder:
            (folder / "something").write_text("x")
            raise KeyboardInterrupt
    with workspace(tmp_path / "table.csv", {"a": 2}) as again:
        assert not (again / "something").exists()


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(ConfigError):
        with workspace(tmp_path / "table.csv", {"a": 1}):
            raise ConfigError("no")
    assert not list(tmp_path.iterdir())


def test_one_more_epoch_starts_at_the_trained_parameters(trained_project, said, tmp_path):
    project = trained_project("affine", solver="Momentum", decay_interval=5)
    result = read_result(fields(project.folder), "last-epoch", said)
    cache = result.repeatable(tmp_path, said)
    assert (cache.config.epochs, cache.config.solver.name) == (1, "Momentum")
    np.testing.assert_array_equal(cache.checkpoint(0).theta, result.project.network.theta)
    assert np.abs(cache.final.theta - cache.checkpoint(0).theta).max() > 1e-4
    steps = list(cache.plan.epoch(0))
    assert steps[0].learning_rate == pytest.approx(0.025), "the third epoch's, halved after 5 and after 10 iterations"
    assert result.passport["config"]["epochs"] == 1 and result.cache is None


def test_from_scratch_trains_the_project_from_new_parameters(trained_project, said, tmp_path):
    project = trained_project("affine")
    result = read_result(fields(project.folder, seed=3), "scratch", said)
    cache = result.repeatable(tmp_path, said)
    assert (cache.config.epochs, cache.config.seed) == (3, 3)
    fresh = result.project.network.initialized(3)
    np.testing.assert_array_equal(result.project.network.theta, fresh.theta)


def test_a_cache_beside_the_network_is_taken_and_nothing_is_trained(trained_project, said, tmp_path):
    project = trained_project("affine")
    made = read_result(fields(project.folder), "last-epoch", said).repeatable(tmp_path, said)
    network = tmp_path / "results.nnp"
    network.write_bytes(project.nnp.read_bytes())
    made.path.rename(tmp_path / "influence_cache.h5")
    result = read_result(fields(tmp_path), "last-epoch", said)
    assert result.repeatable(tmp_path / "nowhere", said) is result.cache
    assert result.passport == {"cache": made.identity}


def test_too_little_validation_data_and_missing_files_are_refused(trained_project, said, tmp_path):
    project = trained_project("regression")
    lines = project.validation_csv.read_text().splitlines()[:2]
    (tmp_path / "one.csv").write_text("\n".join(lines) + "\n")
    for wrong, error, message in (
        ({"validation": str(tmp_path / "one.csv")}, ConfigError, "has 1 row, but half of the validation data scores"),
        ({"test": str(tmp_path / "nobody.csv")}, DataError, "nobody.csv"),
    ):
        with pytest.raises(error, match=message):
            read_result(fields(project.folder, **wrong), "last-epoch", said)
