"""Forward-mode differentiation of NNabla's graphs in NumPy and BLAS: `TangentPass`, and a rule for each layer."""

from .tangent_pass import TangentPass, Tape

__all__ = ["Tape", "TangentPass"]
