"""Files decoded by several processes: the same arrays, errors and bytes on the disk as by one."""

import numpy as np
import pytest

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.dataset.decoded_files import PARCEL, FileCell, decoded_files
from nnabla_influence.dataset.decoding import CellError
from nnabla_influence.errors import DataError
from nnabla_influence.execution import Execution

TWO = Execution(workers=2)
COUNT = 2 * PARCEL + 5


@pytest.fixture
def pictures(folder):
    """A CSV with so many images of 6x6 pixels, and its folder."""
    random = np.random.RandomState(0)
    for number in range(COUNT):
        folder.image(f"{number}.png", random.randint(256, size=(6, 6)).astype(np.uint8))
    rows = "".join(f"{number}.png,{number % 3}\n" for number in range(COUNT))
    return folder.csv(f"x,y\n{rows}")


def entries(data_cache):
    return {path.name: path.read_bytes() for path in data_cache.rglob("*") if path.suffix in (".npy", ".json")}


def test_two_processes_decode_the_bytes_of_one(pictures, tmp_path):
    calls = {}
    for name, execution in (("one", Execution()), ("two", TWO)):
        calls[name] = []
        Dataset.from_csv(
            pictures, data_cache=tmp_path / name, execution=execution,
            progress=lambda *call, kept=calls[name]: kept.append(call),
        )  # fmt: skip
    arrays = [{k: v for k, v in entries(tmp_path / name).items() if k.endswith(".npy")} for name in calls]
    assert len(arrays[0]) == 2 and arrays[0] == arrays[1]
    assert calls["one"] == calls["two"] and calls["one"][-1] == (2 * COUNT, 2 * COUNT)


def test_broken_files_are_listed_alike(pictures, tmp_path):
    for number in (3, PARCEL + 1, COUNT - 1):
        (pictures.parent / f"{number}.png").write_bytes(b"no image")
    said = []
    for name, execution in (("one", Execution()), ("two", TWO)):
        with pytest.raises(DataError) as caught:
            Dataset.from_csv(pictures, data_cache=tmp_path / name, execution=execution)
        said.append(str(caught.value))
    assert said[0] == said[1] and said[0].count("image") >= 3


def test_answers_come_in_the_order_of_the_cells_with_errors_in_their_places(pictures):
    cells = [FileCell("image", str(pictures.parent / f"{number}.png")) for number in (2, 0, 1)]
    cells.insert(1, FileCell("image", str(pictures.parent / "missing.png")))
    one, two = (list(decoded_files(cells, (3, 3), execution)) for execution in (Execution(), TWO))
    assert [type(found) for found in one] == [type(found) for found in two]
    assert isinstance(two[1], CellError) and "readable file" in str(two[1]) and two[1].advice == one[1].advice
    assert all(np.array_equal(a, b) for a, b in zip(one, two) if not isinstance(a, CellError))
    assert two[0].shape == (1, 3, 3)


def test_a_cluster_has_no_part_in_it(pictures):
    cells = [FileCell("image", str(pictures.parent / "0.png"))]
    assert len(list(decoded_files(cells, None, Execution(scheduler="tcp://no-such-machine.invalid:8786")))) == 1
