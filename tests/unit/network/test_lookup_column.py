"""Values that are looked up in a table must be rows of it."""

import numpy as np
import pytest
from support.network_kinds import LABEL, Column, Kind, classifier, whole, write

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import DataError
from nnabla_influence.network import Network
from nnabla_influence.network.lookup_column import LookupColumn

CLASSES = LookupColumn("y", 3, "the classes of the network")


def check(values):
    CLASSES.check(Dataset.from_arrays({"y": values}))


def test_whole_numbers_below_the_size_are_rows():
    check([0, 1, 2])
    check(np.array([[0, 2], [1, 1]]))


@pytest.mark.parametrize("value, written", [(3, "3"), (-1, "-1"), (0.5, "0.5")])
def test_everything_else_is_refused_with_its_row(value, written):
    with pytest.raises(DataError, match=f"0 to 2, the classes of the network:\n  row 1, column 'y', value {written}\n"):
        check([0, value, 1])


def test_of_many_rows_the_first_are_shown_and_of_a_row_the_first_values():
    with pytest.raises(DataError, match="row 19, .*value 7, 7, 7, ...\n  and 5 more\nCorrect"):
        check(np.full((25, 4), 7))


def test_the_line_of_a_csv_is_named(tmp_path):
    (tmp_path / "d.csv").write_text("y:label\n0\n9\n")
    with pytest.raises(DataError, match="line 3, column 'y', value 9"):
        CLASSES.check(Dataset.from_csv(tmp_path / "d.csv", data_cache=tmp_path))


def test_the_input_of_an_embedding_is_one(tmp_path):
    import nnabla.parametric_functions as PF

    def embedded(v, training):
        return PF.affine(PF.embed(v["x"], 7, 4), 3)

    path = write(Kind("embed", classifier(embedded), {"x": Column((1,), whole(7)), "y": LABEL}), tmp_path)
    with pytest.raises(DataError, match="from 0 to 6, the rows of embedding"):
        Network.load(path).check_data(Dataset.from_arrays({"x": [[6], [7]], "y": [[0], [1]]}))
