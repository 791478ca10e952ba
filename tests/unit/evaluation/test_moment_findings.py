"""A solver's memory beside the steps that were taken."""

import pytest

from nnabla_influence.config import SolverConfig
from nnabla_influence.evaluation.moment_findings import moment_findings

MOMENTUM = SolverConfig("Momentum", 0.1, parameters={"momentum": 0.9})
ADAM = SolverConfig("Adam", 0.001, parameters={"beta1": 0.9, "beta2": 0.999})


@pytest.mark.parametrize(
    "solver, epoch, steps, actions",
    [
        (SolverConfig("Sgd", 0.1), 1, 1, []),
        (MOMENTUM, 10, 10, []),
        (MOMENTUM, 9, 900, ["smaller-batches-or-longer-horizon"]),
        (ADAM, 10, 1000, []),
        (ADAM, 10, 990, ["train-longer-or-forget-sooner"]),
        (ADAM, 1, 20, ["smaller-batches-or-longer-horizon", "train-longer-or-forget-sooner"]),
        (SolverConfig("RMSprop", 0.1, parameters={"decay": 0.9}), 1, 9, ["train-longer-or-forget-sooner"]),
        (SolverConfig("Adagrad", 0.1), 1, 1, []),
        (SolverConfig("Momentum", 0.1, parameters={"momentum": 0.0}), 1, 1, []),
    ],
)
def test_few_steps(solver, epoch, steps, actions):
    assert [finding.remedy.action for finding in moment_findings(solver, epoch, steps)] == actions


def test_one_step_is_one_step():
    assert moment_findings(MOMENTUM, 1, 20)[0].text.startswith("an epoch has 1 step, fewer")
