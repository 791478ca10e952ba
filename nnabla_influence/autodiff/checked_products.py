"""The choice between exact and difference products, made on the first batch of every size.

NNabla raises for some layers that it cannot differentiate twice, and is silently wrong for others (two dropouts on one
variable). So the exact way is believed only after a `GradientCheck`; what differences cannot do either is refused.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple, Optional

from ..array import Array
from ..errors import UnsupportedError
from ..network.nnabla_errors import one_line
from ..remedies import remedy
from .difference_products import STEPS, DifferenceProducts
from .disagreement import disagreement
from .exact_products import ExactProducts
from .forward_and_differences import ForwardAndDifferences
from .forward_scores import ForwardScores
from .gradient_check import GradientCheck
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .sample_products import SampleProducts

__all__ = ["CheckedProducts", "checked_forward_scores", "checked_products"]

# Relative error of float32 with cancellation; a wrong second derivative is off by tens of per cent.
EXACT = 0.05
# Relative error of central differences across kinks; beyond it scores would be noise.
USABLE = 0.1


class CheckedProducts(NamedTuple):
    """Products that passed the check of a first batch.

    Args:
        products: The products.
        notice: What the log should say: how rough they are; empty for exact products.
    """

    products: SampleProducts
    notice: str = ""


def checked_products(
    network: ParameterizedGraph, point: EvaluationPoint, batch: Batch, direction: Array, fast: bool
) -> CheckedProducts:
    """Choose how the products of a network are computed, on a first batch.

    By double backward where NNabla can do that and does it right; otherwise the Hessian product by central differences,
    and the scores by forward mode or else by differences too.

    Args:
        network: The built network with its parameters.
        point: Where the batch is.
        batch: Columns of B samples.
        direction: u (P,).
        fast: Whether to use the forward mode and the NumPy second derivative of batch normalisation (CPU only).

    Raises:
        UnsupportedError: Central differences do not give the network's gradients either.
    """
    check = GradientCheck(network, point, batch, direction)
    try:
        exact = ExactProducts(network, fast)
        if check.error(_first_scores(exact, point, batch, direction)) <= EXACT:
            return CheckedProducts(exact)
        reason = "NNabla's second derivatives of this network disagree with its gradients."
    except UnsupportedError as error:
        reason = error.message
    differences, error_size = DifferenceProducts.most_accurate(network, point, batch, direction, check)
    if not error_size <= USABLE:  # NaN is not usable either
        raise UnsupportedError(
            f"{reason} Central differences disagree with the network's gradients too, "
            f"{disagreement(dict.fromkeys(STEPS, error_size), USABLE)}.",
            remedy("score-without-gradients"),
        )
    off = f"in the first batch by {100 * error_size:.2g} %"
    forward = None
    if fast and point.seed is None:  # the forward mode knows no random layers
        with suppress(UnsupportedError):
            forward = checked_forward_scores(network, point, batch, direction, check)
    if forward is None:
        notice = f"{reason} Scores and Hessian products come from central differences: less accurate, the scores {off}"
        return CheckedProducts(differences, notice)
    notice = (
        f"{reason} Hessian products come from central differences: less accurate, as scores would be {off}; the scores "
        "come from the forward mode"
    )
    return CheckedProducts(ForwardAndDifferences(forward, differences), notice)


def checked_forward_scores(
    network: ParameterizedGraph,
    point: EvaluationPoint,
    batch: Batch,
    direction: Array,
    check: Optional[GradientCheck] = None,
) -> ForwardScores:
    """Return the scores by forward mode, after checking those of a batch.

    Args:
        network: The built network with its parameters.
        point: Where the batch is, without random layers.
        batch: Columns of B samples.
        direction: u (P,).
        check: Of this batch, if there is one already.

    Raises:
        UnsupportedError: A layer has no rule, or the scores are wrong.
    """
    forward = ForwardScores(network)
    scores = forward.scores(point, batch, direction)
    check = check or GradientCheck(network, point, batch, direction)
    if not check.error(scores) <= EXACT:
        raise UnsupportedError("The forward mode disagrees with the gradients of this network.")
    return forward


def _first_scores(exact: ExactProducts, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
    """Compute the first scores; some networks show only now that NNabla cannot differentiate them twice."""
    try:
        return exact.run(point, batch, direction)[0]
    except RuntimeError as error:
        raise UnsupportedError(f"NNabla cannot differentiate this network twice ({one_line(error)}).") from error
