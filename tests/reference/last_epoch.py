"""Training by SGD, the influence of the last epoch, and the truth it estimates, as plain loops in float64.

A *problem* has ``sample_losses``, ``sample_gradients`` and ``hessian`` (`softmax_regression`, `perceptron`). *Data*
are ``(x, y)`` pairs. A *step* is ``(batches, learning rate)``; its gradient is the sum of its batches' mean gradients
(one batch, unless the solver updates every k batches). Weight decay is coupled: ``decay * theta`` belongs to the
gradient, once per step and whoever is left out.

The question: how does the mean validation loss change if sample i's gradient is zero in its step, the divisor
unchanged? `leave_one_out` answers it by training again for every sample. `influence` answers it to first order:
with u the mean validation gradient, walking the steps backwards, ``r_i += eta / |S| <grad l_i, u>`` and
``u -= eta H u``. Positive means: leaving the sample out raises the validation loss, the sample is helpful.

The same question about ``mean(bound(l_i))`` in place of the mean loss: its gradient has the rows weighted by bound'.
"""

import numpy as np


def train(problem, theta, data, steps, left_out=None, decay=0.0, momentum=0.0):
    """Parameters (P,) after the steps, velocity zero at the start; the gradient of ``left_out`` counts as zero."""
    x, y = data
    theta = np.array(theta, float)
    velocity = np.zeros_like(theta)
    for batches, rate in steps:
        gradient = decay * theta
        for indices in batches:
            weights = np.array([i != left_out for i in indices], float)
            gradient = gradient + weights @ problem.sample_gradients(theta, x[indices], y[indices]) / len(indices)
        velocity = momentum * velocity + rate * gradient
        theta = theta - velocity
    return theta


def validation_loss(problem, theta, validation, bound=None):
    losses = problem.sample_losses(theta, *validation)
    return (losses if bound is None else bound(losses)).mean()


def leave_one_out(problem, start, data, validation, steps, bound=None, **solver):
    """(N,) change of the validation loss if the sample is left out of ``steps``, by training again from ``start``."""
    base = validation_loss(problem, train(problem, start, data, steps, **solver), validation, bound)
    thetas = (train(problem, start, data, steps, left_out=i, **solver) for i in range(len(data[0])))
    return np.array([validation_loss(problem, theta, validation, bound) for theta in thetas]) - base


def validation_gradient(problem, theta, validation, slope=None):
    """(P,) of the mean loss, or with row i weighted by ``slope(l_i)``, one row after the other."""
    rows = zip(problem.sample_losses(theta, *validation), problem.sample_gradients(theta, *validation))
    return np.mean([(1.0 if slope is None else slope(loss)) * gradient for loss, gradient in rows], axis=0)


def influence(problem, theta, data, validation, steps, recursion="corrected", decay=0.0, momentum=0.0, slope=None):
    """(N,) scores of the last epoch with the final parameters ``theta`` in every step.

    A step is ``v <- momentum v + eta (g + decay theta)``, ``theta <- theta - v``. Backwards, ``u`` is the derivative of
    the validation loss in theta and ``w`` that in v; ``b`` collects the two ways in which a step's v acts. Without
    momentum b = -u, which leaves the formulas at the top of this module.

    ``recursion="published"`` divides the Hessian term by the batch size a second time, as the published code does.
    """
    x, y = data
    scores = np.zeros(len(x))
    u = validation_gradient(problem, theta, validation, slope)
    w = np.zeros_like(u)
    for batches, rate in reversed(steps):
        b = w - u
        curvature = decay * b
        for indices in batches:
            scores[indices] -= rate / len(indices) * (problem.sample_gradients(theta, x[indices], y[indices]) @ b)
            hessian = problem.hessian(theta, x[indices], y[indices])
            curvature = curvature + hessian @ b / (len(indices) if recursion == "published" else 1)
        u = u + rate * curvature
        w = momentum * b
    return scores
