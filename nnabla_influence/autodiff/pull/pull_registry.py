"""All pulls, by NNabla's type of the function."""

from __future__ import annotations

from typing import Dict

from . import (
    convolution_pulls,
    elementwise_pulls,
    layer_pulls,
    loss_pulls,
    normalization_pulls,
    random_pulls,
    shape_pulls,
)
from .kept import Pull

__all__ = ["PULLS"]

PULLS: Dict[str, Pull] = {
    **convolution_pulls.PULLS,
    **elementwise_pulls.PULLS,
    **layer_pulls.PULLS,
    **loss_pulls.PULLS,
    **normalization_pulls.PULLS,
    **random_pulls.PULLS,
    **shape_pulls.PULLS,
}
