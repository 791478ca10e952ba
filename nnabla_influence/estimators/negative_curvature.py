"""What the log says about negative curvature that a method has to ignore."""

from __future__ import annotations

import logging

from ..linalg import FunctionProduct

__all__ = ["log_negative_curvature"]

LOGGER = logging.getLogger("nnabla_influence")
NOISE = 0.01  # of the largest Ritz value: below it, float32 and finite differences explain a negative one


def log_negative_curvature(product: FunctionProduct) -> None:
    """Say in the log that negative Ritz values were taken as 0, if they are more than noise."""
    largest = float(product.ritz_values.max(initial=0.0))
    if -product.most_negative > NOISE * largest:
        LOGGER.info(
            "curvature: %d negative Ritz values, down to %.3g, are taken as 0", product.negative, product.most_negative
        )
