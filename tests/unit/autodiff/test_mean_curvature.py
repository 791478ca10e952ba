"""The mean curvature as an operator: batches by their size, decay on the diagonal, subsets by a seed."""

import logging

import numpy as np
import pytest
from support.cases import case_named, draw_parameters, exact_hessian, network_of
from support.comparison import assert_close, relative_error
from support.problems import dataset

from nnabla_influence.autodiff import LossOracle, MeanCurvature, drawn_batches
from nnabla_influence.choices import CURVATURES
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import ConfigError, UnsupportedError

SAMPLES = 11
CASE = case_named("affine")  # linear up to the loss, so that Hessian and Gauss-Newton matrix are the same
TOLERANCES = {
    "hessian": (1e-5, "float32 (6e-8 per operation), a few dozen accumulations"),
    "ggn": (1e-2, "a central difference of float32 outputs"),
    "auto": (1e-2, "Gauss-Newton, since the loss has it"),
}
every_kind = pytest.mark.parametrize("kind", CURVATURES)


@pytest.fixture
def setting():
    """``setting(batches, ...)`` -> the operator; its oracle, data and a direction as attributes."""

    class Setting:
        values = draw_parameters(CASE)
        batch = CASE.draw_batch(SAMPLES, seed=3)
        oracle = LossOracle(network_of(CASE, values))
        direction = np.random.RandomState(1).normal(size=oracle.space.size)

        def __call__(self, batches, **options):
            return MeanCurvature(self.oracle, self.oracle.network.theta, dataset(**self.batch), batches, **options)

        def dense(self, rows=slice(None)):
            batch = {name: array[rows] for name, array in self.batch.items()}
            return exact_hessian(CASE, self.values, self.oracle.network.theta, batch)

    return Setting()


@every_kind
def test_the_product_is_that_of_the_mean_over_samples(setting, kind):
    """Batches of 7, 3 and 1 count by their sizes."""
    operator = setting(np.split(np.arange(SAMPLES), (7, 10)), kind=kind)
    assert_close(operator @ setting.direction, setting.dense() @ setting.direction, *TOLERANCES[kind])
    assert operator.size == setting.oracle.space.size


@every_kind
def test_a_batch_alone_is_another_matrix(setting, kind):
    for rows in np.split(np.arange(SAMPLES), (7, 10)):
        found, expected = setting([rows], kind=kind) @ setting.direction, setting.dense(rows) @ setting.direction
        assert_close(found, expected, *TOLERANCES[kind])
        assert relative_error(expected, setting.dense() @ setting.direction) > 0.02


@every_kind
def test_decay_is_added_to_the_diagonal_once(setting, kind):
    parts = np.split(np.arange(SAMPLES), (6,))
    plain, decayed = (setting(parts, kind=kind, decay=decay) @ setting.direction for decay in (0.0, 0.7))
    assert_close(decayed - plain, 0.7 * setting.direction, 1e-6, "the same products")


@every_kind
def test_the_same_product_gives_the_same_bits(setting, kind):
    operator = setting(np.split(np.arange(SAMPLES), (6,)), kind=kind)
    first = operator @ setting.direction
    operator @ (setting.direction + 1)
    assert np.array_equal(operator @ setting.direction, first)


def test_auto_falls_back_to_the_hessian_and_says_why(caplog):
    case = case_named("shared weights, two losses")
    oracle, batch = LossOracle(network_of(case, draw_parameters(case))), case.draw_batch(3)
    theta, data, direction = oracle.network.theta, dataset(**batch), np.ones(oracle.space.size)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        product = MeanCurvature(oracle, theta, data, [np.arange(3)], "auto") @ direction
    assert np.array_equal(product, MeanCurvature(oracle, theta, data, [np.arange(3)], "hessian") @ direction)
    record = next(record for record in caplog.records if "instead of Gauss-Newton" in record.message)
    assert "PowScalar" in record.message and "--" not in record.message
    assert record.remedy.said(IN_COMMANDS) == "Use --curvature hessian."


def test_auto_decides_by_every_size_of_batch_before_it_uses_any(setting, monkeypatch, caplog):
    """A later, smaller batch has a graph of its own, whose check may fail when Krylov steps are under way."""
    plain = setting.oracle.gauss_newton

    def refusing_two_rows(theta, batch, vector):
        if len(next(iter(batch.values()))) == 2:
            raise UnsupportedError("it rounds")
        return plain(theta, batch, vector)

    monkeypatch.setattr(setting.oracle, "gauss_newton", refusing_two_rows)
    batches = [np.arange(3), np.arange(3, 5)]
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        product = setting(batches, kind="auto") @ setting.direction
    assert "the Hessian instead of Gauss-Newton" in caplog.text
    assert np.array_equal(product, setting(batches, kind="hessian") @ setting.direction)


def test_another_kind_is_refused(setting):
    with pytest.raises(ConfigError, match="auto, ggn, hessian, not 'fisher'"):
        setting([np.arange(SAMPLES)], kind="fisher")


def test_drawn_batches_are_a_random_subset_in_batches_of_the_trainings_size():
    batches = drawn_batches(100, 8, 30, seed=4)
    rows = np.concatenate(batches)
    assert len(rows) == len(set(rows)) == 30 and set(rows) < set(range(100))
    assert max(map(len, batches)) <= 8 and max(map(len, batches)) - min(map(len, batches)) <= 1
    again, other = (np.concatenate(drawn_batches(100, 8, 30, seed)) for seed in (4, 5))
    assert np.array_equal(rows, again) and not np.array_equal(rows, other)


@pytest.mark.parametrize("subset", [None, 100, 5000])
def test_without_a_smaller_subset_all_rows_are_drawn(subset):
    rows = np.concatenate(drawn_batches(100, 8, subset, seed=4))
    assert sorted(rows) == list(range(100)) and list(rows) != sorted(rows)
