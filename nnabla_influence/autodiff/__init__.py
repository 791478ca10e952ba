"""Derivatives of a network's loss, as NumPy arrays and operators."""

from .loss_oracle import LossOracle
from .mean_curvature import MeanCurvature, drawn_batches

__all__ = ["LossOracle", "MeanCurvature", "drawn_batches"]
