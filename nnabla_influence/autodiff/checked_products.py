"""Products of a network: what shows on a batch that our own pass is right, and what is left where it is not.

That is NNabla's double backward, else differences. NNabla raises for some layers that it cannot differentiate twice,
and is silently wrong for others (two dropouts on one variable). So either exact way is believed only after a
`GradientCheck`, and the Hessian products of our own pass after a comparison with differences of its gradient in double
precision; what differences cannot do either is refused.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

import numpy as np

from ..array import Array
from ..errors import UnsupportedError
from ..network.nnabla_errors import one_line
from ..remedies import remedy
from .difference_products import STEPS, DifferenceProducts
from .disagreement import disagreement, relative_error
from .exact_products import ExactProducts
from .forward_and_differences import ForwardAndDifferences
from .forward_over_reverse import ForwardOverReverse
from .forward_scores import ForwardScores
from .gradient_check import GradientCheck
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .sample_products import SampleProducts

__all__ = ["EXACT", "CheckedProducts", "products_are_right", "products_otherwise", "scores_are_right"]

EXACT = 0.05
"""Relative error of float32 with cancellation; a wrong derivative is off by tens of per cent."""
# Relative error of central differences across kinks; beyond it scores would be noise.
USABLE = 0.1
# Step of differences in double precision, relative to the length of the parameters.
SHORT = 1e-9
# What such a difference cannot resolve, relative to the gradient: 1e-16 / SHORT of rounding, with a reserve.
RESOLVED = 1e-4


class CheckedProducts(NamedTuple):
    """Products that passed the check of a first batch.

    Args:
        products: The products.
        notice: What the log should warn of: how rough they are; empty where they are exact.
    """

    products: SampleProducts
    notice: str = ""


def products_are_right(own: ForwardOverReverse, point: EvaluationPoint, batch: Batch, direction: Array) -> bool:
    """Whether scores, gradient and Hessian product of a batch by our own pass are what NNabla and differences give.

    Args:
        own: Our own pass.
        point: Where the batch is.
        batch: Columns of B samples.
        direction: u (P,).
    """
    scores, curvature = own.run(point, batch, direction)
    check = GradientCheck(own.network, point, batch, direction)
    errors = [
        check.error(scores),
        check.gradient_error(own.gradient(point, batch, check.weights)),
        _curvature_error(curvature, own.network, point, batch, direction),
    ]
    return bool(np.max(errors) <= EXACT)  # NaN is no agreement


def scores_are_right(scores: ForwardScores, point: EvaluationPoint, batch: Batch, direction: Array) -> bool:
    """Whether the scores of a batch are what NNabla's gradients give, see `products_are_right`."""
    check = GradientCheck(scores.network, point, batch, direction)
    return check.error(scores.scores(point, batch, direction)) <= EXACT


def products_otherwise(
    network: ParameterizedGraph,
    point: EvaluationPoint,
    batch: Batch,
    direction: Array,
    fast: bool,
    forward: Callable[[], Optional[ForwardScores]],
) -> CheckedProducts:
    """Choose how the products of a network are computed without our own pass, on a first batch.

    By double backward where it can do that and does it right; otherwise the Hessian product by central differences, and
    the scores by forward mode or else by differences too.

    Args:
        network: The built network with its parameters.
        point: Where the batch is.
        batch: Columns of B samples.
        direction: u (P,).
        fast: Whether to use the NumPy second derivative of batch normalisation (CPU only).
        forward: Returns the scores by forward mode if they are right.

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
    scores = forward()
    if scores is None:
        notice = f"{reason} Scores and Hessian products come from central differences: less accurate, the scores {off}"
        return CheckedProducts(differences, notice)
    notice = (
        f"{reason} Hessian products come from central differences: less accurate, as scores would be {off}; the scores "
        "come from the forward mode"
    )
    return CheckedProducts(ForwardAndDifferences(scores, differences), notice)


def _curvature_error(
    curvature: Array, network: ParameterizedGraph, point: EvaluationPoint, batch: Batch, direction: Array
) -> float:
    """Return the error of ``sum_i H_i u`` by a difference of gradients, relative to its size.

    In double precision the difference may be so short that it crosses next to no kink.
    """
    double = ForwardOverReverse(network, np.float64)
    relative_length = float(np.linalg.norm(direction) / (np.linalg.norm(point.theta) or 1.0)) or 1.0
    step = SHORT / relative_length
    ones = np.ones(network.graph.batch_size)
    up, down = (double.gradient(point.shifted(sign * step * direction), batch, ones) for sign in (1.0, -1.0))
    expected = (up - down) / (2.0 * step)
    # A network of straight lines has next to no curvature, and its difference says nothing below this.
    resolved = RESOLVED * relative_length * float(np.linalg.norm(up))
    return relative_error(curvature, expected, resolved)


def _first_scores(exact: ExactProducts, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
    """Compute the first scores; some networks show only now that NNabla cannot differentiate them twice."""
    try:
        return exact.run(point, batch, direction)[0]
    except RuntimeError as error:
        raise UnsupportedError(f"NNabla cannot differentiate this network twice ({one_line(error)}).") from error
