"""Which of NNabla's iterators a project gets, and what its monitors report."""

import dataclasses

import numpy as np
import pytest
from nnabla.config import nnabla_config
from support.nnc_project import make_project

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import IteratorConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.device import Device
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import Network
from nnabla_influence.training import Checkpoint, Monitors, nnabla_iterator


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project", "affine", training=43)


@pytest.fixture
def data(project, tmp_path):
    files = {"Training": project.training_csv, "Validation": project.validation_csv}
    return {name: Dataset.from_csv(path, data_cache=tmp_path / "decoded") for name, path in files.items()}


@pytest.fixture
def limit():
    """``limit(bytes)``: the memory NNabla allows for decoded samples, until the end of the test."""
    before = nnabla_config.get("DATA_ITERATOR", "data_source_buffer_max_size")
    yield lambda size: nnabla_config.set("DATA_ITERATOR", "data_source_buffer_max_size", str(size))
    nnabla_config.set("DATA_ITERATOR", "data_source_buffer_max_size", before)


def changed(project, old, new):
    text = project.nntxt.read_text()
    assert old in text
    project.nntxt.write_text(text.replace(old, new))
    return Network.load(project.nntxt)


def test_a_csv_is_read_into_memory(project, data):
    proto = Network.load(project.nntxt).proto
    assert nnabla_iterator(proto, "Training", data, 6) == IteratorConfig(6, 0, False, True, 100, 43 // 8, 1)
    assert nnabla_iterator(proto, "Validation", data, 0) == IteratorConfig(0, 1, False, True, 100, 22 // 8, 1)


@pytest.mark.parametrize("prepared, pixel", [(False, 8), (True, 4)])
def test_the_limit_of_the_memory_is_nnablas(tmp_path, limit, prepared, pixel):
    """Scaled on decoding an image is float64, scaled on reading a cache float32."""
    project = make_project(tmp_path / "project", "affine", cached=prepared)
    data = {name: Dataset.from_csv(project.training_csv, data_cache=tmp_path) for name in ("Training", "Validation")}
    proto, size = Network.load(project.nntxt).proto, 40 * (64 * pixel + 4)
    limit(size)
    assert not nnabla_iterator(proto, "Training", data, 5).in_memory
    limit(size + 1)
    assert nnabla_iterator(proto, "Training", data, 5).in_memory


@pytest.mark.parametrize(
    "settings, exists, prepared",
    [
        ("create_cache_explicitly: true", False, True),
        ("", False, False),
        ("", True, True),
        ("overwrite_cache: true", True, False),
    ],
)
def test_a_cache_is_read_where_nnabla_reads_one(project, data, tmp_path, settings, exists, prepared):
    folder = tmp_path / "samples.cache"
    if exists:
        folder.mkdir()
        (folder / "cache_index.csv").touch()
    network = changed(project, "shuffle: true", f'shuffle: true\n  cache_dir: "{folder}"\n  {settings}')
    assert nnabla_iterator(network.proto, "Training", data, 6).prepared is prepared


def test_the_interval_is_ten_where_the_file_does_not_say(project, data):
    network = changed(project, "monitor_interval: 1", "")
    assert nnabla_iterator(network.proto, "Training", data, 6).monitor_interval == 10


def state_of(network):
    return Checkpoint(0, network.theta, network.statistics_values, {})


def test_monitors_are_means_over_whole_batches_that_go_on_where_the_last_ended(project, data):
    """22 samples, batches of 8: rows 0 to 15, then 16 to 21 and 0 to 9."""
    network = changed(project, "shuffle: true", "shuffle: false")
    monitors = Monitors(network, data, TrainingConfig(), Device())
    values = [monitors.measure(state_of(network), epoch)["valid_error"] for epoch in (0, 1)]
    oracle, rows = LossOracle(network), [np.arange(16), np.r_[16:22, 0:10]]
    expected = [oracle.loss(network.theta, [data["Validation"].batch(r)], validation=True) for r in rows]
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_monitors_are_silent_after_epochs_that_nnabla_does_not_evaluate(project, data):
    network = changed(project, "monitor_interval: 1", "monitor_interval: 4")
    monitors = Monitors(network, data, TrainingConfig(), Device())
    evaluated = [monitors.measure(state_of(network), epoch) is not None for epoch in range(8)]
    assert evaluated == [True] * 5 + [False, False, True]


def test_a_monitor_that_is_no_number_is_zero_as_nnabla_has_it(project, data):
    network = Network.load(project.nntxt)
    broken = dataclasses.replace(state_of(network), theta=np.full_like(network.theta, np.nan))
    found = Monitors(network, data, TrainingConfig(), Device()).measure(broken, 0)
    assert found == {"train_error": 0.0, "valid_error": 0.0}


def test_a_monitor_fed_with_random_numbers_is_refused(project, data):
    network = Network.load(project.nntxt)
    generator = network.proto.monitor[0].generator_variable.add()
    generator.variable_name, generator.type, generator.multiplier = "Input", "Normal", 1.0
    with pytest.raises(UnsupportedError, match="train_error.*Normal"):
        Monitors(network, data, TrainingConfig(), Device())
