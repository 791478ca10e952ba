"""Arrays by name in an HDF5 file: the only module that knows h5py.

An HDF5 file may say that its numbers lie in another file, by an external link, external storage or a virtual data set,
and then whoever opens it opens that file too. Files are therefore read object by object, and what leads out is refused.

They are written in memory first: when the disk is full, HDF5 itself prints tracebacks and may take the process down.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Dict, Iterable, Iterator, Mapping, Tuple, Union

import h5py

from ..array import Array
from ..errors import CorruptFileError
from .unpacked_size import require_plausible_size

__all__ = ["is_hdf5", "pack_datasets", "read_datasets"]

BROKEN = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError)  # what h5py raises for damage
NUMBERS = "buif"  # kinds of NumPy types
MOST_DEEP = 100  # groups may contain themselves


def is_hdf5(path: Path) -> bool:
    """Tell an HDF5 file by its first bytes."""
    return bool(h5py.is_hdf5(path))


def read_datasets(source: Union[Path, bytes]) -> Dict[str, Array]:
    """Read all data sets of a file by their full names.

    Args:
        source: The file, or its bytes.

    Raises:
        CorruptFileError: The file is damaged, leads to another file, or holds something other than numbers.
        TooLargeError: An array does not fit the memory of this machine.
    """
    try:
        with h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r") as file:
            return {name: _checked(name, dataset)[...] for name, dataset in _datasets(file)}
    except BROKEN as error:
        raise CorruptFileError(f"expected a readable HDF5 file, found: {error}") from error


def _datasets(group: h5py.Group, prefix: str = "") -> Iterator[Tuple[str, h5py.Dataset]]:
    """Yield the data sets of a group and of the groups in it, depth first."""
    for key in group:
        name = prefix + key
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise CorruptFileError(f"expected arrays, got '{name}', a link")
        item = group[key]
        if isinstance(item, h5py.Dataset):
            yield name, item
        elif isinstance(item, h5py.Group):
            if name.count("/") >= MOST_DEEP:
                raise CorruptFileError(f"expected groups at most {MOST_DEEP} deep, got '{name[:80]}...'")
            yield from _datasets(item, name + "/")


def _checked(name: str, dataset: h5py.Dataset) -> h5py.Dataset:
    """Return a data set of numbers that lie in this very file.

    Raises:
        CorruptFileError: It is none.
    """
    if dataset.is_virtual or dataset.external:
        raise CorruptFileError(f"expected all numbers in one file, got '{name}' stored in another file")
    if dataset.dtype.kind not in NUMBERS or dataset.shape is None:
        raise CorruptFileError(f"expected numbers in '{name}', got the type {dataset.dtype}")
    require_plausible_size(f"'{name}' {dataset.shape}", dataset.nbytes, dataset.id.get_storage_size())
    return dataset


def pack_datasets(datasets: Mapping[str, Array]) -> memoryview:
    """Return the bytes of an HDF5 file; equal arrays give equal bytes.

    Every array has a Fletcher32 checksum.

    Args:
        datasets: Arrays by name; ``group/name`` lies in a group.
    """
    image = io.BytesIO()
    # The newest layout has the smallest overhead; times are left out so that equal runs give equal bytes.
    with _timeless_file(image, sorted({name.split("/")[0] for name in datasets if "/" in name})) as file:
        for name, array in datasets.items():
            _write(file, name, array)
            # HDF5 places an array when it is flushed: else at its closing, which a profiler, looking on, puts off.
            file.flush()
    return image.getbuffer()


def _timeless_file(image: io.BytesIO, groups: Iterable[str]) -> h5py.File:
    """Return a new file in memory whose root and groups hold no times; older versions of h5py have no option for it."""
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    access.set_fileobj_driver(h5py.h5fd.fileobj_driver, image)
    creation.set_obj_track_times(False)
    file = h5py.File(h5py.h5f.create(b"in memory", h5py.h5f.ACC_TRUNC, creation, access))
    group = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    group.set_obj_track_times(False)
    for name in groups:  # made here, because a group that a data set makes on its way holds a time
        h5py.h5g.create(file.id, name.encode("ascii"), gcpl=group)
    return file


def _write(file: h5py.File, name: str, array: Array) -> None:
    if array.size == 0:  # nothing to check
        file.create_dataset(name, data=array)
        return
    # One kept state is one chunk. Fletcher32 needs chunks, and covers data sets but not attributes.
    chunk = (1,) + array.shape[1:] if array.ndim > 1 else array.shape
    file.create_dataset(name, data=array, chunks=chunk, fletcher32=True, track_times=False)
