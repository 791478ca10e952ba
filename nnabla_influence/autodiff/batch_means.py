"""Means over the batches of a data set, whatever their sizes, in double precision and in the order of the batches."""

from __future__ import annotations

from typing import Dict, Iterable, Tuple

import numpy as np

from ..array import Array
from ..errors import DivergenceError
from ..network import Network

__all__ = ["checked_gradient", "mean_gradient", "mean_statistics"]


def mean_gradient(network: Network, gradients: Iterable[Tuple[int, Array]], validation: bool) -> Array:
    """Compute the gradient (P,) of the mean loss over all samples.

    Args:
        network: Whose gradients.
        gradients: Of each batch, its size and the gradient (P,) of its mean loss.
        validation: Whether of the validation loss, for the message.

    Raises:
        DivergenceError: The gradient of a batch is not finite.
    """
    total = np.zeros(network.space.size)
    count = 0
    for size, gradient in gradients:
        total += size * checked_gradient(network, gradient, count, size, validation)
        count += size
    return total / count


def checked_gradient(network: Network, gradient: Array, first: int, size: int, validation: bool = False) -> Array:
    """Return the gradient (P,) of a batch in double precision.

    Args:
        network: Whose gradient.
        gradient: (P,).
        first: The batch's first row, in the order they are asked for.
        size: Its number of rows.
        validation: Whether of the validation loss.

    Raises:
        DivergenceError: It is not finite.
    """
    broken = network.space.not_finite(gradient)
    if broken:
        raise DivergenceError(
            f"The gradient of the mean {'validation' if validation else 'training'} loss of '{network.path}' is not "
            f"finite for the batch of rows {first} to {first + size - 1}, in the order they are asked for: {broken}. "
            "Look for extreme values in these rows."
        )
    return gradient.astype(np.float64)


def mean_statistics(statistics: Iterable[Tuple[int, Dict[str, Array]]]) -> Dict[str, Array]:
    """Compute the mean over all samples of running statistics.

    Args:
        statistics: Of each batch, its size and its statistics by name; at least one batch.
    """
    totals: Dict[str, Array] = {}
    count = 0
    for size, seen in statistics:
        totals = {name: totals.get(name, 0.0) + size * seen[name].astype(np.float64) for name in seen}
        count += size
    return {name: (total / count).astype(np.float32) for name, total in totals.items()}
