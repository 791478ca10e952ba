"""Numbers or files: the cells decide, the majority of them."""

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.inspection import inspect
from nnabla_influence.dataset.problems import Problems


def inspected(folder, text):
    table = Table.read(folder.csv(text))
    problems = Problems(table.path)
    return inspect(table, problems), problems


def test_numbers_files_and_vectors(folder):
    plans, problems = inspected(folder, "x:image,#note,v__0,v__1\na.png,hm,1,2\nb.png,,3,4\n")
    images, vector = plans
    assert (images.name, images.numbers, images.lead) == ("x", None, ())
    assert vector.name == "v" and vector.lead == (2,) and vector.numbers.dtype == np.float32
    np.testing.assert_array_equal(vector.numbers, [[1, 2], [3, 4]])
    assert len(problems) == 0


@pytest.mark.parametrize(
    "cells, numbers, broken",
    [
        (["1", "2", "a.png"], True, [4]),
        (["1", "a.png", "b.png"], False, [2]),
        (["1", "a.png"], True, [3]),  # of equally many, the first filled one decides
        (["a.png", "1"], False, [3]),
        (["", "a.png", "1"], False, [2, 4]),
        (["1", "", "text"], True, [3, 4]),
    ],
)
def test_the_majority_decides_and_the_others_are_broken(folder, cells, numbers, broken):
    plans, problems = inspected(folder, "x,k\n" + "".join(f"{cell},0\n" for cell in cells))
    assert (plans[0].numbers is not None) is numbers
    assert [line for line in range(2, 2 + len(cells)) if problems.reported(line, 0)] == broken


def test_broken_numbers_are_nan(folder):
    plans, problems = inspected(folder, "x\n1\n2\nnan\ntext\n1e39\n")
    np.testing.assert_array_equal(np.isnan(plans[0].numbers[:, 0]), [False, False, True, True, False])
    assert len(problems) == 3
