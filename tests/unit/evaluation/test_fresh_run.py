"""A first training on a data set, as a job."""

import numpy as np
from support.small_projects import arrays

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.evaluation.fresh_run import MEASURED, FreshRun, run_fresh
from nnabla_influence.evaluation.performance import PerformanceMeter
from nnabla_influence.network import Network
from nnabla_influence.training import train

CONFIG = TrainingConfig(SolverConfig("Sgd", 0.1), epochs=3, batch_size=6, average_parameters=False)


def test_it_is_what_training_into_a_cache_gives(tmp_path):
    data, measured = arrays(), arrays(16, seed=1)
    network = Network.builtin("builtin:mlp", (2,), 3, seed=4)
    found = run_fresh(FreshRun(network, data, CONFIG, measured)).performance[MEASURED]
    final = train(network, data, CONFIG, tmp_path / "c.h5").final
    wanted = PerformanceMeter(network).measure(final.theta, final.statistics, measured)
    assert found == wanted and np.array_equal(found.rows[0], wanted.rows[0])


def test_a_training_that_diverges_has_infinite_loss():
    wild = TrainingConfig(SolverConfig("Sgd", 1e20), epochs=2, batch_size=6, average_parameters=False)
    network = Network.builtin("builtin:mlp", (2,), 3, seed=4)
    found = run_fresh(FreshRun(network, arrays(), wild, arrays(16, seed=1))).performance[MEASURED]
    assert found.loss == float("inf") and len(found.rows[0]) == 16
