"""The training plugin against ``nnabla_cli train``: every solver with every schedule and several update intervals.

Small projects of 5 batches an epoch, so that an update interval of 3 carries batches over the end of most epochs.
"""

import pytest
from support.nnc_project import make_project, training_with_nnabla
from support.nnc_result import curve, same_parameters

from nnabla_influence.nnc.host.running import run_plugin
from nnabla_influence.training import RULES, TrainingCache

BETAS = "beta1: 0.8 beta2: 0.95 eps: 1e-06"
SOLVERS = {
    "Sgd": "sgd_param { lr: 0.1 }",
    "Momentum": "momentum_param { lr: 0.03 momentum: 0.8 }",
    "Nesterov": "nesterov_param { lr: 0.03 momentum: 0.8 }",
    "SgdW": "sgdw_param { lr: 0.03 momentum: 0.8 wd: 0.01 }",
    "Adam": f"adam_param {{ alpha: 0.01 {BETAS} }}",
    "AdamW": f"adamw_param {{ alpha: 0.01 {BETAS} wd: 0.01 }}",
    "AMSGRAD": f"amsgrad_param {{ alpha: 0.01 {BETAS} bias_correction: true }}",
    "Adamax": f"adamax_param {{ alpha: 0.01 {BETAS} }}",
    "RMSprop": "rmsprop_param { lr: 0.01 decay: 0.9 eps: 1e-06 }",
    "Adagrad": "adagrad_param { lr: 0.05 eps: 1e-06 }",
}
SCHEDULES = {
    "Constant": "",
    "Exponential": 'lr_scheduler_type: "Exponential" exponential_scheduler_param { gamma: 0.7 iter_interval: 4 }',
    "Step": 'lr_scheduler_type: "Step" step_scheduler_param { gamma: 0.3 iter_steps: 6 iter_steps: 13 }',
    "Cosine": 'lr_scheduler_type: "Cosine" cosine_scheduler_param { max_iter: 20 }',
    "Polynomial": 'lr_scheduler_type: "Polynomial" polynomial_scheduler_param { max_iter: 20 power: 0.5 }',
    "warm-up": 'lr_warmup_scheduler_type: "Linear" linear_warmup_scheduler_param { warmup_iter: 7 }',
}
INTERVALS = (1, 3)
OLD_SCHEDULE = "lr_decay: 1\n    lr_decay_interval: 1\n"


@pytest.fixture
def both(tmp_path, monkeypatch):
    """``both(kind, solver, schedule, interval)``: the folder of NNabla's training, and ours."""
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "decoded"))

    def train(kind, solver, schedule, interval, **options):
        folder = tmp_path / f"{solver} {schedule} {interval}"
        project = make_project(folder, kind, training=40, batch_size=8, epochs=4, **options)
        text = project.nntxt.read_text(encoding="utf-8")
        for old, new in (
            ('type: "Sgd"', f'type: "{solver}"'),
            ("sgd_param { lr: 0.1 }", SOLVERS[solver]),
            (OLD_SCHEDULE, SCHEDULES[schedule]),
            ("update_interval: 1", f"update_interval: {interval}"),
        ):
            assert old in text
            text = text.replace(old, new)
        project.nntxt.write_text(text, encoding="utf-8")
        with training_with_nnabla(project):
            fields = ["-c", str(project.nntxt), "-o", str(folder / "ours")]
            assert run_plugin("train_with_influence_cache", fields) == 0
        return folder, folder / "ours"

    return train


def check(theirs, ours):
    same_parameters(ours / "results.nnp", theirs / "results.nnp", 0.0)  # bit for bit
    found, expected = curve(ours), curve(theirs)
    assert list(found) == list(expected)
    for epoch, entry in expected.items():
        assert found[epoch] == pytest.approx(entry, rel=1e-5, abs=1e-6), epoch


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_every_solver_with_every_schedule_trains_what_nnabla_trains(both, solver, interval):
    for schedule in SCHEDULES:
        theirs, ours = both("regression", solver, schedule, interval, weight_decay=0.01)
        check(theirs, ours)


@pytest.mark.parametrize("interval", INTERVALS)
def test_running_statistics_of_batches_that_wait_for_their_update_are_nnablas(both, interval):
    """At the end of an epoch NNabla evaluates and saves in the middle of a step."""
    for save_best in (True, False):
        theirs, ours = both("conv_bn", "Momentum", "Constant" if save_best else "Cosine", interval, save_best=save_best)
        check(theirs, ours)
    cache = TrainingCache.open(ours / "influence_cache.h5")
    assert cache.plan.steps == 20 // interval


def test_there_is_a_solver_for_every_rule():
    assert set(SOLVERS) == set(RULES)
