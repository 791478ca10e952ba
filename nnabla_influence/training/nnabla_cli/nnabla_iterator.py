"""The draws of ``nnabla_cli train`` from a project's data, as settings of a `wrapping_plan.WrappingPlan`.

The choice among NNabla's iterators depends on the data-set section (a cache on the disk, or the CSV itself), on
NNabla's own configuration file (samples of a cache file, memory for decoded samples), and on the monitors, which draw
from the training data as well.
"""

from __future__ import annotations

import csv
import itertools
import os
import tempfile
from pathlib import Path
from typing import Dict, Mapping, Sequence

import numpy as np
from nnabla.config import nnabla_config
from nnabla.utils.data_source_implements import CsvDataSource

from ...config import IteratorConfig
from ...dataset.csv import is_number
from ...dataset.dataset import Dataset
from ...network.nnp import NNablaMessage

__all__ = ["monitor_batches", "monitor_interval", "nnabla_iterator"]

SECTION = "DATA_ITERATOR"
DEFAULT_INTERVAL = 10  # of monitors, where the file does not say


def nnabla_iterator(proto: NNablaMessage, name: str, data: Mapping[str, Dataset], iterations: int) -> IteratorConfig:
    """Return the settings of the iterator on one data set of a project.

    Args:
        proto: The network file's message.
        name: Name of the data set's section.
        data: The data of every section that is used, by name.
        iterations: Batches of an epoch that training draws, 0 for data that only monitors read.
    """
    position = [section.name for section in proto.dataset].index(name)
    dataset = data[name]
    prepared = _has_cache(proto.dataset[position])
    decoded = _sample_bytes(dataset, prepared) * len(dataset)
    readers = [monitor for monitor in proto.monitor if name in monitor.dataset_name]
    return IteratorConfig(
        iterations,
        position,
        prepared,
        in_memory=decoded < int(nnabla_config.get(SECTION, "data_source_buffer_max_size")),
        block=int(nnabla_config.get(SECTION, "data_source_file_cache_size")),
        monitored=sum(monitor_batches(proto, monitor, data) for monitor in readers),
        monitor_interval=monitor_interval(proto),
    )


def monitor_interval(proto: NNablaMessage) -> int:
    """Return the number of epochs between two evaluations of the monitors."""
    return proto.training_config.monitor_interval or DEFAULT_INTERVAL


def monitor_batches(proto: NNablaMessage, monitor: NNablaMessage, data: Mapping[str, Dataset]) -> int:
    """Return the number of whole batches a monitor evaluates; what is left over is not."""
    sizes: Dict[str, int] = {section.name: section.batch_size for section in proto.dataset}
    names: Sequence[str] = monitor.dataset_name
    return max(len(data[name]) for name in names) // max(sizes[name] for name in names)


def _has_cache(section: NNablaMessage) -> bool:
    """Tell whether NNabla reads a cache on the disk that it made before training, or finds."""
    if not section.cache_dir:
        return False
    if section.create_cache_explicitly:
        return True
    return not section.overwrite_cache and os.path.isdir(section.cache_dir) and bool(os.listdir(section.cache_dir))


def _sample_bytes(dataset: Dataset, prepared: bool) -> int:
    """Return the bytes of a decoded sample in NNabla's memory; of a cache, images are scaled on reading only."""
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "first.csv"
        _copy_first_sample(Path(str(dataset.path)), first)
        source = CsvDataSource(str(first), normalize=dataset.normalize and not prepared)
        try:
            values = source.next()
        finally:
            source.close()
    arrays = [value if isinstance(value, np.ndarray) else np.array(value, np.float32) for value in values]
    whole = (np.uint8, np.uint16)
    scaled = prepared and dataset.normalize
    return sum(array.size * (4 if scaled and array.dtype in whole else array.itemsize) for array in arrays)


def _copy_first_sample(table: Path, copy: Path) -> None:
    """Write the header and the first sample of a CSV, whose files are named from anywhere.

    NNabla's source makes a list of strings of every row: 1.3 GB for a million rows of twenty numbers.
    """
    with table.open(encoding="utf-8-sig", newline="") as stream:
        header, cells = itertools.islice(csv.reader(stream), 2)
    cells = [cell if is_number(cell) else str(table.absolute().parent / cell) for cell in cells]
    with copy.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, cells])
