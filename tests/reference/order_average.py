"""The mean of `last_epoch.influence` over many batch orders: every sample's derivatives are computed once.

The parameters are the final ones in every step, so gradients and Hessians of the samples do not depend on the order.
"""

import numpy as np


def average(problem, theta, data, validation, rates, orders, momentum=0.0):
    """(N,) mean score over so many random orders of an epoch with one batch for each of the learning rates."""
    x, y = data
    samples = len(x)
    gradients = problem.sample_gradients(theta, x, y)
    hessians = np.array([problem.hessian(theta, x[i : i + 1], y[i : i + 1]) for i in range(samples)])
    start = problem.sample_gradients(theta, *validation).mean(0)
    total = np.zeros(samples)
    for seed in range(orders):
        u, w = start, np.zeros_like(start)
        order = np.random.RandomState(seed).permutation(samples)
        for rows, rate in zip(reversed(np.array_split(order, len(rates))), reversed(rates)):
            direction = rate * (u - w)
            total[rows] += gradients[rows] @ direction / len(rows)
            u, w = u - hessians[rows].mean(0) @ direction, momentum * (w - u)
    return total / orders
