"""Opens a training cache together with the data it was trained with, read as the training read it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Optional, Tuple

from ..dataset.dataset import Dataset
from ..errors import ConfigError
from ..training import TrainingCache
from .console import Console
from .project import warn_of_training_data

LOGGER = logging.getLogger("nnabla_influence")


def open_cached(
    path: Path, train: Optional[Path], validation: Optional[Path], data_cache: Optional[Path], console: Console
) -> Tuple[TrainingCache, Dataset, Dataset]:
    """The cache, the training data and the validation data.

    Raises:
        ConfigError: A data set is not given; a cache knows fingerprints, not where files are today.
        CacheMismatchError: The training data is not that of the cache.
        DataError: A data set is broken or does not fit the network.
    """
    if train is None or validation is None:
        raise ConfigError("With --cache, give --train CSV and --validation CSV: the data the cache was trained with.")
    cache = TrainingCache.open(path)
    data = cache.passport["training_data"]
    size = tuple(data["image_size"]) if data["image_size"] else None
    found = []
    for csv in (train, validation):
        with console.progress(f"reading {csv.name}", "file reads") as progress:
            found.append(
                Dataset.from_csv(
                    csv, image_size=size, normalize=data["normalize"], data_cache=data_cache, progress=progress
                )
            )
    cache.check_data(found[0])
    cache.network.check_data(found[1])
    warn_of_training_data(*found)
    LOGGER.info("%s: %s", path, cache.network.roles.note)
    return cache, found[0], found[1]
