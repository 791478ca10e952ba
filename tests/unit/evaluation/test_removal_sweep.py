"""Sweeps: nothing is done twice, nothing of another experiment is mixed in, and the order does not matter."""

from dataclasses import replace

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import CacheMismatchError, ConfigError
from nnabla_influence.evaluation import removal_sweep
from nnabla_influence.evaluation.evaluation_data import EvaluationData
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.evaluation.removal_sweep import RemovalSweep, run_removal_sweep
from nnabla_influence.evaluation.trial import Trial
from nnabla_influence.network import Network
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.training import train


def samples(count, seed):
    random = np.random.RandomState(seed)
    return Dataset.from_arrays({"x": random.normal(size=(count, 4)), "y": random.randint(3, size=(count, 1))})


def ranking(seed, method="m"):
    return InfluenceScores(np.random.RandomState(seed).normal(size=24), method)


@pytest.fixture
def data():
    return EvaluationData(samples(24, 0), samples(10, 3), samples(10, 1), samples(10, 2))


@pytest.fixture
def trials(tmp_path, data):
    found = []
    for seed in range(2):
        config = TrainingConfig(SolverConfig(learning_rate=0.1), epochs=2, batch_size=6, seed=seed)
        network = Network.builtin("builtin:mlp", (4,), 3, seed=seed)
        cache = train(network, data.train, config, tmp_path / f"{seed}.h5")
        found.append(Trial(cache.path, seed, {"m": ranking(seed)}, np.zeros(24)))
    return found


@pytest.fixture
def retrained(monkeypatch):
    """Counts the retrainings that are performed."""
    performed = []
    original = removal_sweep.completed

    def counting(function, jobs, execution):
        for number, result in original(function, jobs, execution):
            performed.append(number)
            yield number, result

    monkeypatch.setattr(removal_sweep, "completed", counting)
    return performed


def figures(curve):
    """Selection and test loss of every row, to the nine digits that the CSV keeps."""
    return {row.key: (f"{row.selection_loss:.9g}", f"{row.test_loss:.9g}") for row in curve.rows}


def test_every_method_number_and_seed_is_retrained_beside_removing_nothing(trials, data):
    curve = run_removal_sweep(trials, data, RemovalSweep([3, 6], ("last-epoch", "scratch")))
    assert len(curve.rows) == 2 * 2 * (1 + 2)
    # Without removal both kinds of retraining end where the training ended.
    assert len(set(figures(curve).values())) == len(curve.rows) - 2


def test_what_is_done_is_never_done_again(trials, data, tmp_path, retrained):
    target = tmp_path / "curve.csv"
    first = run_removal_sweep(trials, data, RemovalSweep([3, 6]), target)
    assert len(retrained) == 6
    again = run_removal_sweep(trials, data, RemovalSweep([3, 6]), target)
    assert len(retrained) == 6 and figures(again) == figures(first)


def test_numbers_and_methods_are_added_to_the_same_file(trials, data, tmp_path, retrained):
    target = tmp_path / "curve.csv"
    run_removal_sweep(trials, data, RemovalSweep([3]), target)
    more = [Trial(t.cache, t.seed, {**t.scores, "other": ranking(t.seed + 9)}) for t in trials]
    run_removal_sweep(more, data, RemovalSweep([3, 6]), target)
    assert len(retrained) == 4 + 6
    assert len(RemovalCurve.read_csv(target).rows) == 10


def test_an_interrupted_sweep_goes_on(trials, data, tmp_path, retrained):
    target = tmp_path / "curve.csv"

    def stop(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_removal_sweep(trials, data, RemovalSweep([3, 6]), target, stop)
    curve = run_removal_sweep(trials, data, RemovalSweep([3, 6]), target)
    assert len(retrained) == 6
    assert figures(curve) == figures(run_removal_sweep(trials, data, RemovalSweep([3, 6])))


def test_a_ranking_that_has_changed_is_measured_again(trials, data, tmp_path, retrained):
    target = tmp_path / "curve.csv"
    run_removal_sweep(trials, data, RemovalSweep([3]), target)
    changed = [Trial(t.cache, t.seed, {"m": ranking(t.seed + 50)}) for t in trials]
    run_removal_sweep(changed, data, RemovalSweep([3]), target)
    assert len(retrained) == 4 + 2  # removing nothing is what it was
    assert len(RemovalCurve.read_csv(target).rows) == 4


def test_a_file_of_other_data_is_refused(trials, data, tmp_path):
    target = tmp_path / "curve.csv"
    run_removal_sweep(trials, data, RemovalSweep([3]), target)
    before = target.read_bytes()
    with pytest.raises(CacheMismatchError) as caught:
        run_removal_sweep(trials, replace(data, test=samples(10, 7)), RemovalSweep([3]), target)
    assert caught.value.said(IN_COMMANDS).endswith("Choose another file, or replace it with --overwrite.")
    assert target.read_bytes() == before


def test_relabelling_is_another_line_of_the_curve(trials, data):
    curve = run_removal_sweep(trials, data, RemovalSweep([6], treatments=("remove", "relabel")))
    assert curve.series == [("m", "remove"), ("m", "relabel")]
    assert len(set(figures(curve).values())) == len(curve.rows)


def test_retrainings_from_one_cache_differ_by_the_seed_of_their_order(trials, data):
    orders = [Trial(trials[0].cache, 0, trials[0].scores, order_seed=seed) for seed in range(3)]
    curve = run_removal_sweep(orders, data, RemovalSweep([6]))
    assert [row.seed for row in curve.rows if row.method == "none"] == [0, 1, 2]
    assert len({row.selection_loss for row in curve.rows}) == len(curve.rows)


def test_impossible_sweeps_are_refused(trials, data):
    with pytest.raises(ConfigError, match="24 training samples, 24.*remove fewer"):
        run_removal_sweep(trials, data, RemovalSweep([24]))
    with pytest.raises(ConfigError, match="not 'nowhere'"):
        RemovalSweep([1], starts=("nowhere",))
    with pytest.raises(ConfigError, match="0 or more"):
        RemovalSweep([-1])
    without = [Trial(t.cache, t.seed, t.scores) for t in trials]
    with pytest.raises(ConfigError, match="predicted labels"):
        run_removal_sweep(without, data, RemovalSweep([3], treatments=("relabel",)))


def test_the_control_trains_on_the_rows_that_scored_and_changes_no_other_row(trials, data, tmp_path, retrained):
    target = tmp_path / "curve.csv"
    plain = run_removal_sweep(trials, data, RemovalSweep([3], ("last-epoch", "scratch")), target)
    done = len(retrained)
    sweep = RemovalSweep([3], ("last-epoch", "scratch"), controls=("add-validation",))
    curve = run_removal_sweep(trials, data, sweep, target)
    assert len(retrained) == done + 4 and figures(plain).items() <= figures(curve).items()
    assert curve.series == plain.series and curve.choices() == plain.choices()
    for start in sweep.starts:
        control = curve.control("add-validation", start, "test_loss")
        whole = curve.by_seed("none", "remove", 0, start, "test_loss")
        rows = [row for row in curve.rows if row.treatment == "add-validation" and row.start == start]
        assert control.seeds == 2 and {row.removed for row in rows} == {0}
        assert control.mean == pytest.approx(np.mean([row.test_loss - whole[row.seed] for row in rows]), abs=1e-8)
        assert plain.control("add-validation", start, "test_loss").seeds == 0
    other = replace(data, scoring=samples(10, 7))
    run_removal_sweep(trials, other, sweep, target)
    assert len(retrained) == done + 8, "other rows are another training"


def test_no_such_control():
    with pytest.raises(ConfigError, match="controls of a removal curve are some of add-validation, not 'magic'"):
        RemovalSweep([3], controls=("magic",))
