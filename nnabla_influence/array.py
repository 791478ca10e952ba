"""The one name for NumPy arrays in annotations; shapes and letters stand in the docstrings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "IntArray"]

Array = NDArray[Any]
"""An array of any element type, mostly float32 (data, parameters) or float64 (scores, sums)."""

IntArray = NDArray[np.int64]
"""Row numbers, class numbers, counts."""
