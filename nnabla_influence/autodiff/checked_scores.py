"""The choice of how scores are computed at fixed parameters, made on a first batch.

The forward mode is believed only after a `GradientCheck`: a rule might not know a setting of a layer. What it cannot do
falls back to `checked_products`.
"""

from __future__ import annotations

from typing import Callable, NamedTuple

from ..array import Array
from ..errors import UnsupportedError
from .checked_products import BY_NNABLA, checked_forward_scores
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .sample_products import SampleProducts
from .sample_scores import SampleScores

__all__ = ["CheckedScores", "checked_scores"]


class CheckedScores(NamedTuple):
    """Scores that passed the check of a first batch.

    Args:
        scores: The scores.
        notice: What the log should say: why they take longer than they could; empty for the forward mode.
    """

    scores: SampleScores
    notice: str = ""


def checked_scores(
    network: ParameterizedGraph,
    point: EvaluationPoint,
    batch: Batch,
    direction: Array,
    products: Callable[[], SampleProducts],
) -> CheckedScores:
    """Choose how the scores of a network are computed, on a first batch.

    Args:
        network: The built network with its parameters, without random layers.
        point: Where the batch is.
        batch: Columns of B samples.
        direction: u (P,).
        products: Makes the products to fall back to, which are checked themselves.
    """
    try:
        return CheckedScores(checked_forward_scores(network, point, batch, direction))
    except UnsupportedError as error:
        notice = f"{error.message} {BY_NNABLA}"
    return CheckedScores(products(), notice)
