"""What all estimators share: names, settings, one way to be asked, the table that comes along."""

import inspect

import numpy as np
import pytest

from nnabla_influence import choices
from nnabla_influence.choices import DEFAULT_OBJECTIVE
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.device import Device
from nnabla_influence.estimators import METHODS, InfluenceEstimator, LastEpochInfluence, SgdInfluence, TracIn
from nnabla_influence.network import Network
from nnabla_influence.scores import InfluenceScores


def test_the_methods_are_those_that_users_choose_from():
    assert tuple(METHODS) == choices.METHODS
    assert next(iter(METHODS)) == choices.DEFAULT_METHOD
    assert all(made.method == name for name, made in METHODS.items())


@pytest.mark.parametrize("made", METHODS.values(), ids=lambda made: made.method)
def test_settings_carry_the_names_of_the_constructor(made):
    """An interrupted scoring is recognised by them, and an option is called like its setting."""
    settings = made().settings()
    expected = set(inspect.signature(made).parameters)
    if made is SgdInfluence:
        expected |= {"batch_norm"}  # fixed: the statistics of the batch, as in training
    assert set(settings) == expected | {"method"} and settings["method"] == made.method
    assert all(isinstance(value, str) for value in settings.values())


def test_another_setting_is_another_identity():
    same = {"method": "tracin", "device": str(Device()), "objective": DEFAULT_OBJECTIVE}
    assert TracIn(checkpoints=2).settings() == {**same, "checkpoints": "2"}
    assert SgdInfluence(through="all").settings() != SgdInfluence().settings()


@pytest.mark.parametrize("made", METHODS.values(), ids=lambda made: made.method)
def test_estimate_is_written_once(made):
    assert made.estimate is InfluenceEstimator.estimate


class Position(InfluenceEstimator):
    """The simplest of all."""

    method = "position"

    def _scores(self, task):
        task.report(len(task.train), len(task.train))
        return InfluenceScores(np.arange(len(task.train), dtype=float), self.method, {"a": 1.0})


def test_scores_carry_the_table_of_the_training_data(tmp_path, run):
    path = tmp_path / "train.csv"
    path.write_text("x__0,x__1,y:label\n1,2,0\n3,4,1\n", encoding="utf-8")
    data, calls = Dataset.from_csv(path, data_cache=tmp_path / "data"), []
    cache, _, validation = run()
    found = Position().estimate(cache, data, validation, lambda *call: calls.append(call))
    assert found.table is data.table and found.values.tolist() == [0, 1] and found.facts == {"a": 1.0}
    assert calls == [(2, 2)]
    assert Position().estimate(cache, run()[1], validation).table is None, "data made from arrays has none"


def test_the_same_run_gives_the_same_bits(run, scores):
    finished = run()
    assert np.array_equal(scores(LastEpochInfluence(), *finished), scores(LastEpochInfluence(), *finished))


def test_a_graph_is_built_once_per_batch_size(run, monkeypatch):
    finished, built = run(), []
    build = Network.build
    monkeypatch.setattr(
        Network,
        "build",
        lambda self, store, size, *rest, **named: (
            built.append((size, *rest)),
            build(self, store, size, *rest, **named),
        )[1],
    )
    LastEpochInfluence().estimate(*finished)
    assert len(built) == len(set(built)) <= 4, "training and validation batches have two sizes each"
