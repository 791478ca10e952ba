"""One array in NumPy's ``.npy`` format, without pickle, and no larger than its file."""

from __future__ import annotations

import io
import math
from tokenize import TokenError
from typing import Any, Callable, Dict, Tuple

import numpy as np

from ..array import Array

__all__ = ["read_npy"]

_Header = Tuple[Tuple[int, ...], bool, "np.dtype[Any]"]
# NumPy leaves these without annotations. The third version is for structures with names that are no Latin.
_HEADERS: Dict[Tuple[int, int], Callable[..., _Header]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# What NumPy's reader of headers, which are Python literals, raises besides ValueError.
BROKEN_HEADER = (SyntaxError, TypeError, LookupError, EOFError, MemoryError, RecursionError, TokenError)
_read_array: Callable[..., Array] = np.lib.format.read_array


def read_npy(data: bytes) -> Array:
    """Read an array.

    NumPy itself makes room for what the header declares before it looks whether it is there.

    Raises:
        ValueError: It is broken, holds objects, or less than its header declares.
    """
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)  # type: ignore[no-untyped-call]
    if version not in _HEADERS:
        raise ValueError(f"expected format 1.0 or 2.0, got {version[0]}.{version[1]}")
    try:
        shape, _, dtype = _HEADERS[version](stream)
    except BROKEN_HEADER as error:
        raise ValueError(f"its header is broken ({type(error).__name__})") from error
    if dtype.hasobject:
        raise ValueError("expected numbers, got pickled objects")
    declared = math.prod(shape) * dtype.itemsize
    held = len(data) - stream.tell()
    if declared > held or min(shape, default=0) < 0:
        raise ValueError(f"its header declares shape {shape}, {declared:,} bytes, but the file holds {held:,}")
    stream.seek(0)
    return _read_array(stream, allow_pickle=False)
