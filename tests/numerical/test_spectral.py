"""Order-averaged influence: the average of last-epoch over random orders, from the final parameters and few products.

The formula takes the mean curvature in every step. Drawn without replacement, the steps after a sample's own are a
little flatter along its gradient than the mean (its own curvature is missing), so the average comes out a few per cent
larger than the formula, the less the more batches an epoch has. Measured (42 samples, batches of 6, softmax
regression): correlation .9999 / .9993 / .997 and slope 1.02 / 1.05 / 1.06 at learning rates .1 / .3 / .6, where a
single order correlates .99 / .96 / .89.

Momentum counts as the rate eta / (1 - m), which a velocity that starts at zero reaches only after 1 / (1 - m) steps.
Measured with 7 steps an epoch: correlation .992 and slope .81 at m = .8 over one epoch, .999 and .99 over ten.
"""

import logging
from dataclasses import replace

import numpy as np
import pytest
from reference import last_epoch
from reference.softmax_regression import SoftmaxRegression
from support.cases import case_named, draw_parameters, network_of
from support.comparison import assert_close, relative_error
from support.problems import Trained, dataset, overlapping_classes, softmax_network, trained

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import ScheduleConfig, SolverConfig
from nnabla_influence.errors import ConfigError
from nnabla_influence.estimators import LastEpochInfluence, SpectralInfluence
from nnabla_influence.training import FinalState

SAMPLES, BATCH, RATE = 42, 6, 0.3
P = 18  # parameters, hence Lanczos steps after which f(G) g is exact
PROBLEM = SoftmaxRegression(5, 3)
MEASURED = logging.getLogger("measured")  # shown with --log-cli-level=INFO
ADAM = SolverConfig("Adam", 0.02, {"beta1": 0.8, "beta2": 0.95, "eps": 1e-6})


class Reordered(FinalState):
    """The end of a run, the solver's state included, with the last epoch of another seed or solver."""

    def __init__(self, cache, **changes):
        super().__init__(cache.network, replace(cache.config, **changes), SAMPLES)
        self._end = cache.final

    @property
    def final(self):
        return replace(self._end, step=self.plan.steps)


@pytest.fixture(scope="module")
def t(tmp_path_factory) -> Trained:
    return _run(tmp_path_factory.mktemp("convex"), {"learning_rate": RATE})


@pytest.fixture(scope="module")
def adam(tmp_path_factory) -> Trained:
    return _run(tmp_path_factory.mktemp("adam"), vars(ADAM))


def _run(folder, solver):
    data, validation = dataset(*overlapping_classes(SAMPLES, 0)), dataset(*overlapping_classes(50, 1))
    return trained(
        folder, softmax_network(5), data, validation, epochs=20, batch_size=BATCH, seed=3, solver=dict(solver)
    )


def scores(t, estimator, cache):
    return estimator.estimate(cache, t.training, t.validation).values


def spectral(t, cache=None, **options):
    """By default with the Hessian of all samples and enough steps to be exact."""
    options = {"curvature": "hessian", "subset": None, "lanczos_steps": P, **options}
    return scores(t, SpectralInfluence(objective="loss", **options), cache or t.cache)


def average_over_orders(t, orders, **changes):
    """The mean of the package's last-epoch over random orders."""
    caches = (Reordered(t.cache, seed=seed, **changes) for seed in range(orders))
    return np.mean([scores(t, LastEpochInfluence(objective="loss"), cache) for cache in caches], axis=0)


def reference_average(t, orders, epochs, rate, **solver):
    """The mean of the reference's recursion over so many epochs, at the final parameters."""
    found = []
    for seed in range(orders):
        random = np.random.RandomState(seed)
        steps = [
            ([rows], rate)
            for _ in range(epochs)
            for rows in np.array_split(random.permutation(SAMPLES), SAMPLES // BATCH)
        ]
        found.append(last_epoch.influence(PROBLEM, t.final, t.data, t.validation_data, steps, **solver))
    return np.mean(found, axis=0)


def agreement(estimate, average):
    """Correlation, and slope of the average on the estimate."""
    return np.corrcoef(estimate, average)[0, 1], np.polyfit(estimate, average, 1)[0]


def test_it_is_the_average_of_last_epoch_over_random_orders(t):
    average, estimate = average_over_orders(t, 200), spectral(t)
    correlation, slope = agreement(estimate, average)
    one = agreement(scores(t, LastEpochInfluence(objective="loss"), t.cache), average)[0]
    MEASURED.info("correlation %.5f, slope %.3f; a single order %.3f", correlation, slope, one)
    assert correlation >= 0.99 and 0.95 <= slope <= 1.1
    assert one < correlation - 0.01, "a single order is an accident"


@pytest.mark.parametrize("epochs", [2, 5])
def test_a_horizon_is_a_longer_recursion(t, epochs):
    average = reference_average(t, 20, epochs, RATE)
    correlation, slope = agreement(spectral(t, horizon=epochs), average)
    assert correlation >= 0.99 and 0.95 <= slope <= 1.1, (correlation, slope)
    assert not 0.95 <= agreement(spectral(t), average)[1] <= 1.1, "one epoch is another number"


@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_it_follows_the_learning_rate(t, rate):
    """Longer steps forget more; nothing of ours replaces the run's own rate."""
    solver = SolverConfig(learning_rate=rate)
    average = reference_average(t, 200, 1, rate)
    correlation, slope = agreement(spectral(t, Reordered(t.cache, solver=solver)), average)
    assert correlation >= 0.99 and 0.95 <= slope <= 1.1, (correlation, slope)


def test_a_schedule_counts_with_its_mean_over_the_horizon(t):
    falling = SolverConfig(learning_rate=RATE, schedule=ScheduleConfig("Exponential", {"gamma": 0.9}))
    plan = Reordered(t.cache, solver=falling).plan
    last = [step.learning_rate for step in plan.epoch(19)]
    constant = SolverConfig(learning_rate=float(np.mean(last)))
    found, expected = (spectral(t, Reordered(t.cache, solver=solver)) for solver in (falling, constant))
    assert_close(found, expected, 1e-6, "the same numbers")
    assert max(last) < 0.1 * RATE


@pytest.mark.parametrize(
    "solver",
    [
        SolverConfig(learning_rate=RATE, weight_decay=0.2),
        SolverConfig(learning_rate=RATE / 2, update_interval=2),
        SolverConfig(learning_rate=RATE / 3, update_interval=3, weight_decay=2.0),
        SolverConfig("SgdW", RATE, {"momentum": 0.0, "wd": 0.1}),
        SolverConfig("SgdW", RATE, {"momentum": 0.0, "wd": 0.0}, weight_decay=0.1),
    ],
    ids=["weight decay", "two batches a step", "three batches and decay", "SgdW", "SgdW, decay given"],
)
def test_weight_decay_and_steps_of_several_batches(t, solver):
    correlation, slope = agreement(
        spectral(t, Reordered(t.cache, solver=solver)), average_over_orders(t, 25, solver=solver)
    )
    assert correlation >= 0.99 and 0.95 <= slope <= 1.15, (correlation, slope)


@pytest.mark.parametrize("epochs, slopes", [(1, (0.7, 0.9)), (10, (0.95, 1.05))])
def test_momentum_is_the_rate_of_a_steady_gradient(t, epochs, slopes):
    """The order is right in any case; the size is, once the horizon is long beside 1 / (1 - m) steps."""
    solver = SolverConfig("Momentum", 0.06, {"momentum": 0.8})
    average = reference_average(t, 15, epochs, 0.06, momentum=0.8)
    correlation, slope = agreement(spectral(t, Reordered(t.cache, solver=solver), horizon=epochs), average)
    MEASURED.info("momentum .8, %d epochs: correlation %.4f, slope %.3f", epochs, correlation, slope)
    assert correlation >= 0.98 and slopes[0] <= slope <= slopes[1], (correlation, slope)


def test_adam_moves_along_its_second_moment(adam):
    """Against the average over orders with the moment in the cache, and with the moment estimated from the data."""
    average = average_over_orders(adam, 40)
    in_cache = spectral(adam)
    estimated = spectral(adam, FinalState(adam.cache.network, adam.cache.config, SAMPLES))
    as_sgd = spectral(adam, Reordered(adam.cache, solver=SolverConfig(learning_rate=0.02)))
    found = [agreement(values, average) for values in (in_cache, estimated, as_sgd)]
    MEASURED.info("Adam: in cache %s, estimated %s, as SGD %s", *found)
    # Its first moment is a velocity, too: one epoch of 7 steps is short for it (see above).
    assert found[0][0] >= 0.98 and found[1][0] >= 0.95 and all(0.5 < slope < 0.9 for _, slope in found[:2])
    assert found[2][0] < found[0][0] and not 0.5 < found[2][1] < 2, "the preconditioner matters"


def test_the_log_says_that_a_second_moment_is_estimated(adam, caplog):
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        spectral(adam)
        assert not any("estimated" in line for line in caplog.messages)
        spectral(adam, FinalState(adam.cache.network, adam.cache.config, SAMPLES))
    assert any("Adam" in line and "estimated" in line for line in caplog.messages)


def test_gauss_newton_and_hessian_agree_where_they_are_the_same_matrix(t):
    found = spectral(t, curvature="ggn")
    assert_close(found, spectral(t), 1e-2, "central differences of the outputs")


def test_on_a_perceptron_they_differ_and_negative_curvature_is_confessed(tmp_path, caplog):
    case = case_named("affine + ReLU")
    data, validation = dataset(*overlapping_classes(SAMPLES, 0)), dataset(*overlapping_classes(50, 1))
    network = network_of(case, draw_parameters(case, seed=4))
    t = trained(tmp_path, network, data, validation, epochs=5, batch_size=BATCH, solver={"learning_rate": RATE})
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        ggn = spectral(t, curvature="ggn")
        assert not any("negative Ritz values" in line for line in caplog.messages)
        hessian = spectral(t, lanczos_steps=30)
    assert any("negative Ritz values" in line for line in caplog.messages)
    assert relative_error(ggn, hessian) > 1e-2


def advised(record):
    remedy = getattr(record, "remedy", None)
    return remedy is not None and remedy.said(IN_COMMANDS) == "; more --lanczos-steps sharpen it"


def test_few_steps_suffice_and_too_few_are_confessed(t, caplog):
    exact = spectral(t, curvature="ggn", horizon=20)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        rough = spectral(t, curvature="ggn", horizon=20, lanczos_steps=2)
        assert any(advised(record) for record in caplog.records)
        caplog.clear()
        eight = spectral(t, curvature="ggn", horizon=20, lanczos_steps=8)
        assert not any(advised(record) for record in caplog.records)
    assert_close(eight, exact, 2e-2, "8 of 18 Lanczos steps")
    assert relative_error(rough, exact) > 5e-2


def test_the_subset_is_drawn_by_the_seed(t):
    draws = [spectral(t, subset=12, seed=seed) for seed in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1]) and not np.array_equal(draws[0], draws[2])
    assert np.corrcoef(draws[0], spectral(t))[0, 1] > 0.9


def test_without_a_subset_the_seed_does_not_matter(t):
    assert_close(spectral(t, seed=1), spectral(t, seed=2), 1e-5, "the same matrix, summed in another order")


def test_the_order_of_the_last_epoch_does_not_matter(t):
    """Unlike last-epoch: nothing but the batches in which products are taken depends on it."""
    first, other = (spectral(t, Reordered(t.cache, seed=seed)) for seed in (5, 6))
    assert_close(first, other, 1e-5, "float32")
    orders = [scores(t, LastEpochInfluence(objective="loss"), Reordered(t.cache, seed=seed)) for seed in (5, 6)]
    assert relative_error(*orders) > 0.1


@pytest.mark.parametrize(
    "options, word", [({"curvature": "fisher"}, "fisher"), ({"lanczos_steps": 0}, "0"), ({"horizon": 0}, "0")]
)
def test_impossible_settings_are_refused(options, word):
    with pytest.raises(ConfigError, match=word):
        SpectralInfluence(objective="loss", **options)
