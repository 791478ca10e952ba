"""What an unfinished training leaves on disk, and what it gets back."""

from types import SimpleNamespace

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import CacheMismatchError, CorruptFileError
from nnabla_influence.training import Checkpoint
from nnabla_influence.training.training_progress import TrainingProgress, UnfinishedTraining


def state(step):
    random = np.random.RandomState(step)
    numbers = random.normal(size=(4, 3)).astype(np.float32)
    return Checkpoint(step, numbers[0], numbers[1], {"m": numbers[2], "var": numbers[3]})


def same(ours, theirs):
    arrays = zip((ours.theta, ours.statistics), (theirs.theta, theirs.statistics))
    solver = all(np.array_equal(ours.solver[name], theirs.solver[name]) for name in theirs.solver)
    return ours.step == theirs.step and all(np.array_equal(*pair) for pair in arrays) and solver


@pytest.fixture
def unfinished(tmp_path):
    """``unfinished(seed=0)``: the training of a run with this passport."""
    return lambda seed=0: UnfinishedTraining(tmp_path / "c.h5", {"seed": seed})


def test_nothing_is_there_at_the_start(unfinished):
    assert unfinished().load() is None


def test_progress_comes_back_as_it_was_saved(unfinished):
    history = [0.1, 1 / 3, 1e-300]
    unfinished().save(TrainingProgress(state(7), history, {"margins": np.arange(4.0)}))
    loaded = unfinished().load()
    assert same(loaded.state, state(7)) and loaded.history == history
    assert list(loaded.records) == ["margins"] and loaded.records["margins"].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_states_for_the_cache_come_back_in_the_order_that_is_asked_for(unfinished):
    for step in (8, 4, 0):
        unfinished().keep(state(step))
    assert [kept.step for kept in unfinished().kept([0, 4, 8])] == [0, 4, 8]
    assert same(unfinished().kept([4])[0], state(4))


def test_a_state_that_is_gone_is_damage(unfinished, tmp_path):
    unfinished().keep(state(0))
    (tmp_path / "c.h5.partial" / "kept-0.npz").unlink()
    with pytest.raises(CorruptFileError, match="Files are missing in .*c.h5.partial'") as damaged:
        unfinished().kept([0])
    assert damaged.value.said(IN_COMMANDS).endswith("c.h5.partial'. Remove it with --discard, train again.")


def test_another_runs_progress_is_refused(unfinished):
    unfinished(seed=1)
    with pytest.raises(CacheMismatchError, match="seed: 2 / 1"):
        unfinished(seed=2)


def test_a_save_is_due_when_the_last_one_is_long_ago(unfinished, monkeypatch):
    clock = [100.0]
    module = "nnabla_influence.training.training_progress.time"
    monkeypatch.setattr(module, SimpleNamespace(monotonic=lambda: clock[0]))
    training = unfinished()
    assert not training.due
    clock[0] += 21
    assert training.due
    training.save(TrainingProgress(state(1), [0.0], {}))
    assert not training.due
