"""Reads the data sets of a project: which file, and how its images become numbers."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional, Sequence, Tuple, Union

from ..dataset.dataset import Dataset, check_image_size
from ..errors import DataError
from ..execution import Execution
from ..files import FilePath
from ..network import DatasetSetting
from ..remedies import remedy
from .progress_reporter import ProgressReporter

__all__ = [
    "Data",
    "GivenData",
    "ReadingSettings",
    "csv_of",
    "named_alike",
    "own_data",
    "read_data",
    "refuse_other_classes",
    "warn_of_training_data",
]

LOGGER = logging.getLogger("nnabla_influence")
NAMES = {"train": "training", "validation": "validation"}

GivenData = Union[Path, Dataset]
"""A data set somebody gave: a CSV to read, or one that was read or made already."""

Data = Optional[GivenData]


@dataclass(frozen=True)
class ReadingSettings:
    """How data is read.

    Args:
        image_size: (H, W) to which every image is resized; None keeps the images' own.
        normalize: Whether pixels are scaled from 0..255 to 0..1; None: as the project's data-set sections say.
        data_cache: Where decoded data is kept; None: the user's cache folder.
        classes: A CSV with the names of the classes; None: ``classes.csv`` beside each data set, where there is one.
        execution: The processes of this machine that decode files; the decoded data has the same bytes.

    Raises:
        ConfigError: The size is not two positive whole numbers.

    Example:
        >>> ReadingSettings(image_size=(28, 28)).normalize is None
        True
    """

    image_size: Optional[Tuple[int, int]] = None
    normalize: Optional[bool] = None
    data_cache: Optional[Path] = None
    classes: Optional[FilePath] = None
    execution: Execution = Execution()

    def __post_init__(self) -> None:
        check_image_size(self.image_size)

    def like(self, data: Dataset) -> ReadingSettings:
        """Return settings that read further data as this one was read."""
        return replace(self, image_size=data.image_size, normalize=data.normalize)


def csv_of(data: Data) -> Optional[Path]:
    """Return the CSV behind some data, which nobody may write to; None for arrays."""
    return data.path if isinstance(data, Dataset) else data


def read_data(
    path: Path, settings: ReadingSettings, reporter: ProgressReporter, sections: Sequence[DatasetSetting] = ()
) -> Dataset:
    """Read a data set.

    Args:
        path: The CSV.
        settings: How.
        reporter: Shows how far it is.
        sections: The project's data-set sections, which decide about normalisation where the settings do not.

    Raises:
        DataError: The data is broken.
    """
    own = all(section.normalize for section in sections)
    normalize = own if settings.normalize is None else settings.normalize
    # A file is read twice: for the fingerprint, and to decode it.
    with reporter.progress(f"reading {path.name}", "file reads") as progress:
        return Dataset.from_csv(
            path,
            image_size=settings.image_size,
            normalize=normalize,
            data_cache=settings.data_cache,
            classes=settings.classes,
            progress=progress,
            execution=settings.execution,
        )


def own_data(uri: str, network: str, which: str) -> Path:
    """Find the data set a project names: beside the network file, in its parent, then in the working folder.

    Args:
        uri: The path as the project states it.
        network: The network file.
        which: ``train`` or ``validation``.

    Raises:
        DataError: It is in none of these places.
    """
    base = Path(network).absolute().parent
    relative = Path(uri.replace("\\", "/"))
    candidates = [relative] if relative.is_absolute() else [base / relative, base.parent / relative, relative]
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        raise DataError(
            f"The project's {NAMES[which]} data '{uri}' is in none of {', '.join(map(str, candidates))};",
            remedy("give-project-data", which=which),
        )
    LOGGER.info("%s data: %s (from %s)", NAMES[which], path, network)
    return path


def warn_of_training_data(train: Dataset, validation: Dataset) -> None:
    """Say it where the validation data is the training data: allowed, but another question."""
    if train.fingerprint == validation.fingerprint:
        LOGGER.warning(
            "the validation data is the training data itself (%s): the scores say what lowers the training loss, not "
            "what helps on new data",
            validation.path,
        )


def named_alike(train: Dataset, validation: Dataset) -> Dataset:
    """Return the validation data with the class names of the training data, where it has none of its own."""
    return validation if validation.class_names else validation.named(train.class_names)


def refuse_other_classes(train: Dataset, validation: Dataset) -> None:
    """Refuse validation data in which a class has another number than in the training data.

    Raises:
        DataError: One has.
    """
    numbers = {name: number for number, name in train.class_names.items()}
    for number, name in validation.class_names.items():
        if numbers.get(name, number) != number:
            raise DataError(
                f"{validation.path or 'Validation data'}: expected class '{name}' to have the number {numbers[name]} "
                f"as in the training data, got {number}.",
                remedy("number-classes-alike"),
            )
