"""Cells and headers."""

import numpy as np
import pytest

from nnabla_influence.dataset.importing.imported_data import cell_of, label_header


@pytest.mark.parametrize("number", [0.1, 1 / 3, -2.0, 1e300, 5e-324, 123456789012345.0, 1e16, float(np.float32(0.1))])
def test_numbers_read_back_the_same(number):
    assert float(cell_of(number)) == number


def test_labels_have_one_column_or_a_vector():
    assert label_header(["kind"]) == ["y:kind"] and label_header(["a", "b"]) == ["y__0:a", "y__1:b"]
