"""Which of NNabla's iterators a project gets."""

import pytest
from nnabla.config import nnabla_config
from support.nnc_project import make_project

from nnabla_influence.config import IteratorConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.network import Network
from nnabla_influence.training import nnabla_iterator
from nnabla_influence.training.nnabla_cli import nnabla_iterator as nnabla_iterator_module


@pytest.fixture
def limit():
    """``limit(bytes)``: the memory NNabla allows for decoded samples, until the end of the test."""
    before = nnabla_config.get("DATA_ITERATOR", "data_source_buffer_max_size")
    yield lambda size: nnabla_config.set("DATA_ITERATOR", "data_source_buffer_max_size", str(size))
    nnabla_config.set("DATA_ITERATOR", "data_source_buffer_max_size", before)


def test_a_csv_is_read_into_memory(project, data):
    proto = Network.load(project.nntxt).proto
    assert nnabla_iterator(proto, "Training", data, 6) == IteratorConfig(6, 0, False, True, 100, 43 // 8, 1)
    assert nnabla_iterator(proto, "Validation", data, 0) == IteratorConfig(0, 1, False, True, 100, 22 // 8, 1)


def test_nnablas_source_sees_one_row(project, data, monkeypatch):
    """It would make a list of strings of the whole table."""
    seen = []
    original = nnabla_iterator_module.CsvDataSource

    def watched(path, **arguments):
        source = original(path, **arguments)
        seen.append(source.size)
        return source

    monkeypatch.setattr(nnabla_iterator_module, "CsvDataSource", watched)
    nnabla_iterator(Network.load(project.nntxt).proto, "Training", data, 6)
    assert seen == [1]


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
def test_a_cache_is_read_where_nnabla_reads_one(changed, data, tmp_path, settings, exists, prepared):
    folder = tmp_path / "samples.cache"
    if exists:
        folder.mkdir()
        (folder / "cache_index.csv").touch()
    network = changed("shuffle: true", f'shuffle: true\n  cache_dir: "{folder}"\n  {settings}')
    assert nnabla_iterator(network.proto, "Training", data, 6).prepared is prepared


def test_the_interval_is_ten_where_the_file_does_not_say(changed, data):
    network = changed("monitor_interval: 1", "")
    assert nnabla_iterator(network.proto, "Training", data, 6).monitor_interval == 10
