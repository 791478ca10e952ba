"""The way back over NNabla's graphs in NumPy and BLAS: `PullBack`, and a pull for each layer."""

from .pull_back import PullBack

__all__ = ["PullBack"]
