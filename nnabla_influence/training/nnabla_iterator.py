"""How ``nnabla_cli train`` would draw from a project's data, as settings of `nnabla_influence.dataset.wrapping`.

Which of NNabla's iterators is made depends on the data-set section (a cache on the disk, or the CSV itself), on
NNabla's own configuration file (samples of a cache file, memory for decoded samples), and on the monitors, which draw
from the training data as well.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, Sequence

import numpy as np
from nnabla.config import nnabla_config
from nnabla.utils.data_source_implements import CsvDataSource

from ..config import IteratorConfig

__all__ = ["monitor_batches", "monitor_interval", "nnabla_iterator"]

SECTION = "DATA_ITERATOR"
DEFAULT_INTERVAL = 10  # of monitors, where the file does not say


def nnabla_iterator(proto: Any, name: str, data: Mapping[str, Any], iterations: int) -> IteratorConfig:
    """The iterator of one data set of a project.

    Args:
        proto: The network file's message.
        name: Name of the data set's section.
        data: The `Dataset` of every section that is used, by name.
        iterations: Batches of an epoch that training draws, 0 for data that only monitors read.
    """
    position = [section.name for section in proto.dataset].index(name)
    section, dataset = proto.dataset[position], data[name]
    prepared = _has_cache(section)
    return IteratorConfig(
        iterations,
        position,
        prepared,
        _sample_bytes(dataset, prepared) * len(dataset)
        < int(nnabla_config.get(SECTION, "data_source_buffer_max_size")),
        int(nnabla_config.get(SECTION, "data_source_file_cache_size")),
        sum(monitor_batches(proto, monitor, data) for monitor in proto.monitor if name in monitor.dataset_name),
        monitor_interval(proto),
    )


def monitor_interval(proto: Any) -> int:
    """Monitors are evaluated after every so many epochs."""
    return proto.training_config.monitor_interval or DEFAULT_INTERVAL


def monitor_batches(proto: Any, monitor: Any, data: Mapping[str, Any]) -> int:
    """How many batches a monitor evaluates; what is left over is not."""
    sizes: Dict[str, int] = {section.name: section.batch_size for section in proto.dataset}
    names: Sequence[str] = monitor.dataset_name
    return max(len(data[name]) for name in names) // max(sizes[name] for name in names)


def _has_cache(section: Any) -> bool:
    """Whether NNabla reads a cache on the disk that it made before training, or finds."""
    if not section.cache_dir:
        return False
    if section.create_cache_explicitly:
        return True
    return not section.overwrite_cache and os.path.isdir(section.cache_dir) and bool(os.listdir(section.cache_dir))


def _sample_bytes(dataset: Any, prepared: bool) -> int:
    """Bytes of a decoded sample in NNabla's memory; of a cache, images are scaled on reading only."""
    source = CsvDataSource(str(dataset.path), normalize=dataset.normalize and not prepared)
    try:
        values = source.next()
    finally:
        source.close()
    arrays = [value if isinstance(value, np.ndarray) else np.array(value, np.float32) for value in values]
    whole = (np.uint8, np.uint16)
    scaled = prepared and dataset.normalize
    return sum(array.size * (4 if scaled and array.dtype in whole else array.itemsize) for array in arrays)
