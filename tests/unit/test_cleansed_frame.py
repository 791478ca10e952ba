"""A data frame without its most harmful rows."""

import numpy as np
import pandas as pd
import pytest

from nnabla_influence.cleansed_frame import cleanse
from nnabla_influence.cleansing import Below
from nnabla_influence.errors import DataError
from nnabla_influence.scores import InfluenceScores

SCORES = InfluenceScores(np.array([0.5, -2.0, 0.5, -2.0, -0.1]), "m")


def test_a_frame_is_cleansed_in_memory():
    frame = pd.DataFrame({"x": range(5), "kind": list("abcde")}, index=[9, 8, 7, 6, 5])
    before = frame.copy()
    kept, removed = cleanse(frame, SCORES, 2)
    assert removed["x"].tolist() == [1, 3] and removed.index.tolist() == [8, 6]
    assert kept["x"].tolist() == [0, 2, 4] and list(kept.columns) == ["x", "kind"]
    assert cleanse(frame, SCORES, Below(-1)).removed.equals(removed) and frame.equals(before)


def test_a_frame_of_other_rows_or_without_any_left_is_refused():
    frame = pd.DataFrame({"x": range(5)})
    with pytest.raises(DataError, match="scores of the 4 rows of the frame, got 5"):
        cleanse(frame.iloc[:4], SCORES, 1)
    with pytest.raises(DataError, match="all 5 would be removed"):
        cleanse(frame, SCORES, 5)
