"""A data set as numbers: every sample of every variable, ready to be drawn in batches.

A `Dataset` is decoded once into memory-mapped arrays in the *data cache* (see `store`), named by the fingerprint of
its contents; the next run, or another process, only opens them. What is mapped is paged in on demand, so memory does
not grow with the number of samples N. `Dataset.subset` is a view of some rows: it copies no sample, and its fingerprint
follows from that of the whole and the row numbers.

Numbers are what NNabla's own CSV reader delivers: images multiplied by 1/255 (16-bit images by 1/65535) when
`normalize` is on, everything else unchanged. A variable of one numeric column has the sample shape (1,), a vector of k
columns (k,), an image (C, H, W).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from ..errors import ConfigError, DataError
from .csv import Table
from .data_cache import CacheEntry, clear_data_cache, default_data_cache, list_data_cache
from .decoding import CellError, ImageSize, float32_array
from .fingerprint import arrays_fingerprint, rows_fingerprint
from .ingest import DecodeSettings, Progress, ingest
from .store import open_entry

__all__ = ["CacheEntry", "Dataset", "clear_data_cache", "default_data_cache", "list_data_cache"]

# the float32 value of each pixel, rounded once from float64 as in NNabla's reader
_SCALED = {
    np.dtype(kind): (np.arange(levels) * (1.0 / (levels - 1))).astype(np.float32)
    for kind, levels in ((np.uint8, 256), (np.uint16, 65536))
}


class Dataset:
    """The samples of a data set; made by `from_csv` or `from_arrays`.

    Attributes:
        path: the CSV, None for a data set made from arrays.
        table: the CSV's text, None for a data set made from arrays.
        fingerprint: 64 hexadecimal digits that identify the contents. Moving or renaming files does not change it;
            another pixel, label, variable name or image size does.
        normalize: whether images are scaled to 0..1.
        image_size: (H, W) to which images were resized, None if they were not.
    """

    def __init__(
        self,
        arrays: Dict[str, np.ndarray],
        fingerprint: str,
        table: Optional[Table] = None,
        normalize: bool = True,
        data_cache: Optional[Path] = None,
        image_size: ImageSize = None,
    ) -> None:
        self._arrays = arrays
        self._rows: Optional[np.ndarray] = None  # of a subset: which samples of the arrays, (n,)
        self._whole = fingerprint  # names the arrays in the data cache, also for a subset
        self._data_cache = data_cache
        self.fingerprint = fingerprint
        self.table = table
        self.normalize = normalize
        self.image_size = image_size

    @classmethod
    def from_csv(
        cls,
        path: Union[str, Path],
        *,
        image_size: ImageSize = None,
        normalize: bool = True,
        data_cache: Union[str, Path, None] = None,
        progress: Optional[Progress] = None,
    ) -> Dataset:
        """Read an NNC data set, decoding it only if the data cache does not hold it.

        Args:
            path: the CSV.
            image_size: (H, W) to which all images are resized (bilinear, antialiased); None keeps their size.
            normalize: scale images to 0..1.
            data_cache: folder for the decoded arrays; None for `default_data_cache()`.
            progress: called with (files done, files in all) while files are read.

        Raises:
            ConfigError: `image_size` is not two positive numbers.
            DataError: the CSV or some cells are broken; all broken cells are listed, up to 20.
            RunError: the data cache cannot be written.
        """
        _check_image_size(image_size)
        table = Table.read(path)
        folder = Path(os.path.abspath(str(data_cache))) if data_cache else default_data_cache()
        fingerprint, arrays = ingest(table, DecodeSettings(image_size, normalize), folder, progress)
        return cls(arrays, fingerprint, table, normalize, folder, image_size)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Dataset:
        """Make a data set of arrays in memory.

        Args:
            arrays: one array (N, *shape) per variable, copied as float32 and not scaled; (N,) becomes (N, 1).

        Raises:
            DataError: no arrays, unequal N, no samples, or values that are no finite float32 numbers.
        """
        if not arrays:
            raise DataError("expected at least one array, found none. Pass for example {'x': ..., 'y': ...}.")
        converted = {name: _in_memory(name, np.asarray(array)) for name, array in arrays.items()}
        lengths = {name: len(array) for name, array in converted.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(
                "expected arrays of equal length, found {}. Give every sample a value of every variable.".format(
                    lengths
                )
            )
        return cls(converted, arrays_fingerprint(converted))

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

    def __len__(self) -> int:
        return len(next(iter(self._arrays.values()))) if self._rows is None else len(self._rows)

    def __repr__(self) -> str:
        return "Dataset({!r}, samples={}, shapes={})".format(
            str(self.path) if self.path else None, len(self), self.shapes
        )

    def batch(self, indices: Union[Sequence[int], np.ndarray]) -> Dict[str, np.ndarray]:
        """Samples by their row numbers.

        Args:
            indices: (B,) row numbers from 0, repeated ones allowed.

        Returns:
            Fresh float32 arrays (B, *shape) by variable.
        """
        rows = np.asarray(indices, dtype=np.int64)
        rows = rows if self._rows is None else self._rows[rows]
        return {name: self._float32(array[rows]) for name, array in self._arrays.items()}

    def subset(self, rows: Union[Sequence[int], np.ndarray]) -> Dataset:
        """Some samples as a data set of its own, without copying them.

        Args:
            rows: (n,) whole row numbers from 0 in any order, repeated ones allowed; sample k of the subset is sample
                ``rows[k]`` of this data set.

        Returns:
            A data set of n samples over the same arrays. Its table holds the same rows of the CSV. The same samples
            have the same fingerprint however they were chosen, and all of them in order that of the whole.

        Raises:
            DataError: there are no rows, or one is no row number of this data set.
        """
        chosen = _checked_rows(rows, len(self))
        table = self.table.subset(chosen.tolist()) if self.table is not None else None
        chosen = chosen if self._rows is None else self._rows[chosen]
        fingerprint = rows_fingerprint(self._whole, chosen, len(next(iter(self._arrays.values()))))
        view = Dataset(self._arrays, fingerprint, table, self.normalize, self._data_cache, self.image_size)
        view._rows, view._whole = chosen, self._whole
        return view

    def column(self, name: str) -> np.ndarray:
        """All values of a variable of numbers, such as the labels.

        Args:
            name: a variable whose samples are numbers or vectors; images are drawn by `batch`.

        Returns:
            float32 (N, k), with k = 1 for a single column.

        Raises:
            DataError: there is no such variable, or its samples are images or arrays.
        """
        if name not in self._arrays:
            raise DataError(
                "expected one of the variables {}, got {!r}. Check the name.".format(list(self.variables), name)
            )
        array = self._arrays[name]
        if array.ndim != 2:
            raise DataError(
                "expected a variable of numbers, got {!r} with samples of shape {}. Draw its samples in "
                "batches.".format(name, array.shape[1:])
            )
        return np.array(array if self._rows is None else array[self._rows], dtype=np.float32)

    def _float32(self, values: np.ndarray) -> np.ndarray:
        if self.normalize and values.dtype in _SCALED:
            scaled: np.ndarray = _SCALED[values.dtype][values]
            return scaled
        return values.astype(np.float32, copy=False)

    def __getstate__(self) -> Dict[str, Any]:
        """Worker processes open the maps again instead of receiving every sample."""
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
                    "expected the decoded data in {}, found none. Open the data set again with "
                    "Dataset.from_csv.".format(self._data_cache / self._whole)
                )
            self._arrays = arrays


def _check_image_size(image_size: ImageSize) -> None:
    if image_size is None:
        return
    if len(image_size) != 2 or any(not isinstance(side, (int, np.integer)) or side < 1 for side in image_size):
        raise ConfigError(
            "expected an image size of two positive whole numbers (height, width), got {!r}. Say for "
            "example 32x32.".format(image_size)
        )


def _checked_rows(rows: Union[Sequence[int], np.ndarray], samples: int) -> np.ndarray:
    found = np.asarray(rows)
    if found.ndim != 1 or found.size == 0 or found.dtype.kind not in "iu":  # a mask of bools is no row numbers either
        raise DataError(
            "expected a list of at least one row number, got an array of shape {} and type {}. Choose some rows, "
            "counted from 0.".format(found.shape, found.dtype)
        )
    beyond = found[(found < 0) | (found >= samples)]
    if len(beyond):
        raise DataError(
            "expected row numbers from 0 to {}, got {}. Rows are counted from 0, without the header.".format(
                samples - 1, ", ".join(map(str, beyond[:10].tolist()))
            )
        )
    return found.astype(np.int64)


def _in_memory(name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim == 0:
        raise DataError(
            "expected an array with one entry per sample for {!r}, got a single number. Pass an array of "
            "shape (N, ...).".format(name)
        )
    try:
        copied = np.array(float32_array(array))  # a copy: the caller may go on writing into his own
    except CellError as error:
        raise DataError("variable {!r}: {}. Pass an array of finite numbers.".format(name, error)) from error
    copied.flags.writeable = False
    return copied.reshape(-1, 1) if copied.ndim == 1 else copied
