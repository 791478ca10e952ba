"""What is read from an influence CSV, and what is refused."""

import numpy as np
import pytest

from nnabla_influence.errors import DataError
from nnabla_influence.report.scored_samples import ScoredSamples

HEADER = "x,y,influence,datasource_index\n"


def test_every_column_is_found(folder):
    samples = ScoredSamples.read(folder.digits(count=4))
    assert samples.scores.tolist() == [-0.5, -0.25, 0.125, 0.375]
    assert samples.score_cells == ["-0.5", "-0.25", "0.125", "0.375"]
    assert samples.indexes.tolist() == [3, 1, 0, 2]
    assert samples.losses.tolist() == [0.75, 0.25, 0, 0.5]
    assert samples.predicted.tolist() == [1, 2, 0, 2]
    assert [samples.classes.name(line) for line in range(4)] == ["0", "1", "0", "2"]
    assert [samples.differs(line) for line in range(4)] == [True, True, False, False]
    assert [column.name for column in samples.data_columns] == ["x", "y"]


def test_the_rank_comes_from_the_score_and_the_row_not_from_the_line(folder):
    samples = ScoredSamples.read(folder.csv(HEADER + "1,0,0.5,0\n1,0,-2,7\n1,0,-2,3\n"))
    assert samples.indexes[samples.order].tolist() == [3, 7, 0]


def test_scores_of_one_sign_have_no_sign(folder):
    assert ScoredSamples.read(folder.csv(HEADER + "1,0,-2,0\n1,0,1e-9,1\n")).signed
    assert not ScoredSamples.read(folder.csv(HEADER + "1,0,-2,0\n1,0,0,1\n")).signed


def test_further_columns_of_numbers_are_kept_and_text_is_not(folder):
    text = "x,influence,tracin,note,loss,datasource_index\n1,-1,5,good,,0\n2,1,,bad,0.5,1\n"
    samples = ScoredSamples.read(folder.csv(text))
    assert list(samples.extras) == ["tracin", "loss"]
    np.testing.assert_array_equal(samples.losses, [np.nan, 0.5])
    assert samples.predicted is None and samples.classes is None


@pytest.mark.parametrize(
    "text, message",
    [
        ("x,y\n1,2\n", "expected one column datasource_index, got the columns x, y"),
        ("x,datasource_index\n1,2\n", "expected one column influence"),
        (HEADER + "1,0,nan,0\n1,0,bad,1\n", "2 broken cells"),
        (HEADER + "1,0,1,\n", "column 'datasource_index', value '': expected a whole number"),
        (HEADER + "1,0,1,0\n1,0,1,0\n", "each datasource_index once, got 0 on the lines 2 and 3"),
    ],
)
def test_what_is_no_influence_csv_is_refused(folder, text, message):
    with pytest.raises(DataError, match=message):
        ScoredSamples.read(folder.csv(text))
