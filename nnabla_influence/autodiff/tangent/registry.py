"""All rules of the forward mode, by NNabla's type of the function."""

from __future__ import annotations

from typing import Dict

from . import (
    activations,
    arithmetic,
    batch_normalizations,
    convolutions,
    copies,
    functions_of_analysis,
    interpolation,
    losses,
    matrix_products,
    normalizations,
    pooling,
    random_layers,
    recurrent_layers,
    reductions,
    running,
    shapes,
)
from .node import Rule

__all__ = ["RULES"]

RULES: Dict[str, Rule] = {
    **activations.RULES,
    **arithmetic.RULES,
    **batch_normalizations.RULES,
    **convolutions.RULES,
    **copies.RULES,
    **functions_of_analysis.RULES,
    **interpolation.RULES,
    **losses.RULES,
    **matrix_products.RULES,
    **normalizations.RULES,
    **pooling.RULES,
    **random_layers.RULES,
    **recurrent_layers.RULES,
    **reductions.RULES,
    **running.RULES,
    **shapes.RULES,
}
