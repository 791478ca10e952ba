"""A folder of images per class, as most image data sets come: ``cat/1.jpg``, or ``train/cat/1.jpg`` with parts above.

A folder below the source is a class; its images may lie in folders of their own. If the folders below the source are
called as parts of a data set usually are (train, val, test), the classes lie below those. Classes are numbered in the
order of their names, or of their numbers if all names are numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import Dict, Iterable, List, Mapping, NamedTuple, Sequence, Set, Tuple

import numpy as np

from ...errors import DataError
from ..decoding import decoder_name
from .image_import import import_images
from .import_note import ImportNote, listed
from .import_settings import ImportSettings
from .imported_data import ImportedData
from .label_plan import LabelPlan

__all__ = ["import_folder"]

_PARTS = {
    "train": "training", "training": "training", "val": "validation", "valid": "validation", "validation": "validation",
    "dev": "validation", "test": "test", "testing": "test",
}  # fmt: skip
_SYSTEM_FILES = ("thumbs.db", "desktop.ini")


class _Found(NamedTuple):
    """A picture, and what its folders say of it."""

    path: Path
    label: str
    part: str


def import_folder(
    source: Path, settings: ImportSettings, folder: Path, further: Mapping[str, Path] = MappingProxyType({})
) -> ImportedData:
    """Turn a folder of images per class into NNC data sets.

    Args:
        source: The folder.
        settings: What the user says.
        folder: Where the data sets are to be written.
        further: Folders of other parts, each with a folder of images per class.

    Raises:
        DataError: There are no class folders with images, one class only, or classes that training data lacks.
    """
    decisions: List[ImportNote] = []
    class_folders = [
        (label_folder, part)
        for label_folder, part in _class_folders(source, settings.ignore, decisions)
        if label_folder.resolve() != folder.resolve()  # what an earlier import wrote
    ]
    for part, other in further.items():
        class_folders += [(label_folder, part) for label_folder in _folders(other, settings.ignore)]
    items = [item for label_folder, part in class_folders for item in _images(label_folder, part)]
    above = {label_folder.parent for label_folder, _ in class_folders}
    for root in (source, *further.values()):
        decisions += _left_out(root, above)
    if not items:
        raise DataError(
            f"{source}: expected a folder of images for each class (png, jpg, bmp, tif, gif), got none. Put the images "
            "of each class into a folder that is called like the class."
        )
    classes = _ordered({item.label for item in items})
    _check_classes(source, items, classes)
    numbers = {label: float(number) for number, label in enumerate(classes)}
    values = np.array([[numbers[item.label]] for item in items])
    decisions.append(ImportNote(f"{len(classes)} classes ({listed(classes)})"))
    plan = LabelPlan(("folder",), values, tuple(classes), ("label",))
    return import_images(
        [item.path for item in items], plan, [item.part for item in items], settings, folder, decisions
    )


def _class_folders(source: Path, ignore: Sequence[str], decisions: List[ImportNote]) -> List[Tuple[Path, str]]:
    """Return the folders of the classes, and the part each belongs to."""
    below = _folders(source, ignore)
    parts = [(folder, _PARTS[folder.name.lower()]) for folder in below if folder.name.lower() in _PARTS]
    if not any(part == "training" for _, part in parts):
        return [(folder, "training") for folder in below]
    strays = [folder.name for folder in below if folder.name.lower() not in _PARTS]
    if strays:
        decisions.append(ImportNote(f"folders beside the training data are left out: {listed(strays)}"))
    named = ", ".join(f"{folder.name} ({part})" for folder, part in parts)
    decisions.append(ImportNote(f"parts that the folder has: {named}"))
    return [(inner, part) for folder, part in parts for inner in _folders(folder, ignore)]


def _folders(source: Path, ignore: Sequence[str]) -> List[Path]:
    return sorted(
        path for path in source.iterdir() if path.is_dir() and not path.name.startswith(".") and path.name not in ignore
    )


def _images(label_folder: Path, part: str) -> List[_Found]:
    files = sorted(path for path in label_folder.rglob("*") if path.is_file() and not _is_hidden(path, label_folder))
    return [_Found(path, label_folder.name, part) for path in files if decoder_name(path.name) == "image"]


def _is_hidden(path: Path, root: Path) -> bool:
    inside = path.relative_to(root).parts
    return any(name.startswith(".") for name in inside) or path.name.lower() in _SYSTEM_FILES


def _left_out(source: Path, above: Set[Path]) -> List[ImportNote]:
    """Say which files are passed over: other files, and images that lie beside the folders of the classes."""
    files = [path for path in source.rglob("*") if path.is_file() and not _is_hidden(path, source)]
    others = Counter(path.suffix.lower() or "without ending" for path in files if decoder_name(path.name) != "image")
    shown = ", ".join(f"{count:,} {ending}" for ending, count in others.most_common(5))
    loose = sum(path.parent in above for path in files if decoder_name(path.name) == "image")
    return [
        *([ImportNote(f"files left out, no images: {shown}")] if others else []),
        *([ImportNote(f"images left out, in no folder of a class: {loose:,}")] if loose else []),
    ]


def _ordered(labels: Iterable[str]) -> List[str]:
    """Sort class names: by number if all are numbers, else by name.

    Example:
        >>> _ordered(["10", "9"]), _ordered(["dog", "cat"])
        (['9', '10'], ['cat', 'dog'])
    """
    if all(re.fullmatch(r"\d+", label) for label in labels):
        return sorted(labels, key=int)
    return sorted(labels)


def _check_classes(source: Path, items: List[_Found], classes: List[str]) -> None:
    by_part: Dict[str, List[str]] = {}
    for item in items:
        by_part.setdefault(item.part, []).append(item.label)
    trained = set(by_part.get("training", ()))
    if len(trained) < 2:
        raise DataError(
            f"{source}: expected at least two folders of images, one for each class, got {len(trained)} "
            f"({', '.join(sorted(trained))}). Is it the folder above?"
        )
    lost = [label for label in classes if label not in trained]
    if lost:
        raise DataError(f"{source}: expected training images of every class, got none of {', '.join(lost)}.")
