"""The training cache on disk: size, integrity, refusals."""

import dataclasses
import json
import zlib

import h5py
import numpy as np
import pytest

from nnabla_influence.archives.hdf5_datasets import pack_datasets, read_datasets
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import CacheMismatchError, CheckpointMissingError, CorruptFileError, DataError
from nnabla_influence.network import Network
from nnabla_influence.training import FinalState, StepPlan, TrainingCache, kept_steps, train
from nnabla_influence.training import cache as cache_module
from nnabla_influence.training.cache import write_cache


@pytest.fixture
def cache(network, data, config, tmp_path):
    return train(network, data, config(), tmp_path / "c.h5")


def test_it_carries_the_network_and_its_final_parameters(cache, network):
    assert cache.network.fingerprint == network.fingerprint
    assert np.array_equal(cache.network.theta, cache.final.theta)
    assert not np.array_equal(cache.final.theta, network.theta)


def test_a_checkpoint_that_was_not_kept_names_the_policy(cache):
    assert cache.kept == [10, 15]
    with pytest.raises(CheckpointMissingError, match="last-epoch.*every-step") as refused:
        cache.checkpoint(3)
    assert refused.value.said(IN_COMMANDS).endswith("(kept: 10, 15). Train with --policy every-step.")


def test_every_byte_is_guarded(cache):
    """A flipped bit anywhere in the contents is noticed, wherever it falls."""
    good = cache.path.read_bytes()
    for place in np.linspace(100, len(good) - 100, 40, dtype=int):
        damaged = bytearray(good)
        damaged[place] ^= 0x10
        cache.path.write_bytes(bytes(damaged))
        try:
            reopened = TrainingCache.open(cache.path)
        except (CorruptFileError, DataError):
            continue
        assert np.array_equal(reopened.final.theta, cache.final.theta), "undetected damage"
        assert reopened.passport == cache.passport


def test_a_changed_value_with_a_correct_hdf5_checksum_is_noticed(cache):
    with h5py.File(cache.path, "r+") as file:
        file["parameters"][0, 0] += 1
    with pytest.raises(CorruptFileError, match="SHA-256") as refused:
        TrainingCache.open(cache.path)
    assert refused.value.said(IN_COMMANDS).endswith("damaged or changed. Train again, with --overwrite.")


def test_a_truncated_file_is_called_damaged(cache):
    cache.path.write_bytes(cache.path.read_bytes()[:-200] + bytes(200))
    with pytest.raises(CorruptFileError) as refused:
        TrainingCache.open(cache.path)
    assert refused.value.said(IN_COMMANDS).endswith("Train again, with --overwrite.")


def test_it_says_what_it_is(cache):
    name = f"TrainingCache('{cache.path}', policy last-epoch, 23 samples, 3 epochs, "
    assert repr(cache) == name + "4,739 parameters before steps 10, 15)"


def test_a_method_that_follows_steps_gets_the_cache_and_nothing_else(cache, network, config):
    assert kept_steps(cache, "sgd-influence", "last-epoch") is cache
    with pytest.raises(CheckpointMissingError, match="Method tracin follows the steps of a training") as refused:
        kept_steps(FinalState(network, config(), 23), "tracin", "epochs")
    assert "train --policy epochs, and score with --cache." in refused.value.said(IN_COMMANDS)


def test_a_cache_whose_steps_were_counted_otherwise_is_refused(cache, monkeypatch):
    monkeypatch.setattr(StepPlan, "first_step", lambda plan, epoch: 7 * epoch)
    with pytest.raises(CacheMismatchError, match="steps where this version counts .*cut an update short"):
        TrainingCache.open(cache.path)


def test_files_that_are_no_caches_are_refused(tmp_path):
    with pytest.raises(DataError, match="does not exist") as refused:
        TrainingCache.open(tmp_path / "no.h5")
    assert refused.value.said(IN_COMMANDS).endswith("exist. Make one with: python -m nnabla_influence train.")
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(DataError, match="text.h5.*not an HDF5"):
        TrainingCache.open(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(DataError, match="not a training cache"):
        TrainingCache.open(tmp_path / "other.h5")


@pytest.mark.parametrize("lost", [["passport"], ["checksum"], ["steps", "parameters", "network"]], ids=" ".join)
def test_a_cache_that_lacks_what_belongs_into_one_is_damaged(cache, lost):
    """HDF5 1.14 leaves out, without a word, what a damaged directory of the file does not lead to any more."""
    with h5py.File(cache.path, "r+") as file:
        for name in lost:
            del file[name]
    with pytest.raises(CorruptFileError, match=f"lacks {', '.join(sorted(lost))}; it is damaged") as refused:
        TrainingCache.open(cache.path)
    assert refused.value.said(IN_COMMANDS).endswith("Train again, with --overwrite.")


def test_another_file_with_a_name_in_common_is_no_damaged_cache(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["parameters"], file["network"] = 1, 2
    with pytest.raises(DataError, match="not a training cache"):
        TrainingCache.open(tmp_path / "other.h5")


def test_other_data_are_refused_with_both_fingerprints(cache, data):
    other = Dataset.from_arrays({"x": np.zeros((23, 5)), "y": np.zeros((23, 1))})
    with pytest.raises(CacheMismatchError, match=f"{data.fingerprint[:16]}.*{other.fingerprint[:16]}"):
        cache.check_data(other)
    cache.check_data(data)


@pytest.mark.parametrize("policy, limit", [("final", 1.25e6), ("last-epoch", 2.6e6)])
def test_the_papers_network_fits_into_the_promised_size(tmp_path, policy, limit):
    random = np.random.RandomState(0)
    data = Dataset.from_arrays({"x": random.rand(4, 1, 32, 32), "y": np.arange(4).reshape(4, 1)})
    network = Network.builtin("builtin:cifarnet", (1, 32, 32), 10)
    assert network.space.size + network.statistics.size == 307818
    cache = train(network, data, TrainingConfig(epochs=2, batch_size=2, policy=policy), tmp_path / "c.h5")
    assert cache.path.stat().st_size <= limit
    assert cache.final.theta.size + cache.final.statistics.size == 307818


def test_a_cache_with_a_number_that_is_not_finite_is_refused_by_its_name(cache, monkeypatch):
    """One that an earlier version wrote, with a correct checksum."""
    monkeypatch.setattr(cache_module, "_refuse_not_finite", lambda *_: None)
    first, last = (cache.checkpoint(step) for step in cache.kept)
    broken = first.theta.copy()
    broken[0] = np.nan
    passport, kept = cache.passport, [dataclasses.replace(first, theta=broken), last]
    write_cache(cache.path, passport, cache.network, kept)
    monkeypatch.undo()
    name = cache.network.space.names[0]
    message = rf"c\.h5': before step 10, parameters: 1 of .* not finite, the first \(nan\) in parameter '{name}' at"
    with pytest.raises(CorruptFileError, match=message):
        TrainingCache.open(cache.path)
    with pytest.raises(CorruptFileError, match=message):
        write_cache(cache.path, passport, cache.network, kept)
    with pytest.raises(CorruptFileError, match="records/margins: 1 of 23 numbers are not finite, the first at 7"):
        margins = np.zeros(23, np.float32)
        margins[7] = np.inf
        write_cache(cache.path, passport, cache.network, [last], {"margins": margins})


def crafted(path, **changes):
    """A cache whose contents somebody has replaced, and whose checksum is right."""
    datasets = {**read_datasets(path), **changes}
    del datasets["checksum"]
    checksum = np.frombuffer(cache_module._checksum(datasets), np.uint8)
    path.write_bytes(pack_datasets({**datasets, "checksum": checksum}))


def as_bytes(data):
    return np.frombuffer(data, np.uint8)


@pytest.mark.parametrize(
    "changes",
    [
        {"passport": as_bytes(b"{}")},
        {"passport": as_bytes(b"[1]")},
        {"passport": as_bytes(b"no json")},
        {"passport": as_bytes(b'{"config": {"epochs": -1}, "training_data": {"samples": 3}}')},
        {"network": as_bytes(b"no zlib")},
        {"network": as_bytes(zlib.compress(b"network { name: 3 }"))},
        {"network": as_bytes(zlib.compress(bytes(1 << 20)))},
        {"steps": np.zeros(0, np.int64)},
        {"steps": np.zeros((2, 2), np.int64)},
        {"parameters": np.zeros(3, np.float32)},
        {"statistics": np.zeros((1, 7), np.float32)},
    ],
)
def test_a_cache_with_a_right_checksum_and_strange_contents_is_refused_in_one_sentence(cache, changes, monkeypatch):
    monkeypatch.setattr(cache_module, "MOST_TEXT", 1 << 19)
    crafted(cache.path, **changes)
    with pytest.raises(CorruptFileError, match="does not hold what belongs|at most .* of text") as refused:
        TrainingCache.open(cache.path)
    assert refused.value.said(IN_COMMANDS).endswith((".", "--overwrite."))


@pytest.mark.parametrize(
    "group, name, value",
    [
        (None, "training_loss", None),
        (None, "training_loss", ["1.5"]),
        (None, "versions", None),
        ("network", "fingerprint", None),
        ("network", "fingerprint", 3),
        ("training_data", "path", None),
        ("training_data", "image_size", None),
        ("training_data", "image_size", 3),
    ],
)
def test_a_passport_without_what_is_asked_for_later_is_refused_when_it_is_opened(cache, group, name, value):
    """``info`` ended in a KeyError; the checksum was right."""
    passport = json.loads(json.dumps(cache.passport))
    part = passport if group is None else passport[group]
    del part[name]
    if value is not None:
        part[name] = value
    crafted(cache.path, passport=as_bytes(json.dumps(passport).encode("utf-8")))
    with pytest.raises(CorruptFileError, match="does not hold what belongs into one"):
        TrainingCache.open(cache.path)
