"""Scores and Hessian product by central differences: the last resort, and a check on the exact way.

Along the unit vector of a direction u, with step e,

    <grad l_i, u> = |u| (l_i(theta + e u/|u|) - l_i(theta - e u/|u|)) / 2e      and
    H u           = |u| (g(theta + e u/|u|)   - g(theta - e u/|u|))   / 2e,

two forward passes for the scores of a whole batch, two gradients for the Hessian product. It works on every network,
also where NNabla has no second derivative (depthwise convolution, some recurrent layers and others). Kinks (ReLU, max
pooling) make the choice of e delicate: scores come out well, Hessian products of such networks are rough.
"""

from __future__ import annotations

from typing import List, Mapping, NamedTuple, Optional, Tuple

import nnabla.random
import numpy as np

from ..network import Graph, ParameterStore
from ..parameters import ParameterSpace

# Steps relative to the length of the parameters; float32 resolves about 1e-7.
STEP, SMALLER_STEP = 1e-3, 2.5e-4


class Place(NamedTuple):
    """Where differences are taken.

    Args:
        graph: The network built for the batch's size.
        store: Its parameters.
        space: The trainable ones.
        theta: Their values (P,).
        seed: Draws the random layers, equally on both sides; None if they are out.
    """

    graph: Graph
    store: ParameterStore
    space: ParameterSpace
    theta: np.ndarray
    seed: Optional[int] = None


def difference_scores(
    place: Place, batch: Mapping[str, np.ndarray], direction: np.ndarray, step: float = STEP
) -> np.ndarray:
    """``<grad l_i, u>`` (B,)."""
    ends = [losses for losses, _ in _both_sides(place, batch, direction, step, gradients=False)]
    return _quotient(ends, place, direction, step)


def difference_products(
    place: Place, batch: Mapping[str, np.ndarray], direction: np.ndarray, step: float = STEP
) -> Tuple[np.ndarray, np.ndarray]:
    """``<grad l_i, u>`` (B,) and ``sum_i H_i u`` (P,)."""
    ends = _both_sides(place, batch, direction, step, gradients=True)
    scores = _quotient([losses for losses, _ in ends], place, direction, step)
    return scores, _quotient([gradient for _, gradient in ends], place, direction, step)


def _both_sides(
    place: Place, batch: Mapping[str, np.ndarray], direction: np.ndarray, step: float, gradients: bool
) -> List[Tuple[np.ndarray, np.ndarray]]:
    """Losses (B,) and, on request, the summed gradient (P,) at theta + e and at theta - e."""
    graph, length = place.graph, float(np.linalg.norm(direction))
    shift = direction * (_length(place, step) / length) if length else np.zeros_like(direction)
    graph.feed(batch)
    found = []
    for theta in (place.theta + shift, place.theta - shift):
        place.store.write(place.space.unflatten(theta.astype(np.float32)))
        if place.seed is not None:
            nnabla.random.set_function_seed(place.seed)
        graph.clear_gradients()
        graph.sample_losses.persistent = True
        graph.sample_losses.forward(clear_no_need_grad=True)
        losses = graph.sample_losses.d[:, 0].astype(np.float64)
        gradient = np.zeros(0)
        if gradients:
            graph.sample_losses.backward(grad=1.0, clear_buffer=True)
            gradient = graph.gradient(place.space).astype(np.float64)
        found.append((losses, gradient))
    place.store.write(place.space.unflatten(place.theta))
    return found


def _quotient(ends: List[np.ndarray], place: Place, direction: np.ndarray, step: float) -> np.ndarray:
    length = float(np.linalg.norm(direction))
    return (ends[0] - ends[1]) * (length / (2 * _length(place, step)))


def _length(place: Place, step: float) -> float:
    """e: the step times the length of the parameters."""
    return step * max(float(np.linalg.norm(place.theta)), 1.0)


def trustworthy(exact: np.ndarray, place: Place, batch: Mapping[str, np.ndarray], direction: np.ndarray) -> bool:
    """Whether exact scores (B,) agree with central differences, as far as those agree with themselves.

    NNabla's second derivatives are silently wrong in some networks (two dropouts that read one variable). Differences
    at two steps tell: where they agree with each other but not with the exact scores, the latter are wrong.
    """
    coarse = difference_scores(place, batch, direction)
    fine = difference_scores(place, batch, direction, SMALLER_STEP)
    scale = max(float(np.abs(fine).max()), float(np.abs(coarse).max()))
    if scale == 0:
        return True
    noise, error = (float(np.abs(other - fine).max()) / scale for other in (coarse, exact))
    return error <= max(0.1, 3 * noise)
