"""Arrays by name in NumPy's ``.npz`` format: a ZIP file of ``.npy`` files, here never compressed."""

from __future__ import annotations

import io
from typing import Dict, Mapping

import numpy as np

from ..array import Array
from ..errors import CorruptFileError
from .npy_array import read_npy
from .zip_members import read_members

__all__ = ["pack_arrays", "unpack_arrays"]

SUFFIX = ".npy"


def pack_arrays(arrays: Mapping[str, Array]) -> memoryview:
    """Return the bytes of an ``.npz`` file.

    Made in memory: a ZIP file that is closed early, by an interrupt or a full disk, raises errors of its own.
    """
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getbuffer()


def unpack_arrays(packed: bytes) -> Dict[str, Array]:
    """Return the arrays of an ``.npz`` file, all checksums verified, which NumPy alone does not do.

    Raises:
        CorruptFileError: It is damaged, or an array in it is.

    >>> unpack_arrays(bytes(pack_arrays({"a": np.arange(3)})))
    {'a': array([0, 1, 2])}
    """
    arrays = {}
    for name, data in read_members(packed, lambda name: name.endswith(SUFFIX)).items():
        try:
            arrays[name[: -len(SUFFIX)]] = read_npy(data)
        except ValueError as error:
            raise CorruptFileError(f"'{name}': {error}") from error
    return arrays
