"""Diagonal derivatives of second moments against differences of their formulas."""

import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.config import SolverConfig
from nnabla_influence.training import RULES, StepTransition

EPS, P = 1e-3, 6
PARAMETERS = {"beta1": 0.8, "beta2": 0.9, "decay": 0.9, "eps": EPS, "wd": 0.0}
RANDOM = np.random.RandomState(0)
V, G, U = RANDOM.uniform(0.1, 1, P), RANDOM.normal(size=P), RANDOM.uniform(0.1, 2, P)


def average(v, g):
    return 0.9 * v + 0.1 * g**2


# NNabla's state, its step and the root it divides by: v and the largest so far -> the same after the gradient g.
FORMULAS = {
    "Adam": ("var", average, np.sqrt),
    "AdamW": ("var", average, np.sqrt),
    "RMSprop": ("v", average, np.sqrt),
    "Adagrad": ("v", lambda v, g: v + g**2, np.sqrt),
    "Adamax": ("u", lambda u, g: np.maximum(0.9 * u, np.abs(g)), lambda u: u),
}


def difference(function, x, h=1e-6):
    """The derivative of every element in its own argument."""
    return (function(x + h) - function(x - h)) / (2 * h)


def partials(name, before, after):
    return RULES[name].partials(SolverConfig(name, 0.1, PARAMETERS), StepTransition(before, after, G))


@pytest.mark.parametrize("name", FORMULAS)
def test_partials_are_the_derivatives_of_the_formula(name):
    state, step, root = FORMULAS[name]
    after = step(V, G)
    found = partials(name, {state: V}, {state: after})
    assert_close(found.keep * np.ones(P), difference(lambda v: step(v, G), V), 1e-8, "central difference in float64")
    assert_close(found.gain, difference(lambda g: step(V, g), G), 1e-8, "central difference in float64")
    slope = difference(lambda w: -np.log(root(w) + EPS), after)
    assert_close(found.stiffness, -slope, 1e-7, "the relative change of the divisor")


def test_the_largest_of_amsgrad_takes_the_new_value_or_stays():
    after = average(V, G)
    largest = np.maximum(U, after)
    found = partials("AMSGRAD", {"v": V, "v_hat": U}, {"v": after, "v_hat": largest})
    assert set(found.taken) == {0.0, 1.0}, "both cases occur"
    assert_close(found.taken, difference(lambda v: np.maximum(U, v), after), 1e-8, "central difference in float64")
    nu, xi = np.ones(P), np.full(P, 2.0)
    gain, (earlier, held) = found.pulled_back(np.zeros(P), np.stack([nu, xi]))
    assert_close(held, np.where(found.taken, 0.0, xi), 1e-12, "a copy")
    assert_close(earlier, 0.9 * np.where(found.taken, nu + xi, nu), 1e-12, "the chain rule")
    assert_close(gain, 0.2 * G * np.where(found.taken, nu + xi, nu), 1e-12, "the chain rule")


@pytest.mark.parametrize("name", FORMULAS)
def test_where_nothing_ever_moved_nothing_is_divided_by_zero(name):
    state = FORMULAS[name][0]
    with np.errstate(all="raise"):
        found = partials(name, {state: np.zeros(P)}, {state: np.zeros(P, np.float32)})
    assert not found.stiffness.any()


def test_every_solver_with_a_second_moment_has_partials():
    assert all((rule.second is None) == (rule.partials is None) for rule in RULES.values())
