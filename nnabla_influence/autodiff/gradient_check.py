"""How far the scores of a batch are right, whoever computed them: a few plain gradients tell.

For random signs c, ``sum_i c_i <grad l_i, u>`` is the inner product of u with the gradient of ``sum_i c_i l_i``, which
an ordinary backward pass gives. With e the error of the scores, ``<c, e>`` has the size ``|e|``, so a few signs show
it.
"""

from __future__ import annotations

import numpy as np

from ..array import Array
from .disagreement import relative_error
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph

__all__ = ["GradientCheck"]

SIGN_VECTORS = 4


class GradientCheck:
    """A check of a batch's scores by plain gradients.

    Args:
        network: The built network with its parameters.
        point: Where.
        batch: Columns of B samples.
        direction: u (P,).
    """

    def __init__(self, network: ParameterizedGraph, point: EvaluationPoint, batch: Batch, direction: Array) -> None:
        self._signs = np.random.RandomState(0).choice([-1.0, 1.0], size=(SIGN_VECTORS, network.graph.batch_size))  # c
        network.graph.feed(batch)
        expected = []
        for signs in self._signs:
            network.move_to(point)  # every pass draws the same random layers
            network.losses()
            gradient = network.gradient(signs)
            expected.append(gradient @ direction)
        self._expected = np.array(expected)
        self._gradient = gradient

    @property
    def weights(self) -> Array:
        """The signs (B,) of the gradient that `gradient_error` knows."""
        signs: Array = self._signs[-1]
        return signs

    def error(self, scores: Array) -> float:
        """Return the error of scores (B,), relative to their size; 0 where the network itself is not finite."""
        size = float(np.linalg.norm(self._expected))
        if not np.isfinite(size):
            return 0.0
        error = float(np.linalg.norm(self._signs @ scores - self._expected))
        return error / size if size else float(error > 0)

    def gradient_error(self, gradient: Array) -> float:
        """Return the error of the gradient (P,) of ``sum_i c_i l_i`` with `weights` c, see `relative_error`."""
        return relative_error(gradient, self._gradient)
