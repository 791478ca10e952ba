"""What a plugin that trains again reads and trains."""

import numpy as np
import pytest

from nnabla_influence.errors import ConfigError
from nnabla_influence.nnc.actions.result_folder import ResultFields, TrainedResult
from nnabla_influence.nnc.actions.retrainable import LAST_EPOCH, RetrainableResult


def opened(folder, start, console, seed=0, **named):
    result = TrainedResult.read(ResultFields(str(folder / "results.nnp"), **named))
    return RetrainableResult.open(result, start, seed, console)


def test_one_more_epoch_starts_at_the_trained_parameters(trained_project, console, tmp_path):
    project = trained_project("affine", solver="Momentum", decay_interval=5)
    result = opened(project.folder, LAST_EPOCH, console)
    cache = result.repeatable(tmp_path, console)
    assert (cache.config.epochs, cache.config.solver.name) == (1, "Momentum")
    np.testing.assert_array_equal(cache.checkpoint(0).theta, result.project.network.theta)
    assert np.abs(cache.final.theta - cache.checkpoint(0).theta).max() > 1e-4
    steps = list(cache.plan.epoch(0))
    assert steps[0].learning_rate == pytest.approx(0.025), "the third epoch's, halved after 5 and after 10 iterations"
    assert result.passport["config"]["epochs"] == 1 and result.cache is None
    assert ("training one more epoch", "steps") in console.phases


def test_from_scratch_trains_the_project_from_new_parameters(trained_project, console, tmp_path):
    project = trained_project("affine")
    result = opened(project.folder, "scratch", console, seed=3)
    cache = result.repeatable(tmp_path, console)
    assert (cache.config.epochs, cache.config.seed) == (3, 3)
    fresh = result.project.network.initialized(3)
    np.testing.assert_array_equal(result.project.network.theta, fresh.theta)
    assert ("training from new parameters", "steps") in console.phases


def test_a_cache_beside_the_network_is_taken_and_nothing_is_trained(trained_project, console, tmp_path):
    project = trained_project("affine")
    made = opened(project.folder, LAST_EPOCH, console).repeatable(tmp_path, console)
    network = tmp_path / "results.nnp"
    network.write_bytes(project.nnp.read_bytes())
    made.path.rename(tmp_path / "influence_cache.h5")
    result = opened(tmp_path, LAST_EPOCH, console)
    assert result.repeatable(tmp_path / "nowhere", console) is result.cache
    assert result.passport == {"cache": made.identity}


def test_too_little_validation_data_is_refused(trained_project, console, tmp_path):
    project = trained_project("regression")
    lines = project.validation_csv.read_text().splitlines()[:2]
    (tmp_path / "one.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(ConfigError, match="has 1 row, but half of the validation data scores"):
        opened(project.folder, LAST_EPOCH, console, validation=str(tmp_path / "one.csv"))
