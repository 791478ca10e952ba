"""LiSSA against dense solves, and its confessions where it must fail."""

import numpy as np
import pytest
import scipy.linalg
from support.comparison import assert_close

from nnabla_influence.errors import ConfigError, DivergenceError
from nnabla_influence.linalg import FunctionOperator, LissaSettings, Status, lissa


def batch_hessians(batches=8, size=10, spread=0.1, seed=0):
    """Positive semi-definite Hessians (batches, P, P) that differ a little, and a right-hand side."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(3 * size, size))
    rows = common + spread * rng.normal(size=(batches, 3 * size, size))
    return rows.transpose(0, 2, 1) @ rows / (3 * size), rng.normal(size=size)


def run(hessians, b, exact=True, progress=None, **settings):
    operator = FunctionOperator(len(b), hessians.mean(axis=0).dot) if exact else None
    plan = LissaSettings(**{"scale": 5.0, "damping": 0.1, "depth": 400, "batches": len(hessians), **settings})
    return lissa(lambda t, v: hessians[t] @ v, b, plan, operator, progress)


def damped_solve(hessians, b, damping=0.1):
    return scipy.linalg.solve(hessians.mean(axis=0) + damping * np.eye(len(b)), b)


@pytest.mark.parametrize("scale, damping", [(5.0, 0.1), (20.0, 1.0)])
def test_lissa_with_one_batch_equals_a_dense_solve(scale, damping):
    """Damping means what it says, whatever the scale."""
    hessians, b = batch_hessians(batches=1)
    found = run(hessians, b, scale=scale, damping=damping, tolerance=1e-9)
    assert found.ok and found.iterations == 400
    assert_close(found.value, damped_solve(hessians, b, damping), 1e-7, "the series has converged to rounding")


@pytest.mark.parametrize("exact", [True, False])
def test_lissa_with_random_batches_comes_near(exact):
    hessians, b = batch_hessians(spread=0.02)
    found = run(hessians, b, exact, repeats=4, tolerance=0.05)
    assert found.ok and found.iterations == 1600
    assert_close(found.value, damped_solve(hessians, b), 0.05, "noise of the batches, seen in the residual")


def test_the_estimated_residual_is_near_the_exact_one_or_above():
    hessians, b = batch_hessians()
    for repeats in (1, 8):
        estimated, exact = (run(hessians, b, exact, repeats=repeats).residual for exact in (False, True))
        assert 0.5 * exact < estimated < 20 * exact


def test_repeats_lower_the_noise():
    hessians, b = batch_hessians(spread=0.3)
    errors = [np.linalg.norm(run(hessians, b, repeats=n).value - damped_solve(hessians, b)) for n in (1, 64)]
    assert errors[1] < 0.7 * errors[0]


@pytest.mark.parametrize("exact", [True, False])
def test_a_scale_below_the_largest_eigenvalue_diverges_and_names_a_better_one(exact):
    hessians, b = batch_hessians()
    largest = max(np.linalg.eigvalsh(h)[-1] for h in hessians) + 0.1
    found = run(hessians, b, exact, scale=0.3 * largest)
    assert found.status is Status.DIVERGED and found.iterations < 400
    assert np.isfinite(found.value).all() and found.residual > 1
    named = float(found.advice.split("at least ")[1].split(",")[0])
    assert (
        0.8 * largest < named <= 1.01 * largest
        and run(hessians, b, scale=1.3 * named, depth=1000, repeats=4, tolerance=0.2).ok
    )


def test_too_shallow_a_run_says_so():
    hessians, b = batch_hessians()
    for exact in (True, False):
        found = run(hessians, b, exact, depth=5)
        assert found.status is Status.MAX_ITERATIONS and found.residual > 0.1
        assert "raise the depth from 5" in found.advice


@pytest.mark.parametrize("depth", [60, 2000])
@pytest.mark.parametrize("exact", [True, False])
def test_lissa_names_negative_curvature_before_and_after_it_explodes(depth, exact):
    hessians, b = batch_hessians()
    values, vectors = np.linalg.eigh(hessians.mean(axis=0))
    found = run(hessians - (values[0] + 0.5) * np.outer(vectors[:, 0], vectors[:, 0]), b, exact, depth=depth)
    assert found.status is Status.NEGATIVE_CURVATURE and "raise the damping above 0." in found.advice


@pytest.mark.parametrize("seed", range(4))
def test_negative_curvature_of_a_single_batch_is_not_blamed_on_the_whole(seed):
    found = run(np.array([[[3.0]], [[-1.0]]]), np.ones(1), depth=3, seed=seed, tolerance=1e-6)
    assert found.status is Status.MAX_ITERATIONS


def test_a_batch_whose_product_is_not_finite_ends_the_run():
    hessians, b = batch_hessians()
    hessians[3] = np.nan
    found = run(hessians, b, exact=False)
    assert not found.ok and np.isfinite(found.value).all()


def test_lissa_with_a_single_parameter():
    found = run(np.full((1, 1, 1), 2.0), np.array([3.0]), tolerance=1e-9)
    assert found.ok and found.value == pytest.approx(3 / 2.1)


def test_lissa_with_a_zero_right_hand_side():
    found = run(batch_hessians()[0], np.zeros(10))
    assert found.ok and found.iterations == 0 and not found.value.any()


def test_the_order_is_random_seeded_and_uses_every_batch_equally():
    plan = LissaSettings(scale=1, damping=0, depth=10, batches=4, repeats=2, seed=3)
    order = plan.order()
    assert order.shape == (2, 10)
    np.testing.assert_array_equal(np.bincount(order.ravel()), [5, 5, 5, 5])
    np.testing.assert_array_equal(order, plan.order())
    assert (order != LissaSettings(scale=1, damping=0, depth=10, batches=4, repeats=2, seed=4).order()).any()


def test_lissa_twice_is_the_same_twice():
    hessians, b = batch_hessians()
    np.testing.assert_array_equal(run(hessians, b, repeats=2).value, run(hessians, b, repeats=2).value)
    assert (run(hessians, b).value != run(hessians, b, seed=1).value).any()


def test_lissa_counts_the_steps_of_all_repeats():
    seen = []
    run(*batch_hessians(), depth=3, repeats=2, progress=lambda done, most: seen.append((done, most)))
    assert seen == [(k, 6) for k in range(1, 7)]


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"scale": 0}, "scale .* not 0"),
        ({"scale": 0.05}, "above the damping 0.1"),
        ({"scale": float("inf")}, "scale"),
        ({"damping": -1}, "damping .* not -1"),
        ({"depth": 0}, "depth should be at least 1"),
        ({"batches": 0}, "batches should be at least 1"),
        ({"repeats": 0}, "repeats should be at least 1"),
        ({"tolerance": 2}, "tolerance .* 2"),
    ],
)
def test_lissa_refuses_nonsense(settings, message):
    with pytest.raises(ConfigError, match=message):
        LissaSettings(**{"scale": 5.0, "damping": 0.1, "depth": 10, "batches": 1, **settings})


def test_lissa_refuses_products_of_another_shape():
    with pytest.raises(ConfigError, match=r"product .* \(3,\) .* not \(2,\)"):
        lissa(lambda t, v: v[:2], np.ones(3), LissaSettings(1.0, 0.0, 5, 1))
    with pytest.raises(DivergenceError, match="right-hand side"):
        lissa(lambda t, v: v, np.array([np.nan]), LissaSettings(1.0, 0.0, 5, 1))
