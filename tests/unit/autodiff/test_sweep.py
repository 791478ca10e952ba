"""Batches shared among workers: every method's scores are those of one process to the last bit."""

from functools import partial

import numpy as np
import pytest
from support import questions
from support.cases import case_named, draw_parameters, network_of
from support.problems import dataset

from nnabla_influence import estimators
from nnabla_influence.autodiff import HERE, LossOracle, MeanCurvature, sweeping
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.estimators.reused_work import ReusedWork
from nnabla_influence.estimators.sample_columns import WHOLE_COLUMNS
from nnabla_influence.execution import Execution
from nnabla_influence.network import Network
from nnabla_influence.training import FinalState, train

SHAPES = {"builtin:mlp": (5,), "builtin:cifarnet": (1, 8, 8)}  # the second with batch normalisation


def drawn(samples, seed, shape):
    random = np.random.RandomState(seed)
    return Dataset.from_arrays({"x": random.normal(size=(samples, *shape)), "y": random.randint(3, size=samples)})


@pytest.fixture(scope="module")
def two():
    """Two workers for all tests of this module."""
    with sweeping(Execution(workers=2)) as sweep:
        yield sweep


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """``trained(name)`` -> cache, training and validation data; batches of 6 and of 5 rows."""
    folder, made = tmp_path_factory.mktemp("trained"), {}

    def make(name):
        if name not in made:
            data, validation = drawn(23, 0, SHAPES[name]), drawn(11, 1, SHAPES[name])
            config = TrainingConfig(
                solver=SolverConfig(learning_rate=0.05), epochs=2, batch_size=6, policy="epochs", record_margins=True
            )
            cache = train(Network.builtin(name, SHAPES[name], 3), data, config, folder / f"{name[8:]}.h5")
            made[name] = cache, data, validation
        return made[name]

    return make


METHODS = [
    ("spectral", {"lanczos_steps": 3}),
    ("spectral", {"lanczos_steps": 2, "batch_norm": "frozen", "curvature": "hessian", "objective": "loss"}),
    ("last-epoch", {}),
    ("sgd-influence", {}),
    ("influence-function", {"iterations": 2, "inverse": "cg"}),
    ("tracin", {}),
    ("self-influence", {}),
    ("loss", {}),
    ("loss", {"batch_norm": "frozen"}),
    ("margin", {}),
    ("out-of-fold", {"folds": 3}),
    ("knn-shapley", {}),
    ("knn-shapley", {"features": "hidden"}),
    ("random", {}),
]


def test_every_method_is_compared():
    assert {method for method, _ in METHODS} == set(estimators.METHODS)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("method, settings", METHODS, ids=lambda value: str(value))
def test_the_scores_of_workers_are_those_of_one_process(two, trained, name, method, settings):
    estimator = estimators.METHODS[method](**settings)
    calls = {"here": [], "there": []}
    alone = estimator.estimate(*trained(name), lambda *call: calls["here"].append(call))
    shared = estimator.estimate(*trained(name), lambda *call: calls["there"].append(call), sweep=two)
    assert np.array_equal(shared.values, alone.values) and np.ptp(alone.values) > 0
    assert list(shared.columns) == list(alone.columns) and shared.facts == alone.facts
    assert all(np.array_equal(shared.columns[column], alone.columns[column]) for column in alone.columns)
    assert calls["there"][-1:] == calls["here"][-1:]


@pytest.mark.parametrize("name", SHAPES)
def test_losses_and_predictions_are_those_of_one_process(two, trained, name):
    cache, data, _ = trained(name)
    alone, shared = (estimators.sample_columns(cache, data, sweep=sweep) for sweep in (HERE, two))
    assert list(shared) == list(alone) and all(np.array_equal(shared[column], alone[column]) for column in alone)


def test_columns_that_a_scoring_comes_by_are_those_of_one_process(two):
    data = drawn(23, 0, (5,))
    network = Network.builtin("builtin:mlp", (5,), 3).initialized(0)
    training = FinalState(network, TrainingConfig(epochs=1, batch_size=6), 23)
    columns = []
    for sweep in (HERE, two):
        reused = ReusedWork()
        estimators.SpectralInfluence(lanczos_steps=2).estimate(training, data, data, sweep=sweep, reused=reused)
        assert WHOLE_COLUMNS in reused
        columns.append(estimators.sample_columns(training, data, sweep=sweep, reused=reused))
    alone, shared = columns
    assert list(shared) == ["predicted_label", "loss"] and np.ptp(alone["loss"]) > 0
    assert all(np.array_equal(shared[column], alone[column]) for column in alone)


def test_an_estimated_second_moment_is_that_of_one_process(two):
    data = drawn(23, 0, (5,))
    config = TrainingConfig(solver=SolverConfig("Adam", 0.01), epochs=1, batch_size=6)
    training = FinalState(Network.builtin("builtin:mlp", (5,), 3), config, 23)
    alone, shared = (
        estimators.SpectralInfluence(lanczos_steps=2).estimate(training, data, data, sweep=sweep)
        for sweep in (HERE, two)
    )
    assert np.array_equal(shared.values, alone.values)


def test_workers_decide_by_the_first_batch_and_direction_of_all(two):
    """However many rounds went by before a worker had its first batch."""
    data, network = drawn(23, 0, (5,)), Network.builtin("builtin:mlp", (5,), 3)
    alone, shared = LossOracle(network), LossOracle(network)
    for length in (1.0, 5.0, 9.0):
        question = partial(questions.first_norm, direction=np.full(3000, length))
        batches = [np.arange(3)] if length == 1.0 else list(np.array_split(np.arange(23), 12))
        here, there = (list(sweep.batches(o, question, data, batches)) for sweep, o in ((HERE, alone), (two, shared)))
        assert all(np.array_equal(a, b) for a, b in zip(here, there)) and len(here) == len(there)


def test_what_cannot_be_answered_is_raised_and_decides_nothing(two):
    data, oracle = drawn(23, 0, (5,)), LossOracle(Network.builtin("builtin:mlp", (5,), 3))
    batches = list(np.array_split(np.arange(23), 4))
    with pytest.raises(UnsupportedError, match="it rounds"):
        list(two.batches(oracle, questions.refuses_small_batches, data, batches))
    assert list(two.batches(oracle, questions.refuses_small_batches, data, [np.arange(6)] * 3)) == [6, 6, 6]


def test_auto_falls_back_to_the_hessian_in_workers_too(two, caplog):
    case = case_named("shared weights, two losses")
    network = network_of(case, draw_parameters(case))
    data = dataset(**case.draw_batch(7))
    caplog.set_level("INFO", logger="nnabla_influence")
    direction, batches = np.ones(network.space.size), [np.arange(4), np.arange(4, 7)]
    products = [
        MeanCurvature(LossOracle(network), network.theta, data, batches, "auto", sweep=sweep) @ direction
        for sweep in (HERE, two)
    ]
    assert np.array_equal(*products)
    assert caplog.text.count("the Hessian instead of Gauss-Newton") == 2


def test_data_in_the_data_cache_is_opened_by_workers_and_not_sent(two, tmp_path):
    rows = [f"{a},{b},{(a + b) % 3}" for a, b in np.random.RandomState(0).randint(9, size=(40, 2))]
    (tmp_path / "data.csv").write_text("\n".join(["x__0,x__1,y:label", *rows]) + "\n", encoding="utf-8")
    data = Dataset.from_csv(tmp_path / "data.csv", data_cache=tmp_path / "decoded")
    network = Network.builtin("builtin:mlp", (2,), 3)
    question = partial(LossOracle.sample_losses, theta=network.theta)
    batches = list(np.array_split(np.arange(40), 6))
    alone, shared = (list(sweep.batches(LossOracle(network), question, data, batches)) for sweep in (HERE, two))
    assert all(np.array_equal(a, b) for a, b in zip(alone, shared))
    assert data.without_table().table is None and data.table is not None


def test_one_worker_is_this_process():
    with sweeping(Execution()) as sweep:
        assert sweep is HERE
