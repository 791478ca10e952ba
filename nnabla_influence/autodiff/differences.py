"""Scores and Hessian product by central differences: the last resort.

Along the unit vector of a direction u, with step e,

    <grad l_i, u> = |u| (l_i(theta + e u/|u|) - l_i(theta - e u/|u|)) / 2e      and
    H u           = |u| (g(theta + e u/|u|)   - g(theta - e u/|u|))   / 2e,

two forward passes for the scores of a whole batch, two gradients for the Hessian product. It needs no second derivative
(NNabla lacks those of depthwise convolution, mish, flip and others). Kinks (ReLU, max pooling) make the choice
of e delicate: scores come out well, Hessian products of such networks are rough. Layers that round are beyond it: their
gradient is a convention that no difference of outputs knows.

How far scores are right, whoever computed them, one plain gradient tells: for random signs c,
``sum_i c_i <grad l_i, u>`` is the inner product of u with the gradient of ``sum_i c_i l_i`` (`Probe`).
"""

from __future__ import annotations

from typing import List, Mapping, NamedTuple, Optional, Tuple

import nnabla.random
import numpy as np

from ..network import Graph, ParameterStore
from ..parameters import ParameterSpace

# Steps to choose from, relative to the length of the parameters; float32 resolves about 1e-7.
STEPS = (1e-3, 2.5e-4, 6e-5, 1.5e-5)
STEP = STEPS[0]
PROBES = 4


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


class Probe:
    """A check of scores by plain gradients.

    With e the error of the scores, ``<c, e>`` for random signs c has the size ``|e|``, so a few signs show it.

    Args:
        place: Where.
        batch: Columns of B samples.
        direction: u (P,).
    """

    def __init__(self, place: Place, batch: Mapping[str, np.ndarray], direction: np.ndarray) -> None:
        self._signs = np.random.RandomState(0).choice([-1.0, 1.0], size=(PROBES, place.graph.batch_size))
        place.store.write(place.space.unflatten(place.theta.astype(np.float32)))
        place.graph.feed(batch)
        self._expected = np.array([_seeded_gradient(place, signs) @ direction for signs in self._signs])

    def error(self, scores: np.ndarray) -> float:
        """The error of scores (B,), relative to their size; 0 where the network itself is not finite."""
        size = float(np.linalg.norm(self._expected))
        if not np.isfinite(size):
            return 0.0
        error = float(np.linalg.norm(self._signs @ scores - self._expected))
        return error / size if size else float(error > 0)


def best_step(
    place: Place, batch: Mapping[str, np.ndarray], direction: np.ndarray, probe: Probe
) -> Tuple[float, float]:
    """The step whose difference scores are the most accurate, and their relative error."""
    errors = {step: probe.error(difference_scores(place, batch, direction, step)) for step in STEPS}
    step = min(STEPS, key=lambda candidate: errors[candidate])
    return step, errors[step]


def _seeded_gradient(place: Place, seeds: np.ndarray) -> np.ndarray:
    """The gradient (P,) of ``sum_i seeds_i l_i``."""
    graph = place.graph
    if place.seed is not None:
        nnabla.random.set_function_seed(place.seed)
    graph.clear_gradients()
    graph.sample_losses.forward(clear_no_need_grad=True)
    graph.sample_losses.backward(grad=seeds.astype(np.float32)[:, None], clear_buffer=True)
    return graph.gradient(place.space).astype(np.float64)
