"""Arrays in a NumPy archive (``.npz``): a table of numbers, or images, and the labels beside them.

The inputs are called ``x``, ``data``, ``images`` or ``features``, the labels ``y``, ``labels`` or ``target``, perhaps
with the name of a part behind or before: ``x_train``. Images (N, H, W), (N, H, W, C) or (N, C, H, W) of whole numbers
from 0 to 255 are written as PNG files beside the data sets, because NNC's data sets name files; everything else is a
table with one column per number.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import MappingProxyType
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple

import numpy as np
import pandas as pd
from PIL import Image

from ...array import Array
from ...errors import DataError
from .column_cells import read_column
from .image_import import import_images
from .import_note import ImportNote
from .import_settings import ImportSettings
from .imported_data import ImportedData
from .label_plan import plan_labels
from .row_parts import PARTS
from .source_table import SourceTable
from .table_import import import_table

__all__ = ["IMAGES", "import_archive"]

IMAGES = "images"
"""The folder, beside the data sets, of images that were arrays."""

_INPUTS = ("x", "data", "images", "features", "arr_0")
_LABELS = ("y", "labels", "label", "target", "targets", "arr_1")
_PARTS = {"train": "training", "training": "training", "val": "validation", "valid": "validation", "test": "test"}


class _Arrays(NamedTuple):
    """Inputs and labels of one part, such as train or test."""

    inputs: Array
    labels: Array
    part: str


def import_archive(
    source: Path, settings: ImportSettings, folder: Path, further: Mapping[str, Path] = MappingProxyType({})
) -> ImportedData:
    """Turn the arrays of an archive into NNC data sets.

    Args:
        source: The archive.
        settings: What the user says.
        folder: Where the data sets, and the images, are to be written.
        further: Archives of other parts.

    Raises:
        DataError: The file is no such archive, or lacks inputs or labels.
    """
    pieces = _pieces(source, _read(source))
    for part, path in further.items():
        pieces += [piece._replace(part=part) for piece in _pieces(path, _read(path))]
    _require_equal_shapes(pieces)
    given = [piece.part for piece in pieces for _ in range(len(piece.inputs))]
    inputs = np.concatenate([piece.inputs for piece in pieces])
    labels = np.concatenate([piece.labels for piece in pieces])
    decisions = [ImportNote(f"{source.name}: {len(inputs):,} samples of shape {inputs.shape[1:]}")]
    labels = labels.reshape(len(labels), -1)
    named = {f"label {number}" if labels.shape[1] > 1 else "label": column for number, column in enumerate(labels.T)}
    pixels = _pixels(inputs)
    if pixels is None:
        flat = pd.DataFrame(inputs.reshape(len(inputs), -1))
        frame = pd.concat([flat, pd.DataFrame(named)], axis=1)
        asked = ImportSettings(**{**vars(settings), "labels": tuple(named)})
        return import_table(SourceTable.of(frame, source)._replace(notes=decisions), asked, folder, given)
    plan = plan_labels({name: read_column(pd.Series(column), name) for name, column in named.items()}, settings.task)
    paths = _write_images(pixels, folder / IMAGES)
    decisions.append(ImportNote(f"written as PNG files to {IMAGES}/"))
    return import_images(paths, plan, given, settings, folder, decisions + plan.notes)


def _read(source: Path) -> Dict[str, Array]:
    try:
        with np.load(str(source), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise DataError(
            f"{source}: expected an archive of arrays without pickled objects, got the error: {error}. Write it with "
            "numpy.savez(path, x=..., y=...)."
        ) from error


def _pieces(source: Path, arrays: Dict[str, Array]) -> List[_Arrays]:
    inputs = _by_part(arrays, _INPUTS)
    labels = _by_part(arrays, _LABELS)
    shared = [part for part in PARTS if part in inputs and part in labels]
    if "training" not in shared:
        raise DataError(
            f"{source}: expected arrays x and y (or x_train and y_train), got {', '.join(arrays) or 'none'}. Write "
            "them with numpy.savez(path, x=..., y=...)."
        )
    pieces = [_Arrays(inputs[part], labels[part], part) for part in shared]
    for piece in pieces:
        if piece.inputs.ndim < 2 or len(piece.inputs) != len(piece.labels):
            raise DataError(
                f"{source}: expected inputs (N, ...) and N labels, got the shapes {piece.inputs.shape} and "
                f"{piece.labels.shape}."
            )
    return pieces


def _require_equal_shapes(pieces: List[_Arrays]) -> None:
    """Refuse parts whose samples differ in shape.

    Raises:
        DataError: Some do.
    """
    shapes = sorted({(piece.inputs.shape[1:], piece.labels.shape[1:]) for piece in pieces})
    if len(shapes) > 1:
        raise DataError(f"Expected samples of one shape in all parts, got {' and '.join(str(s[0]) for s in shapes)}.")


def _by_part(arrays: Dict[str, Array], names: Tuple[str, ...]) -> Dict[str, Array]:
    """Return the first array of each part that has one of the names."""
    by_part: Dict[str, Array] = {}
    for name in names:
        for key, array in arrays.items():
            part = _part_of(key.lower(), name)
            if part is not None:
                by_part.setdefault(part, array)
    return by_part


def _part_of(key: str, name: str) -> Optional[str]:
    if key == name:
        return "training"
    for word, part in _PARTS.items():
        if key in (f"{name}_{word}", f"{word}_{name}", f"{name}{word}"):
            return part
    return None


def _pixels(inputs: Array) -> Optional[Array]:
    """Return images as (N, H, W) or (N, H, W, C) bytes; None if the arrays are no images."""
    if inputs.ndim not in (3, 4) or inputs.dtype.kind not in "iuf":
        return None
    whole = inputs.min() >= 0 and inputs.max() <= 255 and bool((inputs == np.round(inputs)).all())
    if not whole or inputs.max() <= 1:  # zeros and ones, or no grey levels at all
        return None
    if inputs.ndim == 4 and inputs.shape[3] not in (1, 3) and inputs.shape[1] in (1, 3):
        inputs = inputs.transpose(0, 2, 3, 1)
    if inputs.ndim == 4 and inputs.shape[3] not in (1, 3):
        return None
    return (inputs[..., 0] if inputs.ndim == 4 and inputs.shape[3] == 1 else inputs).astype(np.uint8)


def _write_images(pixels: Array, folder: Path) -> List[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:06d}.png" for number in range(len(pixels))]
    for path, image in zip(paths, pixels):
        # Without a temporary name: the CSVs, written last, make the data set exist.
        Image.fromarray(image).save(str(path))
    return paths
