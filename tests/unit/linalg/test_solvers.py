"""Conjugate gradients and LiSSA against dense solves, and their confessions where they must fail."""

import numpy as np
import pytest
import scipy.linalg
from comparison import assert_close

from nnabla_influence.errors import ConfigError, DivergenceError
from nnabla_influence.linalg import FunctionOperator, LissaSettings, Shifted, Status, conjugate_gradient, lissa


def with_eigenvalues(eigenvalues, seed=0):
    """A symmetric matrix with random eigenvectors, and a random right-hand side."""
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.normal(size=(len(eigenvalues),) * 2))
    return (basis * eigenvalues) @ basis.T, rng.normal(size=len(eigenvalues))


def solve(matrix, b, **settings):
    return conjugate_gradient(FunctionOperator(len(b), np.asarray(matrix).dot), b, **settings)


def true_residual(matrix, x, b):
    return np.linalg.norm(b - matrix @ x) / np.linalg.norm(b)


# ---------------------------------------------------------------------------------------------- conjugate gradients


@pytest.mark.parametrize("condition", [1.0, 10.0, 1e3])
def test_conjugate_gradient_equals_a_dense_solve(condition):
    matrix, b = with_eigenvalues(np.geomspace(1, condition, 30))
    found = solve(matrix, b, tolerance=1e-10)
    assert found.ok and found.status is Status.CONVERGED and found.advice == ""
    assert found.residual == pytest.approx(true_residual(matrix, found.value, b), rel=1e-6)
    assert_close(found.value, scipy.linalg.solve(matrix, b), 1e-9 * condition, "tolerance times condition number")


def test_as_many_steps_as_there_are_different_eigenvalues():
    matrix, b = with_eigenvalues(np.repeat([1.0, 5.0, 9.0], 10))
    assert solve(matrix, b, tolerance=1e-10).iterations == 3


def test_a_single_parameter_takes_a_single_step():
    found = solve([[4.0]], np.array([2.0]), tolerance=1e-12)
    assert (found.value, found.iterations, found.status) == (0.5, 1, Status.CONVERGED)


def test_a_zero_right_hand_side_needs_no_product():
    operator = FunctionOperator(3, np.copy)
    found = conjugate_gradient(operator, np.zeros(3))
    assert found.ok and not found.value.any() and found.residual == 0 and operator.products == 0


def test_too_few_steps_say_so_and_return_the_best_iterate():
    matrix, b = with_eigenvalues(np.geomspace(1e-3, 1, 50))
    found = solve(matrix, b, max_iterations=12)
    assert found.status is Status.MAX_ITERATIONS and not found.ok and found.iterations == 12
    assert found.residual > 0.1
    assert found.residual == pytest.approx(true_residual(matrix, found.value, b), rel=1e-9)
    assert "raise max_iterations" in found.advice


def test_every_step_comes_nearer_in_the_norm_of_the_matrix_although_the_residual_rises():
    matrix, b = with_eigenvalues(np.geomspace(1e-3, 1, 50))
    exact = scipy.linalg.solve(matrix, b)
    found = [solve(matrix, b, tolerance=1e-9, max_iterations=k) for k in range(1, 40)]
    errors = [(f.value - exact) @ matrix @ (f.value - exact) for f in found]
    assert (np.diff(errors) < 0).all() and max(f.residual for f in found) > 1


def test_negative_curvature_is_noticed_with_its_value():
    matrix, b = with_eigenvalues(np.concatenate([np.linspace(1, 2, 19), [-0.5]]))
    found = solve(matrix, b, tolerance=1e-8)
    assert found.status is Status.NEGATIVE_CURVATURE
    assert "curvature -0." in found.advice and "damping" in found.advice and "Gauss-Newton" in found.advice
    assert found.residual == pytest.approx(true_residual(matrix, found.value, b), rel=1e-9)
    lower = found.value @ (matrix @ found.value / 2 - b)
    assert lower < 0  # what was found before is kept


def test_damping_above_the_negative_eigenvalue_heals_it():
    matrix, b = with_eigenvalues(np.concatenate([np.linspace(1, 2, 19), [-0.5]]))
    found = conjugate_gradient(Shifted(FunctionOperator(20, matrix.dot), 0.6), b, tolerance=1e-10)
    assert found.ok
    assert_close(found.value, scipy.linalg.solve(matrix + 0.6 * np.eye(20), b), 1e-8, "condition 26, tolerance 1e-10")


@pytest.mark.parametrize("matrix, curvature", [([[-3.0]], "-3"), ([[0.0]], "0")])
def test_negative_curvature_in_the_first_step_returns_nothing_found(matrix, curvature):
    found = solve(matrix, np.ones(1))
    assert found.status is Status.NEGATIVE_CURVATURE and f"curvature {curvature} " in found.advice
    assert found.value == 0 and found.residual == 1 and found.iterations == 1


def test_a_product_that_is_not_finite_is_a_breakdown_with_a_finite_value():
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 20))
    calls = []

    def breaks(vector):
        calls.append(vector)
        return matrix @ vector if len(calls) < 4 else np.full(20, np.nan)

    found = conjugate_gradient(FunctionOperator(20, breaks), b)
    assert found.status is Status.BREAKDOWN and "not finite" in found.advice and found.iterations == 4
    assert np.isfinite(found.value).all() and found.value.any() and found.residual < 1


def test_an_operator_far_from_symmetric_diverges_and_says_so():
    skew = np.triu(np.random.default_rng(0).normal(size=(20, 20)), 1)
    found = solve(np.eye(20) + 30 * (skew - skew.T), np.ones(20))
    assert found.status is Status.DIVERGED and "symmetric" in found.advice
    assert found.residual > 1 and np.isfinite(found.value).all()


def test_products_in_float32_converge_to_a_tolerance_above_their_noise():
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 40))
    operator = FunctionOperator(40, lambda v: matrix.astype(np.float32) @ v.astype(np.float32))
    found = conjugate_gradient(operator, b, tolerance=1e-4)
    assert found.ok and true_residual(matrix, found.value, b) < 1.1e-4


def test_convergence_is_not_claimed_below_the_noise_of_the_products():
    """The recursion's own residual goes on shrinking; the true one does not."""
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 40))
    rng = np.random.default_rng(1)
    noisy = FunctionOperator(40, lambda v: matrix @ v + 1e-5 * np.linalg.norm(v) * rng.normal(size=40))
    found = conjugate_gradient(noisy, b, tolerance=1e-9, max_iterations=1000)
    assert found.status is Status.BREAKDOWN and "accept a tolerance above" in found.advice
    assert 1e-9 < found.residual < 1e-2
    assert 0.2 < found.residual / true_residual(matrix, found.value, b) < 5  # measured with a noisy product


def test_more_steps_are_not_advised_where_noise_is_what_is_in_the_way():
    matrix, b = with_eigenvalues(np.geomspace(0.1, 50, 300))
    rng = np.random.default_rng(1)
    noisy = FunctionOperator(300, lambda v: matrix @ v + 2e-3 * np.linalg.norm(matrix @ v) * rng.normal(size=300) / 17)
    found = conjugate_gradient(noisy, b, max_iterations=100)
    assert found.status is Status.MAX_ITERATIONS and "max_iterations" not in found.advice
    assert "Errors of the products" in found.advice


def test_conjugate_gradient_twice_is_the_same_twice_and_leaves_b_alone():
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 40))
    before = b.copy()
    np.testing.assert_array_equal(solve(matrix, b).value, solve(matrix, b).value)
    np.testing.assert_array_equal(b, before)


def test_conjugate_gradient_reports_every_step():
    seen = []
    matrix, b = with_eigenvalues(np.geomspace(1, 100, 20))
    found = solve(matrix, b, max_iterations=50, progress=lambda done, most: seen.append((done, most)))
    assert seen == [(k, 50) for k in range(1, found.iterations + 1)]


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"tolerance": 0}, "tolerance .* be 0"),
        ({"tolerance": float("nan")}, "tolerance .* nan"),
        ({"max_iterations": 0}, "max_iterations should be at least 1, not 0"),
    ],
)
def test_conjugate_gradient_refuses_nonsense(settings, message):
    with pytest.raises(ConfigError, match=message):
        solve(np.eye(2), np.ones(2), **settings)


def test_conjugate_gradient_refuses_a_right_hand_side_that_does_not_fit():
    with pytest.raises(ConfigError, match=r"right-hand side .* \(2,\) .* not \(3,\)"):
        conjugate_gradient(FunctionOperator(2, np.copy), np.ones(3))
    with pytest.raises(DivergenceError, match="right-hand side should be finite"):
        solve(np.eye(2), np.array([1.0, np.inf]))


# ------------------------------------------------------------------------------------------------------------- LiSSA


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
