"""Training: determinism, interruption, refusal of what does not fit."""

import os
from dataclasses import replace

import numpy as np
import pytest
from support.comparison import relative_error

from nnabla_influence import disk_space, machine_memory, run_lock
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import IteratorConfig, SolverConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.device import Device
from nnabla_influence.errors import (
    CacheMismatchError,
    CorruptFileError,
    DataError,
    DivergenceError,
    InUseError,
    TooLargeError,
    UnsupportedError,
)
from nnabla_influence.network import Network
from nnabla_influence.resume import discard, partial_folder, working_on
from nnabla_influence.training import Hooks, Trainer, train

MOMENTUM = SolverConfig("Momentum", 0.02, {"momentum": 0.9})


class Interrupt:
    """Stops a training like Ctrl-C after some steps."""

    def __init__(self, after):
        self.after = after

    def __call__(self, done, total):
        if done == self.after:
            raise KeyboardInterrupt


def test_the_same_seed_gives_the_same_bytes(network, data, config, tmp_path):
    paths = [train(network, data, config(), tmp_path / name).path for name in ("a.h5", "b.h5")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_another_seed_gives_other_parameters(network, data, config, tmp_path):
    a, b = (train(network, data, config(seed=seed), tmp_path / f"{seed}.h5") for seed in (0, 1))
    assert relative_error(a.final.theta, b.final.theta) > 1e-3


@pytest.mark.parametrize("solver", [SolverConfig(learning_rate=0.1), MOMENTUM], ids=lambda s: s.name)
@pytest.mark.parametrize("after", [1, 5, 7])
def test_an_interrupted_training_goes_on_bit_for_bit(network, data, config, tmp_path, after, solver, monkeypatch):
    monkeypatch.setattr("nnabla_influence.training.training_progress.SECONDS_BETWEEN_SAVES", 0.0)
    whole = train(network, data, config(solver=solver, policy="every-step"), tmp_path / "whole.h5")
    target = tmp_path / "broken.h5"
    with pytest.raises(KeyboardInterrupt):
        train(network, data, config(solver=solver, policy="every-step"), target, hooks=Hooks(Interrupt(after)))
    assert partial_folder(target).is_dir() and not target.exists()
    train(network, data, config(solver=solver, policy="every-step"), target)
    assert target.read_bytes() == whole.path.read_bytes()
    assert not partial_folder(target).exists()


@pytest.mark.parametrize("after", [1, 3, 5])
def test_so_does_one_whose_steps_go_on_over_the_end_of_an_epoch(network, data, config, tmp_path, after, monkeypatch):
    """Batches that wait for the next epoch's update are counted in the loss of their own epoch, once."""
    monkeypatch.setattr("nnabla_influence.training.training_progress.SECONDS_BETWEEN_SAVES", 0.0)
    solver = SolverConfig("Momentum", 0.02, {"momentum": 0.9}, update_interval=2)
    carrying = config(solver=solver, epochs=3, iterator=IteratorConfig(3), policy="every-step")
    reports = []
    target = tmp_path / "broken.h5"
    whole = train(network, data, carrying, tmp_path / "whole.h5", hooks=Hooks(epoch=reports.append))
    with pytest.raises(KeyboardInterrupt):
        train(network, data, carrying, target, hooks=Hooks(Interrupt(min(after, whole.plan.steps - 1))))
    train(network, data, carrying, target)
    assert target.read_bytes() == whole.path.read_bytes()
    trainer = Trainer(network, data, whole.config, Device())
    steps = [step for epoch in range(3) for step in whole.plan.epoch(epoch)]
    losses = []  # of every batch, at the parameters of its step
    for step in [*steps, whole.plan.left_over(2)]:
        before = trainer.state()
        losses += [trainer.ahead(replace(step, batches=(batch,)))[0] / len(batch) for batch in step.batches]
        trainer.restore(before)
        if step.index < whole.plan.steps:
            trainer.step(step)
    expected = np.mean(np.reshape(losses, (3, 3)), axis=1)
    np.testing.assert_allclose([report.loss for report in reports], expected, rtol=1e-5)


def test_kept_checkpoints_do_not_alias_each_other(network, data, config, tmp_path):
    cache = train(network, data, config(policy="every-step"), tmp_path / "c.h5")
    thetas = [cache.checkpoint(step).theta for step in cache.kept]
    assert len(thetas) == cache.plan.steps + 1
    assert all(not np.array_equal(a, b) for a, b in zip(thetas, thetas[1:]))
    assert np.array_equal(thetas[0], network.theta), "the first is the start"


def test_a_finished_identical_run_is_opened_not_repeated(network, data, config, tmp_path):
    train(network, data, config(), tmp_path / "c.h5")
    before = (tmp_path / "c.h5").stat().st_mtime_ns
    train(network, data, config(), tmp_path / "c.h5", hooks=Hooks(Interrupt(1)))
    assert (tmp_path / "c.h5").stat().st_mtime_ns == before


def test_another_run_is_refused_with_both_settings_and_replaced_on_request(network, data, config, tmp_path):
    train(network, data, config(), tmp_path / "c.h5")
    with pytest.raises(CacheMismatchError, match="epochs: 4 / 3.*overwrite=True") as refused:
        train(network, data, config(epochs=4), tmp_path / "c.h5")
    assert refused.value.said(IN_COMMANDS).endswith("Choose another file, or replace it with --overwrite.")
    assert train(network, data, config(epochs=4), tmp_path / "c.h5", overwrite=True).config.epochs == 4


def test_an_interrupted_run_with_other_settings_is_refused(network, data, config, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(network, data, config(), tmp_path / "c.h5", hooks=Hooks(Interrupt(2)))
    with pytest.raises(CacheMismatchError, match="seed: 5 / 0"):
        train(network, data, config(seed=5), tmp_path / "c.h5")
    assert discard(tmp_path / "c.h5") and not discard(tmp_path / "c.h5")
    train(network, data, config(seed=5), tmp_path / "c.h5")


def test_other_data_under_the_same_name_is_another_run(network, data, config, tmp_path):
    train(network, data, config(), tmp_path / "c.h5")
    changed = {"x": data.batch(range(23))["x"], "y": data.column("y")}
    changed["x"][3, 2] += 1
    with pytest.raises(CacheMismatchError, match="fingerprint"):
        train(network, Dataset.from_arrays(changed), config(), tmp_path / "c.h5")


def test_a_solver_without_adjoint_is_refused_before_anything_is_written(network, data, config, tmp_path):
    with pytest.raises(UnsupportedError, match="Lars.*Sgd"):
        train(network, data, config(solver=SolverConfig("Lars", 0.1)), tmp_path / "c.h5")
    assert list(tmp_path.iterdir()) == []


def test_exploding_training_says_where_and_what_to_do(network, data, config, tmp_path):
    huge = Dataset.from_arrays({"x": 1e30 * data.batch(range(23))["x"].astype(np.float64), "y": data.column("y")})
    with pytest.raises(DivergenceError, match="epoch 1.*learning rate"):
        train(network, huge, config(), tmp_path / "c.h5")


@pytest.mark.parametrize("labels, value", [([[3]], "3"), ([[-1]], "-1"), ([[0.5]], "0.5")])
def test_labels_outside_the_classes_are_named(network, config, tmp_path, labels, value):
    data = Dataset.from_arrays({"x": np.zeros((2, 5)), "y": np.concatenate([[[0]], labels])})
    with pytest.raises(DataError, match=f"row 1.*{value}"):
        train(network, data, config(), tmp_path / "c.h5")


def test_data_of_another_shape_or_without_a_column_is_refused(network, config, tmp_path):
    with pytest.raises(DataError, match=r"column 'x'.*\(5,\).*\(4,\)"):
        train(network, Dataset.from_arrays({"x": np.zeros((2, 4)), "y": np.zeros((2, 1))}), config(), tmp_path / "c.h5")
    with pytest.raises(DataError, match="column 'y'"):
        train(network, Dataset.from_arrays({"x": np.zeros((2, 5))}), config(), tmp_path / "c.h5")


def test_every_epoch_is_reported_with_its_mean_loss(network, data, config, tmp_path):
    reports = []
    cache = train(network, data, config(), tmp_path / "c.h5", hooks=Hooks(epoch=reports.append))
    assert [r.epoch for r in reports] == [1, 2, 3]
    assert [r.loss for r in reports] == cache.passport["training_loss"]
    assert reports[-1].loss < reports[0].loss


def test_augmentation_changes_the_run_and_is_repeatable(config, tmp_path):
    random = np.random.RandomState(0)
    data = Dataset.from_arrays({"x": random.normal(size=(12, 1, 8, 8)), "y": random.randint(3, size=(12, 1))})
    network = Network.builtin("builtin:cnn", (1, 8, 8), 3)
    plain, a, b = (
        train(network, data, config(flip=f, crop=c), tmp_path / f"{n}.h5").final.theta
        for n, (f, c) in enumerate([(False, 0), (True, 2), (True, 2)])
    )
    assert np.array_equal(a, b) and not np.array_equal(a, plain)


def test_a_damaged_cache_is_replaced_only_on_request_and_another_file_never(network, data, config, tmp_path):
    target = train(network, data, config(), tmp_path / "c.h5").path
    good = target.read_bytes()
    target.write_bytes(good[:-200] + bytes(200))
    with pytest.raises(CorruptFileError, match="overwrite=True") as damaged:
        train(network, data, config(), target)
    assert damaged.value.said(IN_COMMANDS).endswith("Train again, with --overwrite.")
    assert train(network, data, config(), target, overwrite=True).path.read_bytes() == good
    target.write_text("my thesis")
    with pytest.raises(DataError, match="not an HDF5"):
        train(network, data, config(), target, overwrite=True)
    assert target.read_text() == "my thesis"


@pytest.mark.parametrize("module, name", [(machine_memory, "machine_memory"), (disk_space, "free_bytes")])
def test_a_policy_that_does_not_fit_the_machine_is_refused_before_the_first_step(
    network, data, config, tmp_path, monkeypatch, module, name
):
    monkeypatch.setattr(module, name, lambda *_: 100_000)
    train(network, data, config(), tmp_path / "two.h5")
    with pytest.raises(
        TooLargeError, match="the 16 states that policy 'every-step' keeps to fit the 97.7 KiB"
    ) as caught:
        train(network, data, config(policy="every-step"), tmp_path / "c.h5")
    assert "--policy last-epoch" in caught.value.said(IN_COMMANDS)
    assert [path.name for path in tmp_path.iterdir()] == ["two.h5"]


def test_of_two_trainings_into_one_file_the_second_is_told(network, data, config, tmp_path):
    """In one process nobody waits for itself, so the other one is pretended."""
    with working_on(tmp_path / "c.h5"):
        held = dict(run_lock._held)
        run_lock._held.clear()
        try:
            with pytest.raises(InUseError, match=rf"c.h5.partial' is in use: process {os.getpid()} on"):
                train(network, data, config(), tmp_path / "c.h5")
        finally:
            run_lock._held.update(held)
    assert train(network, data, config(), tmp_path / "c.h5").kept == [10, 15]
