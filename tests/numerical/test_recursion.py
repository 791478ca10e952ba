"""Training and the last-epoch estimator against plain loops in float64, step by step."""

import numpy as np
import pytest
from reference import last_epoch, layers
from reference.perceptron import Perceptron
from reference.softmax_regression import SoftmaxRegression
from support.cases import CASES, case_named, draw_parameters, network_of
from support.comparison import assert_close, relative_error
from support.problems import CaseProblem, dataset, overlapping_classes, trained

from nnabla_influence.errors import ConfigError, DivergenceError
from nnabla_influence.estimators import LastEpochInfluence

ONE_EPOCH = "float32 gradients and Hessian products (1e-6 each) over a handful of steps"
TRAINING = "float32 parameters, rounded at each of a few dozen steps"

PROBLEMS = {
    "softmax regression": ("affine", SoftmaxRegression(5, 3)),
    "perceptron": ("affine + ReLU", Perceptron(5, 6, 3)),
}
SOLVERS = {
    "plain": {},
    "weight decay": {"weight_decay": 0.05},
    "two batches a step": {"update_interval": 2},
    "momentum": {"name": "Momentum", "parameters": {"momentum": 0.8}, "learning_rate": 0.1},
}
every_problem = pytest.mark.parametrize("name", sorted(PROBLEMS))
every_solver = pytest.mark.parametrize("solver", sorted(SOLVERS))


@pytest.fixture
def setting(tmp_path):
    """``setting(name, ...)``: the problem and a training of 3 epochs on 23 samples, batches of 5 and 4."""

    def make(name="softmax regression", solver="plain", learning_rate=0.3, epochs=3, **options):
        case_name, problem = PROBLEMS[name]
        case = case_named(case_name)
        network = network_of(case, draw_parameters(case, seed=4))
        data, validation = (dataset(*overlapping_classes(n, seed)) for n, seed in ((23, 0), (17, 1)))
        options = dict({"batch_size": 5, "seed": 7}, **options)
        rule = dict({"name": "Sgd", "learning_rate": learning_rate}, **SOLVERS[solver])
        return problem, trained(tmp_path, network, data, validation, solver=rule, epochs=epochs, **options)

    return make


def numpy_solver(solver):
    """The solver's settings as the reference calls them."""
    rule = SOLVERS[solver]
    return {"decay": rule.get("weight_decay", 0.0), "momentum": rule.get("parameters", {}).get("momentum", 0.0)}


def scores(t, validation=None, **options):
    estimator = LastEpochInfluence(objective="loss", **options)
    return estimator.estimate(t.cache, t.training, validation or t.validation).values


@every_solver
@every_problem
def test_training_equals_the_plain_loop(setting, name, solver):
    problem, t = setting(name, solver)
    expected = last_epoch.train(problem, t.network.theta, t.data, t.steps("all"), **numpy_solver(solver))
    assert_close(t.final, expected, 1e-5, TRAINING)
    assert relative_error(t.network.theta, expected) > 0.1, "training must have moved the parameters"


@pytest.mark.parametrize("recursion", ["corrected", "published"])
@every_solver
@every_problem
def test_estimator_equals_the_recursion(setting, name, solver, recursion):
    problem, t = setting(name, solver)
    rule = numpy_solver(solver)
    expected = last_epoch.influence(problem, t.final, t.data, t.validation_data, t.steps(), recursion, **rule)
    assert_close(scores(t, recursion=recursion), expected, 1e-5, ONE_EPOCH)


@pytest.mark.parametrize("case", [c for c in CASES if c.name != "two batch norms, frozen"], ids=str)
def test_estimator_equals_the_recursion_for_every_network(tmp_path, case):
    """Derivatives by complex steps. One batch holds all the data where statistics are refreshed (`frozen`)."""
    frozen = case.name == "batch norm, frozen"
    network = network_of(case, draw_parameters(case))
    data, validation = (case.draw_batch(n, seed) for n, seed in ((11, 1), (7, 2)))
    t = trained(
        tmp_path,
        network,
        dataset(**data),
        dataset(**validation),
        epochs=2,
        batch_size=11 if frozen else 4,
        solver={"learning_rate": 0.05},
    )
    values = parameters_after(t)
    if frozen:
        values.update(statistics_of(data["x"], values))
    expected = np.zeros(11)
    problem = CaseProblem(case, values)
    # The estimator cuts the validation data into batches as large as those of training; with batch statistics
    # the cut matters, so the reference is given the same ones.
    parts = np.array_split(np.arange(7), 1 if frozen else 2)
    for part in parts:
        chosen = validation["x"][part].astype(float), validation["y"][part].astype(float)
        expected += (
            len(part)
            / 7
            * last_epoch.influence(
                problem, t.final, (data["x"].astype(float), data["y"].astype(float)), chosen, t.steps()
            )
        )
    assert_close(scores(t, batch_norm=case.batch_norm), expected, 2e-5, ONE_EPOCH)


def parameters_after(t):
    network = t.cache.network
    return dict(network.space.unflatten(network.theta), **network.statistics.unflatten(network.statistics_values))


def statistics_of(x, values):
    """Mean and unbiased variance of the convolution's output over all the data."""
    h = layers.convolution(x.astype(float), values["conv/conv/W"], values["conv/conv/b"])
    return {"norm/bn/mean": h.mean((0, 2, 3), keepdims=True), "norm/bn/var": h.var((0, 2, 3), keepdims=True, ddof=1)}


def test_every_validation_batch_counts(setting):
    """Scores are linear in the validation gradient: those of all samples are the mean of those of two parts."""
    _, t = setting()
    whole = t.validation.batch(np.arange(17))
    parts = [dataset(whole["x"][rows], whole["y"][rows]) for rows in (slice(0, 12), slice(12, 17))]
    first, last = (scores(t, validation=part) for part in parts)
    assert_close(scores(t), (12 * first + 5 * last) / 17, 1e-5, ONE_EPOCH)
    assert relative_error(last, scores(t)) > 0.05 and relative_error(first, scores(t)) > 0.05


def test_duplicated_validation_data_change_nothing(setting):
    _, t = setting()
    whole = t.validation.batch(np.tile(np.arange(17), 3))
    assert_close(scores(t, validation=dataset(**whole)), scores(t), 1e-5, ONE_EPOCH)


def test_a_duplicated_training_sample_gets_the_same_score_in_the_same_batch(setting, tmp_path):
    _, t = setting()
    whole = t.training.batch(np.r_[np.arange(23), np.arange(23)])
    twice = trained(
        tmp_path / "twice",
        t.network,
        dataset(**whole),
        t.validation,
        batch_size=46,
        epochs=1,
        solver={"learning_rate": 0.3},
    )
    values = scores(twice)
    assert_close(values[:23], values[23:], 1e-6, "the same sums in another order")


def test_scores_are_reproducible_bit_by_bit(setting):
    _, t = setting()
    assert np.array_equal(scores(t), scores(t))


def test_scoring_changes_neither_cache_nor_network(setting):
    _, t = setting("perceptron")
    watched = [t.cache.final.theta, t.cache.network.theta, t.cache.network.statistics_values]
    copies = [np.array(a) for a in watched]
    scores(t)
    assert all(np.array_equal(a, b) for a, b in zip(watched, copies))


def test_the_checkpoint_before_the_last_epoch_leads_to_the_final_parameters(setting):
    problem, t = setting()
    assert_close(t.final, last_epoch.train(problem, t.start, t.data, t.steps()), 1e-6, "five float32 steps")
    assert relative_error(t.start, t.final) > 1e-3


def test_checkpoints_do_not_alias_live_parameters(setting, tmp_path):
    """In the published code every checkpoint of a bundle was the same array."""
    _, t = setting()
    every = every_step(t, tmp_path)
    thetas = [every.checkpoint(step).theta for step in every.kept]
    assert len(thetas) == every.plan.steps + 1
    assert all(not np.array_equal(a, b) for a, b in zip(thetas, thetas[1:]))
    assert np.array_equal(thetas[0], t.network.theta)
    assert np.array_equal(thetas[-1], t.cache.final.theta), "the policy must not change the training"


def every_step(t, folder):
    from dataclasses import replace

    from nnabla_influence.training import train

    return train(t.network, t.training, replace(t.cache.config, policy="every-step"), folder / "every.h5")


def test_l2_does_not_grow_with_the_number_of_samples(setting):
    """Weight decay is part of a step's gradient once; in the published code every sample added it again."""
    problem, t = setting(solver="weight decay")
    expected = last_epoch.influence(problem, t.final, t.data, t.validation_data, t.steps(), decay=0.05)
    ignored = last_epoch.influence(problem, t.final, t.data, t.validation_data, t.steps(), decay=0.0)
    repeated = last_epoch.influence(problem, t.final, t.data, t.validation_data, t.steps(), decay=0.05 * 5)
    assert_close(scores(t), expected, 1e-5, ONE_EPOCH)
    assert min(relative_error(ignored, expected), relative_error(repeated, expected)) > 1e-3


def test_too_large_a_learning_rate_is_reported_not_scored(tmp_path):
    """Softmax gradients are bounded, so training survives a rate of 10; the recursion does not."""
    case, problem = case_named("affine"), SoftmaxRegression(5, 3)
    data, validation = (dataset(*overlapping_classes(60, seed, flipped=0.4)) for seed in (0, 1))
    t = trained(
        tmp_path,
        network_of(case, draw_parameters(case, seed=4)),
        data,
        validation,
        epochs=1,
        batch_size=5,
        seed=7,
        solver={"learning_rate": 10.0},
    )
    assert growth_of_u(problem, t) > 100, "the premise of this test"
    with pytest.raises(DivergenceError, match=r"(?s)eigenvalue.*learning.?rate"):
        scores(t)


def growth_of_u(problem, t):
    """Largest |u| on the way back, relative to the validation gradient."""
    u = problem.sample_gradients(t.final, *t.validation_data).mean(0)
    sizes = [np.linalg.norm(u)]
    for batches, rate in reversed(t.steps()):
        u = u - rate * sum(problem.hessian(t.final, t.data[0][b], t.data[1][b]) for b in batches) @ u
        sizes.append(np.linalg.norm(u))
    return max(sizes) / sizes[0]


def test_training_that_blows_up_is_reported(tmp_path):
    case = case_named("regression")
    network = network_of(case, draw_parameters(case))
    data = case.draw_batch(20)
    options = {"epochs": 40, "batch_size": 5}
    with pytest.raises(DivergenceError, match=r"(?s)loss.*learning rate"):
        trained(tmp_path, network, dataset(**data), dataset(**data), solver={"learning_rate": 1e4}, **options)
    # The advice in the message can be followed: nothing of the failed run stands in the way.
    trained(tmp_path, network, dataset(**data), dataset(**data), solver={"learning_rate": 0.01}, **options)


@pytest.mark.parametrize("options", [{"recursion": "other"}, {"batch_norm": "other"}])
def test_impossible_settings_are_refused(setting, options):
    _, t = setting()
    with pytest.raises(ConfigError, match="other"):
        scores(t, **options)
