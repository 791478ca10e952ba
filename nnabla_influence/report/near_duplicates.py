"""Samples that look like a harmful one: the same picture saved twice, or a row of a table that was copied and edited.

They are looked for among the samples on the page, since only these are decoded. Two pictures are near-duplicates if
their thumbnails of 16 x 16 pixels differ by less than 3 % of the range of a pixel, two rows of numbers if their columns
differ by less than a tenth of a column's standard deviation; both are root mean squares. A picture that was compressed
or scaled again lies below that (measured: 1 %), two written digits by different hands above (4 % and more).
"""

from __future__ import annotations

from typing import Dict, List, Sequence

import numpy as np
from PIL import Image

from ..array import Array, IntArray

__all__ = ["NEAR_NUMBERS", "NEAR_PICTURES", "near_duplicates", "number_features", "picture_features"]

NEAR_PICTURES = 0.03
NEAR_NUMBERS = 0.1
MOST_NEAR = 8
_SIDE = 16
_BLOCK = 256


def near_duplicates(features: Array, asked: Sequence[int], border: float) -> Dict[int, List[int]]:
    """Find the near-duplicates of some samples.

    Args:
        features: What describes each sample (n, d).
        asked: Whose near-duplicates to find.
        border: The root mean square of the differences below which two samples are near-duplicates.

    Returns:
        The positions of at most eight others, closest first, for each asked sample that has any.
    """
    squares = (features**2).sum(axis=1)  # (n,)
    least = features.shape[1] * border**2
    near_of: Dict[int, List[int]] = {}
    for start in range(0, len(asked), _BLOCK):
        block = np.asarray(asked[start : start + _BLOCK], np.int64)  # (b,)
        distances = squares[block, None] + squares - 2 * features[block] @ features.T  # (b, n)
        distances[np.arange(len(block)), block] = np.inf
        for sample, row in zip(block.tolist(), distances):
            near = _closest(row, least)
            if len(near):
                near_of[sample] = near.tolist()
    return near_of


def picture_features(images: Sequence[Image.Image]) -> Array:
    """Make small thumbnails of pictures, (n, d), each number from 0 to 1."""
    small = [image.convert("RGBA").resize((_SIDE, _SIDE), Image.Resampling.BOX) for image in images]
    features: Array = np.stack([np.asarray(image, np.float32).ravel() / 255 for image in small])
    return features


def number_features(numbers: Array) -> Array:
    """Standardize columns (n, d); what is missing counts as the mean, a constant column not at all."""
    known = numbers[:, np.isfinite(numbers).any(axis=0)]
    known = np.where(np.isfinite(known), known, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers near the largest there are
        deviations = np.nanstd(known, axis=0)
        varying = (deviations > 0) & np.isfinite(deviations)
        features: Array = (known - np.nanmean(known, axis=0))[:, varying] / deviations[varying]
    return np.nan_to_num(features)


def _closest(distances: Array, least: float) -> IntArray:
    near = np.flatnonzero(distances < least)
    return near[np.argsort(distances[near], kind="stable")][:MOST_NEAR]
