"""A training data set in memory, a data frame, without its most harmful rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Union

import numpy as np

from .cleansing import Count, Removal
from .errors import DataError
from .scores import InfluenceScores

if TYPE_CHECKING:
    from .frames import Frame

__all__ = ["CleansedFrame", "cleanse"]


class CleansedFrame(NamedTuple):
    """A data frame in two.

    Attributes:
        kept: The rows that stay, in their order, with their index.
        removed: The rows that go, likewise.
    """

    kept: Frame
    removed: Frame


def cleanse(frame: Frame, scores: InfluenceScores, removal: Union[int, Removal]) -> CleansedFrame:
    """Take the most harmful rows out of a data frame; the frame itself stays as it is.

    Args:
        frame: The training data, in the order in which it was scored.
        scores: The scores of its rows.
        removal: A number of rows, or a rule such as `Share(0.02)`.

    Raises:
        DataError: The scores are of other data, or nothing would be left.

    Example:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"x": [1, 2, 3]}, index=["a", "b", "c"])
        >>> cleansed = cleanse(frame, InfluenceScores(np.array([0.5, -2.0, 0.1]), "loss"), 1)
        >>> list(cleansed.kept.index), list(cleansed.removed.index)
        (['a', 'c'], ['b'])
    """
    if len(frame) != len(scores.values):
        raise DataError(f"Expected scores of the {len(frame)} rows of the frame, got {len(scores.values)} scores.")
    rule = Count(removal) if isinstance(removal, int) else removal
    gone = np.zeros(len(frame), bool)  # (N,)
    gone[rule.rows(scores)] = True
    if gone.all():
        raise DataError(f"Expected some rows to be left over, but all {len(frame)} would be removed. Remove fewer.")
    return CleansedFrame(frame[~gone], frame[gone])
