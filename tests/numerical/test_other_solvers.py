"""Solvers with a second moment: nothing but the moment's own dependence on the sample is left out, and what that costs.

Scored over all epochs, on softmax regression with 120 samples (6 epochs), against training again without the sample.
Kendall's tau over four draws of the data, lowest and highest, and what the true derivative would reach:

========  ============  ===============
solver    moment fixed  true derivative
========  ============  ===============
Adam      .70 - .94     .94 - .97
AdamW     .78 - .94     .93 - .96
AMSGRAD   .67 - .91     .91 - .96
Adamax    .60 - .89     .85 - .93
RMSprop   .70 - .91     .88 - .96
Adagrad   .64 - .91     .85 - .94
========  ============  ===============

So the order is right for most samples and wrong for some: those whose gradients make up the moment. The log says that
the scores are approximate.
"""

import logging

import numpy as np
import pytest
from comparison import assert_close, relative_error
from problems import replayable_run, softmax_network, whole_run_truth
from reference import whole_run
from reference.softmax_regression import SoftmaxRegression
from scipy.stats import kendalltau

from nnabla_influence.estimators import LastEpochInfluence, SgdInfluence

MEASURED = logging.getLogger("measured")  # shown with --log-cli-level=INFO
WHOLE_RUN = "float32 parameters, moments and products over 24 steps; v may be small where it divides"
BETAS = {"beta1": 0.8, "beta2": 0.95, "eps": 1e-6}
PROBLEM = SoftmaxRegression(5, 3)

# Settings of the package, the same solver in the reference, and the least tau (measured .05 higher) for seeds 0 and 4.
SOLVERS = {
    "Adam": (0.03, BETAS, whole_run.adam(**BETAS), (0.86, 0.65)),
    "AdamW": (0.03, {**BETAS, "wd": 0.01}, whole_run.adam(**BETAS, decay=0.01, first_rate=0.03), (0.86, 0.73)),
    "AMSGRAD": (0.03, BETAS, whole_run.amsgrad(**BETAS), (0.81, 0.62)),
    "Adamax": (0.03, BETAS, whole_run.adamax(**BETAS), (0.81, 0.54)),
    "RMSprop": (0.02, {"decay": 0.9, "eps": 1e-6}, whole_run.rmsprop(0.9, 1e-6), (0.84, 0.65)),
    "Adagrad": (0.1, {"eps": 1e-6}, whole_run.adagrad(1e-6), (0.79, 0.58)),
}
every_solver = pytest.mark.parametrize("name", SOLVERS)


def run(folder, name, samples, batch_size, weight_decay=0.0, **options):
    rate, parameters, rule, _ = SOLVERS[name]
    solver = {"name": name, "learning_rate": rate, "parameters": parameters, "weight_decay": weight_decay}
    return replayable_run(folder, softmax_network(5), solver, samples, batch_size, **options), rule


def scores(t, estimator):
    return estimator.estimate(t.cache.network, t.cache, t.training, t.validation).values


@pytest.mark.parametrize(
    "name, decay", [(name, 0.0) for name in SOLVERS] + [(name, 0.05) for name in SOLVERS if name != "AdamW"]
)
def test_with_the_moments_held_fixed_scores_are_the_derivative(tmp_path, name, decay):
    t, rule = run(tmp_path, name, 23, 5, decay, epochs=4)
    start, steps = t.network.theta.astype(float), t.steps("all")
    end = whole_run.weighted(PROBLEM, start, t.data, steps, rule, np.ones(23), decay)
    assert_close(t.final, end, 1e-5, "the reference trains like NNabla")
    fixed = whole_run.with_fixed_moment(PROBLEM, start, t.data, steps, rule, decay)
    found = scores(t, SgdInfluence("all"))
    assert_close(found, whole_run_truth(whole_run.derivative, PROBLEM, t, fixed), 5e-5, WHOLE_RUN)
    true = whole_run_truth(whole_run.derivative, PROBLEM, t, rule)
    assert relative_error(found, true) > 1e-2, "the price of holding them fixed is real"
    assert np.corrcoef(found, true)[0, 1] > 0.5


@pytest.mark.parametrize("draw", [0, 1], ids=["good draw", "bad draw"])
@every_solver
def test_scores_predict_leave_one_out_as_well_as_stated(tmp_path, name, draw):
    t, rule = run(tmp_path, name, 120, 12, seed=(0, 4)[draw])
    left_out = whole_run_truth(whole_run.leave_one_out, PROBLEM, t, rule)
    tau, last = (kendalltau(scores(t, e), left_out)[0] for e in (SgdInfluence("all"), LastEpochInfluence()))
    MEASURED.info("%s: tau %.3f (last-epoch %.3f)", name, tau, last)
    assert SOLVERS[name][3][draw] <= tau < 0.97


@every_solver
def test_the_log_says_that_scores_are_approximate(tmp_path, name, caplog):
    t, _ = run(tmp_path, name, 23, 5, epochs=1)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        scores(t, SgdInfluence())
    assert any(name in line and "approximate" in line for line in caplog.messages)
