"""Training by any of NNabla's solvers, and the influence of a sample on all of it, in float64.

A *problem*, *data* and *steps* are those of `last_epoch`. A *rule* is one solver as its documentation writes it: a
function ``rule(theta, state, gradient, rate, t) -> (theta, state)``, t from 1, the state a dictionary that is empty at
first. `weighted` trains with a weight per sample, the divisor of a batch unchanged. Two truths follow:

* `leave_one_out`: the validation loss with weight 0 minus that with weight 1 (what a score predicts);
* `derivative`: minus the derivative of the validation loss in the weight (what an exact score is), by a central
  difference. It follows every dependence there is, that of second moments on the sample included.

All trainings that differ in nothing but their weights go side by side: weights (..., N) make parameters (..., P).
"""

import numpy as np

WEIGHT_STEP = 1e-4  # truncation 1e-8 of the third derivative, rounding 1e-16 / 1e-4


def weighted(problem, theta, data, steps, rule, weights, decay=0.0):
    """Parameters (..., P) after the steps. ``decay`` is coupled: part of the gradient, once per step."""
    x, y = data
    theta, state = np.tile(np.array(theta, float), (*weights.shape[:-1], 1)), {}
    for t, (batches, rate) in enumerate(steps, start=1):
        gradient = decay * theta
        for rows in batches:
            gradients = problem.sample_gradients(theta, x[rows], y[rows])  # (..., B, P)
            gradient = gradient + np.einsum("...b,...bp->...p", weights[..., rows], gradients) / len(rows)
        theta, state = rule(theta, state, gradient, rate, t)
    return theta


def leave_one_out(problem, theta, data, validation, steps, rule, decay=0.0):
    """(N,)"""
    loss = _validation_loss(problem, theta, data, validation, steps, rule, decay)
    return loss(_each_changed(data, -1)) - loss(np.ones(len(data[0])))


def derivative(problem, theta, data, validation, steps, rule, decay=0.0):
    """(N,)"""
    loss = _validation_loss(problem, theta, data, validation, steps, rule, decay)
    less, more = (loss(_each_changed(data, sign * WEIGHT_STEP)) for sign in (-1, 1))
    return (less - more) / (2 * WEIGHT_STEP)


def _validation_loss(problem, theta, data, validation, steps, rule, decay):
    def loss(weights):
        return problem.sample_losses(weighted(problem, theta, data, steps, rule, weights, decay), *validation).mean(-1)

    return loss


def _each_changed(data, by):
    """Weights (N, N): in row i that of sample i is changed, all others are 1."""
    return 1 + by * np.eye(len(data[0]))


# --- the solvers ------------------------------------------------------------------------------------------------------


def sgd():
    return lambda theta, state, g, rate, t: (theta - rate * g, state)


def momentum(m, decay=0.0, first_rate=None):
    """With ``decay`` it is SgdW: the decay is scaled like the learning rate and does not pass through the velocity."""

    def rule(theta, state, g, rate, t):
        v = m * state.get("v", 0) + rate * g
        return theta - v - (decay * rate / first_rate * theta if decay else 0), {"v": v}

    return rule


def nesterov(m):
    def rule(theta, state, g, rate, t):
        v = m * state.get("v", 0) - rate * g
        return theta + m * v - rate * g, {"v": v}

    return rule


# Solvers with a second moment: a state may hold the moment to use instead of their own, under "fixed".


def adam(beta1, beta2, eps, decay=0.0, first_rate=None):
    """With ``decay`` it is AdamW."""

    def rule(theta, state, g, rate, t):
        m = beta1 * state.get("m", 0) + (1 - beta1) * g
        v = state.get("fixed", beta2 * state.get("second", 0) + (1 - beta2) * g**2)
        scale = rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
        shrunk = theta - (decay * rate / first_rate * theta if decay else 0)
        return shrunk - scale * m / (np.sqrt(v) + eps), {"m": m, "second": v}

    return rule


def amsgrad(beta1, beta2, eps):
    def rule(theta, state, g, rate, t):
        m = beta1 * state.get("m", 0) + (1 - beta1) * g
        v = beta2 * state.get("v", 0) + (1 - beta2) * g**2
        largest = state.get("fixed", np.maximum(state.get("second", 0), v))
        return theta - rate * m / (np.sqrt(largest) + eps), {"m": m, "v": v, "second": largest}

    return rule


def adamax(beta1, beta2, eps):
    def rule(theta, state, g, rate, t):
        m = beta1 * state.get("m", 0) + (1 - beta1) * g
        u = state.get("fixed", np.maximum(beta2 * state.get("second", 0), np.abs(g)))
        return theta - rate / (1 - beta1**t) * m / (u + eps), {"m": m, "second": u}

    return rule


def rmsprop(decay, eps):
    def rule(theta, state, g, rate, t):
        v = state.get("fixed", decay * state.get("second", 0) + (1 - decay) * g**2)
        return theta - rate * g / (np.sqrt(v) + eps), {"second": v}

    return rule


def adagrad(eps):
    def rule(theta, state, g, rate, t):
        v = state.get("fixed", state.get("second", 0) + g**2)
        return theta - rate * g / (np.sqrt(v) + eps), {"second": v}

    return rule


def with_fixed_moment(problem, theta, data, steps, rule, decay=0.0):
    """The rule with the second moments of the undisturbed run, whatever the gradients then are."""
    seen = []

    def recording(theta, state, g, rate, t):
        theta, state = rule(theta, state, g, rate, t)
        seen.append(state["second"])
        return theta, state

    weighted(problem, theta, data, steps, recording, np.ones(len(data[0])), decay)
    return lambda theta, state, g, rate, t: rule(theta, {**state, "fixed": seen[t - 1]}, g, rate, t)
