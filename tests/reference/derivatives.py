"""Derivatives of a function that can only be evaluated.

Gradients by the *complex step*: ``df/dx = Im f(x + ih) / h``. No subtraction takes place, so h can be 1e-30 and the
result is right to the last digit of float64 (Squire & Trapp, SIAM Review 40, 1998). Hessians by central differences
of such gradients, right to about nine digits. Both cost a function evaluation per parameter: only for tiny networks.

The points of all these evaluations are given to the function at once, as a *stack*: a function of theta (P,) that
returns (B,) has to return (..., B) for thetas (..., P). Nothing but time depends on that.
"""

import numpy as np

TINY = 1e-30
STEP = 1e-6  # balances truncation (1e-12) against the rounding of the gradients (1e-16 / 1e-6)


def sample_gradients(losses, theta):
    """Gradients (..., B, P) of every element of ``losses(theta) -> (..., B)`` at theta (..., P)."""
    shifted = theta[..., None, :] + 1j * TINY * np.eye(theta.shape[-1])  # row j: parameter j moved
    return np.moveaxis(losses(shifted).imag / TINY, -2, -1)


def mean_gradient(losses, theta):
    """Gradient (..., P) of the mean of ``losses(theta)``."""
    return sample_gradients(losses, theta).mean(-2)


def directional_derivative(gradient, theta, direction):
    """Derivative of ``gradient(theta)`` along a direction: the Hessian's product with it."""
    return (gradient(theta + STEP * direction) - gradient(theta - STEP * direction)) / (2 * STEP)


def hessian(losses, theta):
    """Hessian (P, P) of the mean of ``losses(theta)``."""
    return dense_hessian(lambda t: mean_gradient(losses, t), theta)


def dense_hessian(gradient, theta):
    """Hessian (P, P) from a gradient function: row i is its derivative along parameter i."""
    return directional_derivative(gradient, theta, np.eye(len(theta)))
