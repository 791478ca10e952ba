"""The objective ``error`` against loops in float64: its gradient, the scores of every method, and the truth.

The truth is what a score predicts: the change of ``mean(1 - p)`` if the sample is left out, by training again.
"""

from functools import partial

import numpy as np
import pytest
from reference import last_epoch
from reference.softmax_regression import SoftmaxRegression
from support.cases import case_named, draw_parameters, network_of
from support.comparison import assert_close
from support.problems import CaseProblem, dataset, overlapping_classes, replayable, softmax_network, trained

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.estimators import (
    InfluenceFunction,
    LastEpochInfluence,
    ScoringTask,
    SgdInfluence,
    SpectralInfluence,
    TracIn,
)
from nnabla_influence.objective import LOSS, Objective

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"
P = 18  # parameters of the softmax regression: as many Lanczos steps or iterations are exact
METHODS = {
    "last-epoch": (LastEpochInfluence, 1e-5),
    "sgd-influence": (SgdInfluence, 1e-5),
    "tracin": (partial(TracIn, checkpoints=1), 1e-5),
    # A Krylov space of another start vector: both are exact up to the rounding of float32 curvature products.
    "spectral": (partial(SpectralInfluence, lanczos_steps=P, subset=None, at="final"), 2e-3),
    "influence-function": (partial(InfluenceFunction, iterations=2 * P, subset=None, at="final"), 2e-3),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A softmax regression on overlapping classes, some labels wrong in training and validation alike."""
    folder = tmp_path_factory.mktemp("run")
    data, validation = (dataset(*overlapping_classes(n, seed, flipped=0.2)) for n, seed in ((60, 0), (15, 1)))
    options = {"epochs": 12, "batch_size": 6, "seed": 3, "solver": {"learning_rate": 0.3}}
    return replayable(trained(folder, softmax_network(5), data, validation, **options), folder, "epochs")


def task_of(t):
    return ScoringTask(t.cache, t.training, t.validation)


def test_the_gradient_is_that_of_softmax_regression_with_every_row_weighted_by_its_probability(run):
    task, oracle, theta = task_of(run), LossOracle(run.cache.network), run.cache.final.theta
    objective = task.objective("error", oracle, theta)
    problem = SoftmaxRegression(5, 3)
    x, y = run.validation_data
    p = problem.probabilities(run.final, x)[np.arange(len(x)), y]
    expected = np.mean(p[:, None] * problem.sample_gradients(run.final, x, y), axis=0)
    assert objective == Objective("error")
    assert_close(task.validation_gradient(oracle, theta, objective), expected, 1e-5, FLOAT32)
    np.testing.assert_array_equal(
        task.validation_gradient(oracle, theta, LOSS), task.validation_gradient(oracle, theta)
    )


@pytest.mark.parametrize(
    "name, scale", [("regression", None), ("two batch norms, batch", None), ("sigmoid cross entropy", 1.0)]
)
def test_the_gradient_of_real_values_is_welschs(name, scale, tmp_path):
    """Six medians of the losses in the same batches, with the same statistics of batch normalisation; or p again."""
    case = case_named(name)
    values = draw_parameters(case, seed=2)
    random = np.random.RandomState(5)
    batches = [case.draw_batch(count, seed) for count, seed in ((12, 0), (11, 1))]
    if scale is None:  # some rows that nobody could predict
        batches[1]["y"][:3] += 5 * random.normal(size=batches[1]["y"][:3].shape).astype(np.float32)
    data, validation = (dataset(**batch) for batch in batches)
    t = trained(
        tmp_path, network_of(case, values), data, validation, epochs=1, batch_size=12, solver={"learning_rate": 0.01}
    )
    task, oracle, theta = task_of(t), LossOracle(t.cache.network), t.cache.final.theta
    objective = task.objective("error", oracle, theta)
    problem = CaseProblem(case, values)
    s = scale or 6 * np.median(problem.sample_losses(t.final, *t.validation_data))
    assert objective.scale == pytest.approx(s, rel=1e-5)
    expected = last_epoch.validation_gradient(
        problem, t.final, t.validation_data, slope=lambda loss: np.exp(-loss / s) / s
    )
    assert_close(task.validation_gradient(oracle, theta, objective), expected, 1e-4, FLOAT32)


def test_a_loop_over_single_rows_weighs_the_same(run):
    """The oracle weighs inside its batches; rows one at a time, weighted outside, are the same sum."""
    oracle, theta = LossOracle(run.cache.network), run.cache.final.theta
    rows = [run.validation.batch([row]) for row in range(len(run.validation))]
    losses = np.concatenate([oracle.sample_losses(theta, row, validation=True) for row in rows])
    gradients = np.array([oracle.mean_gradient(theta, [row], validation=True) for row in rows])
    for objective in (Objective("error"), Objective("error", 0.4)):
        expected = np.mean(objective.weights(losses)[:, None] * gradients, axis=0)
        found = task_of(run).validation_gradient(oracle, theta, objective)
        assert_close(found, expected, 1e-5, FLOAT32)


@pytest.mark.parametrize("name", METHODS)
def test_scores_are_the_mean_of_those_for_each_row_weighted_by_its_probability(run, name):
    """Every method is linear in the validation gradient, so rows can be asked one at a time and weighted by hand."""
    made, tolerance = METHODS[name]
    x, y = run.validation_data
    p = SoftmaxRegression(5, 3).probabilities(run.final, x)[np.arange(len(x)), y]
    of_rows = [
        made(objective="loss").estimate(run.cache, run.training, run.validation.subset([row])).values
        for row in range(len(x))
    ]
    found = made(objective="error").estimate(run.cache, run.training, run.validation)
    assert_close(found.values, p @ np.array(of_rows) / len(x), tolerance, FLOAT32)
    assert found.objective == Objective("error")
    whole = made(objective="loss").estimate(run.cache, run.training, run.validation)
    assert_close(whole.values, np.mean(of_rows, axis=0), tolerance, FLOAT32)
    assert whole.objective == LOSS


def test_last_epoch_is_the_reference_with_weighted_rows(run):
    expected = last_epoch.influence(
        SoftmaxRegression(5, 3),
        run.final,
        run.data,
        run.validation_data,
        run.steps(),
        slope=lambda loss: np.exp(-loss),
    )
    found = LastEpochInfluence(objective="error").estimate(run.cache, run.training, run.validation).values
    assert_close(found, expected, 1e-5, FLOAT32)


@pytest.mark.parametrize("made", [LastEpochInfluence, SgdInfluence])
def test_scores_are_changes_of_the_expected_error(run, made):
    """Leave-one-out of mean(1 - p): correlation and slope near 1, which the scores by ``loss`` do not have."""
    start = run.cache.checkpoint(run.cache.plan.steps - run.cache.plan.steps_per_epoch).theta.astype(float)
    truth = last_epoch.leave_one_out(
        SoftmaxRegression(5, 3), start, run.data, run.validation_data, run.steps(), bound=lambda loss: 1 - np.exp(-loss)
    )

    def agreement(objective):
        found = made(objective=objective).estimate(run.cache, run.training, run.validation).values
        return np.corrcoef(found, truth)[0, 1], np.polyfit(found, truth, 1)[0]

    correlation, slope = agreement("error")
    assert correlation >= 0.95 and 0.8 <= slope <= 1.25, (correlation, slope)
    assert agreement("loss")[0] < correlation - 0.02
