"""What a cache or an influence CSV holds."""

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import DataError
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.workflow.describe import RECORDS, describe, describe_cache, describe_scores, is_cache


def test_a_cache_is_told_by_its_bytes_or_its_name(cache, data, tmp_path):
    (tmp_path / "renamed.csv").write_bytes(cache.path.read_bytes())
    (tmp_path / "broken.h5").write_text("nothing", encoding="utf-8")
    assert is_cache(cache.path) and is_cache(tmp_path / "renamed.csv") and is_cache(tmp_path / "broken.h5")
    assert not is_cache(data / "training.csv")


def test_a_cache(cache, data):
    described = dict(describe(str(cache.path)))
    assert described == dict(describe_cache(cache.path))
    assert described["training cache"].endswith("policy last-epoch, checksum correct")
    assert described["training data"] == f"{data / 'training.csv'}, 24 rows"
    assert described["solver"] == "Sgd, learning rate 0.1, schedule Constant, weight decay 0"
    assert described["epochs, batch size, seed"] == "2, 6, 0" and described["steps"] == "8 (4 per epoch)"
    assert described["parameters kept"] == "2: before step 4 to 8 (8 is final)"
    assert described["noted down in training"] == RECORDS["average"]


def test_what_was_noted_down_is_said_in_the_words_of_the_door(cache):
    assert dict(describe(cache.path, {"average": "A", "margins": "M"}))["noted down in training"] == "A"


def test_an_influence_csv(tmp_path):
    path = tmp_path / "i.csv"
    path.write_text("x,influence,datasource_index\n5,-0.5,2\n4,0.25,0\n3,0.5,1\n", encoding="utf-8")
    assert (
        dict(describe(path))
        == dict(describe_scores(path))
        == {
            "influence CSV": "3 rows, columns x, influence, datasource_index",
            "unchanged since written": "nobody knows: there is no passport beside it",
            "negative: harmful": "1",
            "positive: helpful": "2",
            "lowest, median, highest": "-0.5, 0.25, 0.5",
            "most harmful rows": "2, 0, 1",
            "most helpful rows": "1, 0, 2",
        }
    )


def test_an_influence_csv_that_names_its_objective(tmp_path):
    path = tmp_path / "i.csv"
    path.write_text("x,influence:error,datasource_index\n5,-0.5,2\n4,0.25,0\n", encoding="utf-8")
    assert dict(describe(path))["objective"] == "expected validation error"


def test_what_is_neither(data):
    with pytest.raises(DataError, match="expected one column datasource_index"):
        describe(data / "training.csv")


def test_an_influence_csv_with_its_passport(tmp_path):
    data = tmp_path / "train.csv"
    data.write_text("x,y\n5,0\n4,1\n3,0\n", encoding="utf-8")
    path = tmp_path / "i.csv"
    scores = InfluenceScores(np.array([1.0, -1.0, 0.5]), "loss", fingerprint="f" * 64, seeds=(3, 4))
    scores.to_csv(path, Table.read(data))
    said = dict(describe(path))
    assert said["unchanged since written"] == "yes" and said["method, seeds"] == "loss, [3, 4]"
    assert said["data fingerprint"] == "f" * 64 and "numpy" in said["made with"]
    path.write_bytes(path.read_bytes().replace(b"0.5", b"0.6"))
    assert dict(describe(path))["unchanged since written"].startswith("it was edited since it was written: cells")
