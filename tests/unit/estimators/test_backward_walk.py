"""The walk back: what it keeps when it is interrupted, and when it stops."""

import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.errors import DivergenceError
from nnabla_influence.estimators import LastEpochInfluence, SgdInfluence
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.resume import PartialFolder
from nnabla_influence.training import FinalState

ADAM = SolverConfig("Adam", 0.01, {"beta1": 0.8, "beta2": 0.95, "eps": 1e-6})


def test_progress_ends_at_the_number_of_samples(run):
    calls = []
    cache, training, validation = run()
    LastEpochInfluence().estimate(cache, training, validation, lambda done, total: calls.append((done, total)))
    assert calls[-1] == (23, 23) and [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_a_divergent_recursion_is_reported_with_numbers_and_advice(run, scores):
    cache, training, validation = run()
    wild = FinalState(cache.network, TrainingConfig(SolverConfig(learning_rate=1e3), batch_size=7), 23)
    with pytest.raises(DivergenceError, match="eigenvalue.*learning rate 1000.*lower learning rate") as refusal:
        scores(LastEpochInfluence(), wild, training, validation)
    end = "No scores were written. Train with a lower --learning-rate, or use --method spectral, which cannot diverge."
    assert refusal.value.said(IN_COMMANDS).endswith(end)
    assert "(Config tab of the project)" in refusal.value.said(IN_FIELDS)


@pytest.mark.parametrize("after", [1, 3])
@pytest.mark.parametrize("method", [LastEpochInfluence, SgdInfluence], ids=lambda m: m.method)
@pytest.mark.parametrize(
    "solver",
    [SolverConfig(learning_rate=0.1), SolverConfig("Momentum", 0.02, {"momentum": 0.9}), ADAM],
    ids=lambda s: s.name,
)
def test_an_interrupted_scoring_goes_on_bit_for_bit(run, tmp_path, monkeypatch, after, solver, method, scores):
    monkeypatch.setattr("nnabla_influence.estimators.backward_walk.SECONDS_BETWEEN_SAVES", -1.0)
    cache, training, validation = run(solver=solver)
    whole = scores(method(), cache, training, validation)
    folder, calls, products = PartialFolder(tmp_path / "s", {}), [], LossOracle.products

    def interrupted(self, *arguments):
        calls.append(1)
        if len(calls) == after + 1:
            raise KeyboardInterrupt
        return products(self, *arguments)

    monkeypatch.setattr(LossOracle, "products", interrupted)
    for _ in range(2):
        try:
            resumed = method().estimate(cache, training, validation, store=folder)
        except KeyboardInterrupt:
            continue
    assert np.array_equal(resumed.values, whole)
    assert len(calls) == 4 + 1, "four steps, and the one that was interrupted"


def test_facts_tell_growth_and_curvature(run):
    facts = LastEpochInfluence().estimate(*run()).facts
    growth, sharpest = facts.values()
    assert 0.5 < growth < 10 and 0 < sharpest < 2 / 0.1, "a small network at a learning rate that trains it"
