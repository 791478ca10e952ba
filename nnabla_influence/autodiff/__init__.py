"""Derivatives of a network's loss, as NumPy arrays."""

from .oracle import LossOracle

__all__ = ["LossOracle"]
