"""Training by SGD, the influence of the last epoch, and the truth it estimates, as plain loops in float64.

A *problem* has ``sample_losses``, ``sample_gradients`` and ``hessian`` (`softmax_regression`, `perceptron`). *Steps*
are ``(indices, learning rate)`` pairs in the order of training. Data are ``(x, y)`` pairs.

The question: how does the mean validation loss change if sample i's gradient is zero in its step, the divisor
unchanged? `leave_one_out` answers it by training again for every sample. `influence` answers it to first order:
with u the mean validation gradient, walking the steps backwards, ``r_i += eta / |S| <grad l_i, u>`` and
``u -= eta H u``. Positive means: leaving the sample out raises the validation loss, the sample is helpful.
"""

import numpy as np


def train(problem, theta, data, steps, left_out=None):
    """Parameters (P,) after the steps; the gradient of ``left_out`` counts as zero."""
    x, y = data
    theta = np.array(theta, float)
    for indices, rate in steps:
        kept = [i for i in indices if i != left_out]
        if kept:
            theta = theta - rate / len(indices) * problem.sample_gradients(theta, x[kept], y[kept]).sum(0)
    return theta


def validation_loss(problem, theta, validation):
    return problem.sample_losses(theta, *validation).mean()


def leave_one_out(problem, start, data, validation, steps):
    """(N,) change of the validation loss if the sample is left out of ``steps``, by training again from ``start``."""
    base = validation_loss(problem, train(problem, start, data, steps), validation)
    thetas = (train(problem, start, data, steps, left_out=i) for i in range(len(data[0])))
    return np.array([validation_loss(problem, theta, validation) for theta in thetas]) - base


def influence(problem, theta, data, validation, steps, recursion="corrected"):
    """(N,) scores of the last epoch with the final parameters ``theta`` in every step.

    ``recursion="published"`` divides the Hessian term by the batch size a second time, as the published code does.
    """
    x, y = data
    scores = np.zeros(len(x))
    u = problem.sample_gradients(theta, *validation).mean(0)
    for indices, rate in reversed(steps):
        indices = np.asarray(indices)
        batch = x[indices], y[indices]
        scores[indices] += rate / len(indices) * (problem.sample_gradients(theta, *batch) @ u)
        hessian = problem.hessian(theta, *batch)
        if recursion == "published":
            hessian = hessian / len(indices)
        u = u - rate * hessian @ u
    return scores
