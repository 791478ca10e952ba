"""Derivatives of a network's loss, as NumPy arrays and operators."""

from .loss_oracle import LossOracle
from .mean_curvature import MeanCurvature, drawn_batches
from .sweep import HERE, SharedSweep, Sweep, sweeping

__all__ = ["HERE", "LossOracle", "MeanCurvature", "SharedSweep", "Sweep", "drawn_batches", "sweeping"]
