"""The influence function against a dense solve in float64, and what its solvers say when they did not arrive."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from reference.perceptron import Perceptron
from reference.softmax_regression import SoftmaxRegression
from support.cases import case_named, draw_parameters, network_of
from support.comparison import assert_close, relative_error
from support.problems import dataset, overlapping_classes, softmax_network, trained

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import SolverConfig
from nnabla_influence.errors import ConfigError, DivergenceError
from nnabla_influence.estimators import InfluenceFunction
from nnabla_influence.training import FinalState

SAMPLES, BATCH = 42, 6
FLOAT32 = "float32 products, and a dense solve that magnifies their error by the condition number"
TOLERANCE = "the solver's own tolerance of 1e-2 on the residual"
PERCEPTRON = case_named("affine + ReLU")
PROBLEMS = {
    "softmax regression": (lambda: softmax_network(5), SoftmaxRegression(5, 3)),
    "perceptron": (lambda: network_of(PERCEPTRON, draw_parameters(PERCEPTRON, seed=4)), Perceptron(5, 6, 3)),
}
CONVEX = "softmax regression"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """``run(name)``: a training of 20 epochs and the problem."""
    made = {}

    def make(name=CONVEX):
        if name not in made:
            network, problem = PROBLEMS[name]
            data, validation = dataset(*overlapping_classes(SAMPLES, 0)), dataset(*overlapping_classes(50, 1))
            options = {"epochs": 20, "batch_size": BATCH, "seed": 3, "solver": {"learning_rate": 0.3}}
            made[name] = trained(tmp_path_factory.mktemp("run"), network(), data, validation, **options), problem
        return made[name]

    return make


def scores(t, cache=None, **options):
    """By default with the Hessian of all samples."""
    estimator = InfluenceFunction(objective="loss", **{"curvature": "hessian", "subset": None, **options})
    return estimator.estimate(cache or t.cache, t.training, t.validation).values


def dense(t, problem, damping):
    """``<grad l_i, (H + damping)^-1 g> / N`` (N,) of the reference."""
    x, y = t.data
    gradient = problem.sample_gradients(t.final, *t.validation_data).mean(0)
    curvature = problem.hessian(t.final, x, y) + damping * np.eye(problem.size)
    return problem.sample_gradients(t.final, x, y) @ np.linalg.solve(curvature, gradient) / len(x)


def said(caplog, text):
    return any(text in line for line in caplog.messages)


@pytest.mark.parametrize("damping", [1.0, 0.1, 1e-3])
def test_lanczos_equals_a_dense_solve(run, damping):
    t, problem = run()
    assert_close(scores(t, damping=damping, iterations=18), dense(t, problem, damping), 1e-5, FLOAT32)


@pytest.mark.parametrize("damping", [1.0, 0.1, 1e-3])
def test_gauss_newton_is_the_hessian_of_softmax_regression(run, damping):
    t, problem = run()
    found = scores(t, damping=damping, iterations=18, curvature="ggn")
    assert_close(found, dense(t, problem, damping), 1e-2, "central differences of the outputs")


@pytest.mark.parametrize("name, damping", [(CONVEX, 1.0), (CONVEX, 0.1), (CONVEX, 1e-3), ("perceptron", 0.1)])
def test_conjugate_gradients_equal_a_dense_solve(run, caplog, name, damping):
    t, problem = run(name)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        found = scores(t, damping=damping, inverse="cg", iterations=100)
    assert_close(found, dense(t, problem, damping), 3e-2, TOLERANCE)
    assert said(caplog, "converged")


# --- what must not converge -------------------------------------------------------------------------------------------


def test_too_few_iterations_miss_the_solution_and_say_so(run, caplog):
    t, problem = run()
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        found = scores(t, damping=1e-3, inverse="cg", iterations=2)
    assert relative_error(found, dense(t, problem, 1e-3)) > 0.1
    assert said(caplog, "residual") and said(caplog, "max_iterations or the damping") and not said(caplog, "converged")


def test_too_few_lanczos_steps_say_how_much_the_last_one_changed(run, caplog):
    t, problem = run()
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        found = scores(t, damping=1e-3, iterations=2)
    assert relative_error(found, dense(t, problem, 1e-3)) > 0.1
    change = float(next(line for line in caplog.messages if "changed the solution" in line).rsplit(" ", 1)[1])
    assert change > 0.1


@pytest.mark.parametrize("inverse, sign", [("cg", "not positive definite"), ("lanczos", "negative Ritz values")])
def test_negative_curvature_is_noticed(run, caplog, inverse, sign):
    t, problem = run("perceptron")
    assert np.linalg.eigvalsh(problem.hessian(t.final, *t.data)).min() < -0.02, "the premise"
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        scores(t, damping=0.01, inverse=inverse, iterations=25)
        assert said(caplog, sign)
        caplog.clear()
        scores(t, damping=0.01, inverse=inverse, iterations=25, curvature="ggn")
    assert not said(caplog, sign), "the Gauss-Newton matrix has none"


def test_a_solver_that_broke_down_is_reported_not_scored(run, monkeypatch):
    """Products that overflow: there is no direction to score with."""
    t, _ = run()
    monkeypatch.setattr(LossOracle, "products", lambda self, theta, batch, u: (np.zeros(1), np.full(u.size, np.nan)))
    with pytest.raises(DivergenceError, match=r"(?s)breakdown.*residual 1 after 1 steps.*overflow"):
        scores(t, damping=0.01, inverse="cg")


# --- settings ---------------------------------------------------------------------------------------------------------


def test_with_much_damping_only_the_gradient_product_is_left(run):
    """``(C + damping)^-1 g`` is then ``g / damping``: scores are inverse to it, and those of one step of SGD."""
    t, problem = run()
    x, y = t.data
    gradient = problem.sample_gradients(t.final, *t.validation_data).mean(0)
    products = problem.sample_gradients(t.final, x, y) @ gradient / SAMPLES
    assert_close(1e4 * scores(t, damping=1e4), products, 1e-3, "curvature / damping")
    assert relative_error(scores(t, damping=1e-2) * 1e-2, products) > 0.1


def test_coupled_weight_decay_is_more_damping(run):
    """A decay of .4 beside the sum of two batches' gradients is .2 beside their mean."""
    t, problem = run()
    decayed = SolverConfig(learning_rate=0.3, weight_decay=0.4, update_interval=2)
    cache = FinalState(t.cache.network, replace(t.cache.config, solver=decayed, batch_size=7), SAMPLES)
    assert_close(scores(t, cache, damping=0.1, iterations=18), dense(t, problem, 0.1 + 0.2), 1e-5, FLOAT32)


def test_the_subset_is_drawn_by_the_seed(run):
    t, _ = run()
    draws = [scores(t, subset=12, seed=seed) for seed in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1]) and not np.array_equal(draws[0], draws[2])


@pytest.mark.parametrize(
    "options, word", [({"damping": 0.0}, "Damping"), ({"inverse": "qr"}, "qr"), ({"curvature": "fisher"}, "fisher")]
)
def test_impossible_settings_are_refused(options, word):
    with pytest.raises(ConfigError, match=word):
        InfluenceFunction(objective="loss", **options)
