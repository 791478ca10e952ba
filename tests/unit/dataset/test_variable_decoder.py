"""The samples of one variable must agree; most of them say in what."""

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.decoded_files import decoded_files
from nnabla_influence.dataset.inspection import inspect
from nnabla_influence.dataset.problems import Problems
from nnabla_influence.dataset.variable_decoder import VariableDecoder
from nnabla_influence.errors import DataError


class Writer:
    """Keeps what an `ArrayWriter` would write."""

    def __init__(self):
        self.begun, self.written = [], []

    def begin(self, shape, dtype):
        self.begun.append((shape, dtype))

    def write(self, values):
        self.written.append(values)


def decoded(folder, text, image_size=None):
    table = Table.read(folder.csv(text))
    problems, writer = Problems(table.path), Writer()
    decoder = VariableDecoder(table, inspect(table, problems)[0], writer)
    for row in range(len(table)):
        for k, cell in list(decoder.cells(row, problems)):
            decoder.take(row, k, next(decoded_files([cell], image_size)), problems)
    decoder.report_odd_ones(problems)
    return writer, problems


def test_whole_samples_are_written_in_order(folder):
    for number in range(3):
        folder.npy(f"{number}.npy", np.full((2, 3), number))
    writer, problems = decoded(folder, "x\n2.npy\n0.npy\n1.npy\n")
    assert writer.begun == [((2, 3), np.dtype("float32"))] and len(problems) == 0
    np.testing.assert_array_equal([array[0, 0] for array in writer.written], [2, 0, 1])


def test_the_cells_of_a_vector_are_put_before_the_shape_of_one(folder):
    folder.npy("a.npy", np.zeros(4))
    writer, _ = decoded(folder, "x__0,x__1\na.npy,a.npy\n")
    assert writer.begun[0][0] == (2, 4) and len(writer.written) == 2


def test_the_odd_one_is_named_and_nothing_is_written_after_it(folder):
    for name, size in (("a.png", 4), ("b.png", 4), ("c.png", 5)):
        folder.image(name, np.zeros((size, size), np.uint8))
    writer, problems = decoded(folder, "x\na.png\nc.png\nb.png\n")
    assert len(writer.written) == 1 and problems.reported(3, 0) and len(problems) == 1
    with pytest.raises(DataError) as caught:
        problems.raise_if_any()
    assert "expected 4x4 grey image like 2 other cells, got 5x5 grey image" in str(caught.value)
    assert caught.value.said(IN_COMMANDS).endswith("\nResize the images to one size with --image-size HxW.")
    assert len(decoded(folder, "x\na.png\nc.png\nb.png\n", image_size=(3, 3))[1]) == 0
