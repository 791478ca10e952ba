"""The noun *data set*: every sample of every variable as numbers, ready to be drawn in batches.

A `Dataset` is decoded once into memory-mapped arrays in the *data cache* (see `store`), named by the fingerprint of
its contents; the next run, or another process, only opens them. What is mapped is paged in on demand, so memory does
not grow with the number of samples N. `Dataset.subset` is a view of some rows: it copies no sample, and its fingerprint
follows from that of the whole and the row numbers.

Numbers are what NNabla's own CSV reader delivers: images multiplied by 1/255 (16-bit images by 1/65535) when
`normalize` is on, everything else unchanged. A variable of one numeric column has the sample shape (1,), a vector of k
columns (k,), an image (C, H, W).
"""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Sequence, Set, Tuple, Union

import numpy as np

from ..array import Array, IntArray
from ..errors import ConfigError, DataError
from ..execution import Execution
from .changed_files import file_columns
from .class_names import NO_NAMES, ClassNames
from .csv import Table
from .data_cache import default_data_cache
from .decoding import CellError, ImageSize, float32_array
from .fingerprint import arrays_fingerprint, rows_fingerprint
from .header import index_gaps
from .ingest import DecodeSettings, FileProgress, ingest
from .store import open_entry
from .verified_array import VerifiedArray

if TYPE_CHECKING:
    from ..frames import Frame

__all__ = ["Dataset", "check_image_size"]

LOGGER = logging.getLogger("nnabla_influence")

# The float32 value of each grey level, by the type of the pixels. It is rounded once, from float64, as NNabla's reader
# does it; a multiplication in float32 would differ in the last bit.
_SCALED: Dict[np.dtype[Any], Array] = {
    np.dtype(kind): (np.arange(levels) * (1.0 / (levels - 1))).astype(np.float32)
    for kind, levels in ((np.uint8, 256), (np.uint16, 65536))
}


StoredArray = Union[Array, VerifiedArray]
"""The samples of a variable: in memory, or in the data cache."""


class Dataset:
    """The samples of a data set; made by `from_csv`, `from_frame` or `from_arrays`.

    Attributes:
        path: The CSV, None for a data set made from arrays.
        table: The CSV's text, None for a data set made from arrays.
        fingerprint: 64 hexadecimal digits that identify the contents. Moving or renaming files does not change it;
            another pixel, label, variable name or image size does.
        normalize: Whether images are scaled to 0..1.
        image_size: (H, W) to which images were resized, None if they were not.
        class_names: What the classes are called: `class_names.CLASSES_FILE` beside the CSV, or the names in a frame.
        read_at: When the reading of its files began, in nanoseconds since 1970; 0 for arrays and frames.
        known_deleted: Files that were deleted since, as far as that has been said; parts of a data set share it.

    Example:
        >>> import numpy as np
        >>> data = Dataset.from_arrays({"x": np.arange(8.0).reshape(4, 2), "y": np.array([0, 1, 0, 1])})
        >>> data
        Dataset(4 samples, x: (2,), y: (1,))
        >>> data.batch([3, 0])["x"]
        array([[6., 7.],
               [0., 1.]], dtype=float32)
        >>> data.subset([1, 2]).column("y").ravel()
        array([1., 0.], dtype=float32)
    """

    def __init__(
        self,
        arrays: Mapping[str, StoredArray],
        fingerprint: str,
        table: Optional[Table] = None,
        normalize: bool = True,
        data_cache: Optional[Path] = None,
        image_size: ImageSize = None,
        class_names: Optional[ClassNames] = None,
    ) -> None:
        self._arrays = arrays
        self._rows: Optional[IntArray] = None  # of a subset: which samples of the arrays, (n,)
        self._whole = fingerprint  # names the arrays in the data cache, also for a subset
        self._data_cache = data_cache
        self.fingerprint = fingerprint
        self.table = table
        self.normalize = normalize
        self.image_size = image_size
        self.class_names = class_names if class_names is not None else NO_NAMES
        self.read_at = 0
        self.known_deleted: Set[Path] = set()

    @classmethod
    def from_csv(
        cls,
        path: Union[str, Path],
        *,
        image_size: ImageSize = None,
        normalize: bool = True,
        data_cache: Union[str, Path, None] = None,
        classes: Union[str, Path, None] = None,
        progress: Optional[FileProgress] = None,
        execution: Execution = Execution(),
    ) -> Dataset:
        """Read an NNC data set, decoding it only if the data cache does not hold it.

        Args:
            path: The CSV.
            image_size: (H, W) to which all images are resized (bilinear, antialiased); None keeps their size.
            normalize: Scale images to 0..1.
            data_cache: Folder for the decoded arrays; None for `default_data_cache()`.
            classes: A CSV with the names of the classes; None: `class_names.CLASSES_FILE` beside the data set.
            progress: Called with (files done, files in all) while files are read.
            execution: The processes of this machine that decode files; the decoded data has the same bytes.

        Raises:
            ConfigError: `image_size` is not two positive numbers.
            DataError: The CSV or some cells are broken; all broken cells are listed, up to 20.
            RunError: The data cache cannot be written.
        """
        check_image_size(image_size)
        read_at = time.time_ns()
        table = Table.read(path)
        names = ClassNames.found(classes, table.path)
        for name, missing in index_gaps(table.variables).items():
            LOGGER.warning(
                "%s: vector '%s' has no column %s; its %d columns are taken in their order, as NNabla does",
                table.path,
                name,
                missing,
                len(table.variables[name]),
            )
        folder = Path(os.path.abspath(str(data_cache))) if data_cache else default_data_cache()
        fingerprint, arrays = ingest(table, DecodeSettings(image_size, normalize), folder, progress, execution)
        data = cls(arrays, fingerprint, table, normalize, folder, image_size, names)
        data.read_at = read_at
        return data

    @classmethod
    def from_frame(
        cls,
        frame: Frame,
        label: Union[str, Sequence[str], None] = None,
        *,
        classes: Optional[Sequence[str]] = None,
    ) -> Dataset:
        """Make a data set of a data frame of numbers, one row per sample; labels may be text.

        Args:
            frame: A pandas data frame. If its columns are called as in an NNC data set (``x__0``, ``y``), they are its
                variables; otherwise all columns but the label are the vector ``x``.
            label: The label columns, which become ``y``; None: the one with a usual name.
            classes: The names of the classes in the order of their numbers, so that validation data has the numbers of
                the training data: ``list(train.class_names.values())``; None: labels that are numbers stay as they
                are, text is numbered in the order of all names that occur.

        Raises:
            DataError: There is no such column, a column holds no numbers, or cells are missing.

        Example:
            >>> import pandas as pd
            >>> frame = pd.DataFrame({"length": [1.5, 2.0, 0.5], "kind": ["cat", "dog", "cat"]})
            >>> data = Dataset.from_frame(frame, "kind")
            >>> data, data.class_names.say(1)
            (Dataset(3 samples, x: (1,), y: (1,)), 'dog')
        """
        from ..frames import arrays_of  # here, because pandas takes a while to load

        columns = arrays_of(frame, label, classes)
        return cls.from_arrays(columns.arrays, classes=columns.classes)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], *, classes: Sequence[str] = ()) -> Dataset:
        """Make a data set of arrays in memory.

        Args:
            arrays: One array (N, *shape) per variable, copied as float32 and not scaled; (N,) becomes (N, 1).
            classes: The names of the classes in the order of their numbers, if they have any.

        Raises:
            DataError: No arrays, unequal N, no samples, or values that are no finite float32 numbers.
        """
        if not arrays:
            raise DataError("Expected at least one array, got none. Pass for example {'x': ..., 'y': ...}.")
        converted = {name: _in_memory(name, np.asarray(array)) for name, array in arrays.items()}
        lengths = {name: len(array) for name, array in converted.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(
                f"Expected arrays of equal length, got {lengths}. Give every sample a value of every variable."
            )
        return cls(converted, arrays_fingerprint(converted), class_names=ClassNames(dict(enumerate(classes))))

    def named(self, class_names: ClassNames) -> Dataset:
        """Return the same data set with other names for its classes."""
        return self._with(class_names=class_names)

    @property
    def path(self) -> Optional[Path]:
        """The CSV's absolute path, None for a data set made from arrays."""
        return self.table.path if self.table is not None else None

    @property
    def variables(self) -> Tuple[str, ...]:
        """The names of the variables, in the order of the CSV."""
        return tuple(self._arrays)

    @property
    def shapes(self) -> Dict[str, Tuple[int, ...]]:
        """The shape of one sample of each variable, without the batch axis."""
        return {name: array.shape[1:] for name, array in self._arrays.items()}

    @property
    def _stored_samples(self) -> int:
        """The number of samples of the arrays; of a subset that is more than its own."""
        return len(next(iter(self._arrays.values())))

    def __len__(self) -> int:
        return self._stored_samples if self._rows is None else len(self._rows)

    def __repr__(self) -> str:
        shapes = [f"{name}: {shape}" for name, shape in self.shapes.items()]
        origin = [f"path={str(self.path)!r}"] if self.path is not None else []
        return f"Dataset({', '.join([f'{len(self)} samples', *shapes, *origin])})"

    def batch(self, indices: Union[Sequence[int], Array]) -> Dict[str, Array]:
        """Draw samples by their row numbers.

        Args:
            indices: (B,) row numbers from 0, repeated ones allowed.

        Returns:
            Fresh float32 arrays (B, *shape) by variable.
        """
        rows = np.asarray(indices, dtype=np.int64)
        rows = rows if self._rows is None else self._rows[rows]
        return {name: self._float32(array[rows]) for name, array in self._arrays.items()}

    def subset(self, rows: Union[Sequence[int], Array]) -> Dataset:
        """Make a data set of some samples, without copying them.

        Args:
            rows: (n,) whole row numbers from 0 in any order, repeated ones allowed; sample k of the subset is sample
                ``rows[k]`` of this data set.

        Returns:
            A data set of n samples over the same arrays. Its table holds the same rows of the CSV. The same samples
            have the same fingerprint however they were chosen, and all of them in order that of the whole.

        Raises:
            DataError: There are no rows, or one is no row number of this data set.
        """
        chosen = _checked_rows(rows, len(self))
        table = self.table.subset(chosen.tolist()) if self.table is not None else None
        # A subset of a subset: back to rows of the arrays, so that its fingerprint does not depend on the way there.
        chosen = chosen if self._rows is None else self._rows[chosen]
        fingerprint = rows_fingerprint(self._whole, chosen, self._stored_samples)
        return self._with(fingerprint=fingerprint, table=table, _rows=chosen)

    def without_table(self) -> Dataset:
        """Return the same samples without the text of their CSV, which takes long to send to another process."""
        return self._with(table=None)

    def without_text(self) -> Dataset:
        """Return the same samples without the text of a CSV of numbers, which may be larger than the samples are.

        The CSV's path stays, so that a change of it is noticed; where cells name files, that needs all of the text.
        """
        if self.table is None or file_columns(self.table):
            return self
        return self._with(table=dataclasses.replace(self.table, rows=()))

    def _with(self, **changes: Any) -> Dataset:
        """Return a view with other attributes; a copy would open the arrays again."""
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, **changes)
        return view

    def column(self, name: str) -> Array:
        """Return all values of a variable of numbers, such as the labels.

        Args:
            name: A variable whose samples are numbers or vectors; images are drawn by `batch`.

        Returns:
            float32 (N, k), with k = 1 for a single column.

        Raises:
            DataError: There is no such variable, or its samples are images or arrays.
        """
        if name not in self._arrays:
            raise DataError(f"Expected one of the variables {list(self.variables)}, got {name!r}. Check the name.")
        array = self._arrays[name]
        if array.ndim != 2:
            raise DataError(
                f"Expected a variable of numbers, got {name!r} with samples of shape {array.shape[1:]}. Draw its "
                "samples in batches."
            )
        return np.array(array[:] if self._rows is None else array[self._rows], dtype=np.float32)

    def _float32(self, values: Array) -> Array:
        if self.normalize and values.dtype in _SCALED:
            return _SCALED[values.dtype][values]
        return values.astype(np.float32, copy=False)

    def __getstate__(self) -> Dict[str, Any]:
        """Leave the arrays out: worker processes open the maps again instead of receiving every sample."""
        state = self.__dict__.copy()
        if self._data_cache is not None:
            state["_arrays"] = None
        return state

    def __setstate__(self, state: Dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._data_cache is not None:
            arrays = open_entry(self._data_cache, self._whole)
            if arrays is None:
                raise DataError(
                    f"Expected the decoded data in {self._data_cache / self._whole}, got no such folder. Open the data "
                    "set again with Dataset.from_csv."
                )
            self._arrays = arrays


def check_image_size(image_size: ImageSize) -> None:
    """Refuse a size that is not two positive whole numbers.

    Raises:
        ConfigError: It is not.
    """
    if image_size is None:
        return
    if len(image_size) != 2 or any(not isinstance(side, (int, np.integer)) or side < 1 for side in image_size):
        raise ConfigError(
            f"Expected an image size of two positive whole numbers (height, width), got {image_size!r}. Pass for "
            "example (32, 32)."
        )


def _checked_rows(rows: Union[Sequence[int], Array], samples: int) -> IntArray:
    numbers = np.asarray(rows)
    if numbers.ndim != 1 or numbers.size == 0 or numbers.dtype.kind not in "iu":  # nor is a mask of bools row numbers
        raise DataError(
            f"Expected a list of at least one row number, got an array of shape {numbers.shape} and type "
            f"{numbers.dtype}. Choose some rows, counted from 0."
        )
    beyond = numbers[(numbers < 0) | (numbers >= samples)]
    if len(beyond):
        raise DataError(
            f"Expected row numbers from 0 to {samples - 1}, got {', '.join(map(str, beyond[:10].tolist()))}. Rows are "
            "counted from 0, without the header."
        )
    return numbers.astype(np.int64)


def _in_memory(name: str, array: Array) -> Array:
    if array.ndim == 0:
        raise DataError(
            f"Expected an array with one entry per sample for {name!r}, got a single number. Pass an array of shape "
            "(N, ...)."
        )
    try:
        copied = np.array(float32_array(array))  # a copy: the caller may go on writing into his own
    except CellError as error:
        raise DataError(f"Variable {name!r}: {error.message}. Pass an array of finite numbers.") from error
    copied.flags.writeable = False
    return copied.reshape(-1, 1) if copied.ndim == 1 else copied
