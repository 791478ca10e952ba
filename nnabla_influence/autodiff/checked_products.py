"""The choice between exact and difference products, made on the first batch of every size.

NNabla raises for some layers that it cannot differentiate twice, and is silently wrong for others (two dropouts on one
variable). So the exact way is believed only after a `GradientCheck`; what differences cannot do either is refused.
"""

from __future__ import annotations

from typing import NamedTuple

from ..array import Array
from ..errors import UnsupportedError
from ..network.nnabla_errors import one_line
from ..remedies import remedy
from .difference_products import STEPS, DifferenceProducts
from .disagreement import disagreement
from .exact_products import ExactProducts
from .gradient_check import GradientCheck
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .sample_products import SampleProducts

__all__ = ["CheckedProducts", "checked_products"]

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

    By double backward where NNabla can do that and does it right, by central differences otherwise.

    Args:
        network: The built network with its parameters.
        point: Where the batch is.
        batch: Columns of B samples.
        direction: u (P,).
        fast: Whether to use the NumPy second derivative of batch normalisation (CPU only).

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
    return CheckedProducts(
        differences,
        f"{reason} Scores and Hessian products come from central differences: less accurate, the scores of the first "
        f"batch by {100 * error_size:.2g} %",
    )


def _first_scores(exact: ExactProducts, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
    """Compute the first scores; some networks show only now that NNabla cannot differentiate them twice."""
    try:
        return exact.run(point, batch, direction)[0]
    except RuntimeError as error:
        raise UnsupportedError(f"NNabla cannot differentiate this network twice ({one_line(error)}).") from error
