"""Matrices with known eigenvalues, their operators, and functions of them by dense eigendecomposition."""

import numpy as np

from nnabla_influence.linalg import FunctionOperator, function_times_vector, lanczos

ROUNDING = "float64, a few hundred operations"


def with_eigenvalues(eigenvalues, seed=0):
    """A symmetric matrix with random eigenvectors, and a random start."""
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.normal(size=(len(eigenvalues),) * 2))
    return (basis * eigenvalues) @ basis.T, rng.normal(size=len(eigenvalues))


def gradient_descent(rate, steps):
    """The mean over s = 0..K-1 of (1 - eta x)^s, clipped to [0, 1]: no short polynomial, and bounded everywhere."""

    def f(x):
        kept = np.clip(1 - rate * np.asarray(x), 0, 1)
        return np.mean([kept**s for s in range(steps)], axis=0)

    return f


def curvature_like(size=60):
    """A few sharp directions and a flat rest, as networks have; positive semi-definite."""
    return with_eigenvalues(np.concatenate([np.zeros(size // 2), np.geomspace(1e-3, 20, size - size // 2)]))


def operator_of(matrix):
    return FunctionOperator(len(matrix), np.asarray(matrix).dot)


class CountedOperator(FunctionOperator):
    """An operator that counts its products."""

    def __init__(self, function, size):
        super().__init__(size, function)
        self.products = 0

    def _product(self, vector):
        self.products += 1
        return super()._product(vector)


def dense_function(matrix, function, vector):
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ (function(values) * (vectors.T @ vector))


def apply(matrix, start, steps, function, **settings):
    return function_times_vector(lanczos(operator_of(matrix), start, steps), function, **settings)
