"""The way back over NNabla's graphs in NumPy and BLAS: `PullBack`, and a pull for each layer."""

from .kept import Kept
from .pull_back import PullBack
from .pull_registry import PULLS

__all__ = ["PULLS", "Kept", "PullBack"]
