"""LDS and leave-one-out: a ranking made of the truth itself agrees, a random one does not."""

from dataclasses import replace

import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.estimators import SpectralInfluence
from nnabla_influence.evaluation.attribution import Retrainings, attribution
from nnabla_influence.evaluation.group_plan import GroupPlan
from nnabla_influence.evaluation.trial import Trial
from nnabla_influence.network import Network
from nnabla_influence.objective import LOSS, Objective
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.training import TrainingCache, train

N = 40


def with_objective(scored, name):
    """The same trainings, scored by another objective."""
    trials, data, validation = scored
    changed = []
    for trial in trials:
        spectral = SpectralInfluence(objective=name).estimate(TrainingCache.open(trial.cache), data, validation)
        changed.append(replace(trial, scores={**trial.scores, "spectral": spectral}))
    return changed, data, validation


def samples(count, seed):
    random = np.random.RandomState(seed)
    centres = np.random.RandomState(9).normal(size=(3, 4))
    y = random.randint(3, size=count)
    return Dataset.from_arrays({"x": centres[y] + random.normal(size=(count, 4)), "y": y})


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    folder, data, validation = tmp_path_factory.mktemp("attribution"), samples(N, 0), samples(60, 1)
    trials = []
    for seed in range(2):
        config = TrainingConfig(SolverConfig(learning_rate=0.1), epochs=4, batch_size=8, seed=seed)
        cache = train(Network.builtin("builtin:mlp", (4,), 3, seed=seed), data, config, folder / f"{seed}.h5")
        spectral = SpectralInfluence(objective="loss").estimate(cache, data, validation)
        random = InfluenceScores(np.random.RandomState(seed).normal(size=N), "random")
        trials.append(Trial(cache.path, seed, {"spectral": spectral, "random": random}))
    return trials, data, validation


@pytest.mark.parametrize("metric", ["lds", "leave-one-out"])
def test_influence_predicts_retraining_and_chance_does_not(scored, metric):
    trials, data, validation = scored
    found = attribution(trials, GroupPlan(metric, groups=20), Retrainings(data, validation))
    by_method = {agreement.method: agreement for agreement in found}
    assert by_method["spectral"].spearman.mean > 0.7 and by_method["spectral"].pearson.mean > 0.7
    assert abs(by_method["random"].spearman.mean) < 0.5
    assert by_method["spectral"].kendall.seeds == 2


def test_nothing_is_retrained_twice(scored, tmp_path, monkeypatch):
    from nnabla_influence.evaluation import attribution as module

    trials, data, validation = scored
    where, plan = Retrainings(data, validation, tmp_path / "groups.csv"), GroupPlan("lds", groups=4)
    first = attribution(trials, plan, where)
    jobs = []
    monkeypatch.setattr(module, "completed", lambda function, missing, execution: (jobs.append(job) for job in missing))
    assert attribution(trials, plan, where) == first and not jobs


def test_more_groups_than_samples_and_files_of_something_else_are_refused(scored, tmp_path):
    trials, data, validation = scored
    with pytest.raises(ConfigError, match="at most 40 can be left out, not 41"):
        attribution(trials, GroupPlan("leave-one-out", groups=N + 1), Retrainings(data, validation))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected the columns start, seed") as caught:
        attribution(trials, GroupPlan("lds", groups=3), Retrainings(data, validation, tmp_path / "other.csv"))
    assert caught.value.said(IN_COMMANDS).endswith("Choose another output, or replace the file with --overwrite.")
    lines = ("start,seed,group,samples,objective,value,job", "scratch,0,0,1,loss,=1+1,job")
    (tmp_path / "other.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2, column value: expected a number, found '=1\\+1'"):
        attribution(trials, GroupPlan("lds", groups=3), Retrainings(data, validation, tmp_path / "other.csv"))


@pytest.mark.parametrize("metric", ["lds", "leave-one-out"])
def test_scores_by_the_expected_error_are_held_against_its_change(scored, tmp_path, metric):
    trials, data, validation = with_objective(scored, "error")
    where = Retrainings(data, validation, tmp_path / "groups.csv")
    found = {a.method: a for a in attribution(trials, GroupPlan(metric, groups=20), where)}
    assert found["spectral"].spearman.mean > 0.7 and found["spectral"].pearson.mean > 0.7
    assert abs(found["random"].spearman.mean) < 0.5
    table = Table.read(tmp_path / "groups.csv")
    assert {row[4] for row in table.rows} == {"error"} and len(table.rows) == 2 * 21
    whole = [float(row[5]) for row in table.rows if row[2] == "0"]
    for trial, value in zip(trials, whole):
        cache = TrainingCache.open(trial.cache)
        losses = LossOracle(cache.network, "frozen").sample_losses(cache.final.theta, validation.batch(range(60)), True)
        assert value == pytest.approx(np.mean(1 - np.exp(-losses)), rel=1e-5)


def test_a_retraining_for_one_objective_does_not_stand_for_another(scored, tmp_path):
    trials, data, validation = scored
    where, plan = Retrainings(data, validation, tmp_path / "groups.csv"), GroupPlan("lds", groups=3)
    by_loss = attribution(trials, plan, where)
    by_error = attribution(with_objective(scored, "error")[0], plan, where)
    assert by_error != by_loss
    assert by_error == attribution(with_objective(scored, "error")[0], plan, Retrainings(data, validation))
    assert by_loss == attribution(trials, plan, Retrainings(data, validation))


def test_each_method_is_held_against_its_own_scale_at_the_cost_of_one_retraining(scored, tmp_path):
    trials, data, validation = scored
    loss, narrow, wide = LOSS, Objective("error", 0.5), Objective("error", 4.0)
    values = trials[0].scores["spectral"].values
    mixed = {
        "narrow": InfluenceScores(values, "narrow", objective=narrow),
        "wide": InfluenceScores(values, "wide", objective=wide),
        "none": InfluenceScores(values, "none"),
        "loss": InfluenceScores(values, "loss", objective=loss),
    }
    plan, calls = GroupPlan("lds", groups=4), []
    where = Retrainings(data, validation, tmp_path / "groups.csv")
    together = attribution([replace(trials[0], scores=mixed)], plan, where, lambda *call: calls.append(call))
    assert calls[-1] == (5, 5) and len(Table.read(tmp_path / "groups.csv").rows) == 5 * 3
    for agreement, objective in zip(together, (narrow, wide, narrow, loss)):
        alone = {"m": InfluenceScores(values, "m", objective=objective)}
        (expected,) = attribution([replace(trials[0], scores=alone)], plan, Retrainings(data, validation))
        assert replace(expected, method=agreement.method) == agreement


def test_another_divisor_is_another_retraining(scored, tmp_path):
    """Of the same groups: divided by what is left of its batches, steps keep their length."""
    trials, data, validation = scored
    where = Retrainings(data, validation, tmp_path / "groups.csv")
    rows = []
    for divisor in ("batch", "remaining"):  # into the same file: neither stands for the other
        attribution(trials, GroupPlan("lds", groups=3, divisor=divisor), where)
        rows.append(Table.read(where.target).rows)
    for first, second in zip(*rows):
        assert first[:5] == second[:5] and first[6] != second[6]
        assert (first[5] == second[5]) == (first[3] == "0"), "the empty group"
