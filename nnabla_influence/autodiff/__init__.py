"""Derivatives of a network's loss, as NumPy arrays and operators."""

from .curvature import CURVATURES, MeanCurvature, drawn_batches
from .oracle import LossOracle

__all__ = ["CURVATURES", "LossOracle", "MeanCurvature", "drawn_batches"]
