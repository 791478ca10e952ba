"""LDS and leave-one-out: a ranking made of the truth itself agrees, a random one does not."""

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.estimators import SpectralInfluence
from nnabla_influence.evaluation.attribution import Retrainings, attribution
from nnabla_influence.evaluation.group_plan import GroupPlan
from nnabla_influence.evaluation.trial import Trial
from nnabla_influence.network import Network
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.training import train

N = 40


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
        spectral = SpectralInfluence().estimate(cache, data, validation)
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
