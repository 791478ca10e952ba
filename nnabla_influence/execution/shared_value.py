"""The noun *shared value*: what many jobs need, sent once.

A network, a data set, a direction of a million numbers go to every worker, for every job again. A shared value travels
with each job as a few kilobytes: its arrays lie in files, one ``.npy`` each, which the workers of this machine map into
their memory and so have only once among them. (Those of a cluster read them: a map of a file that another machine
removes would take the process with it.) What is not an array goes through the executor like the job itself; no file
holds anything but numbers.
"""

from __future__ import annotations

import io
import pickle
import shutil
from pathlib import Path
from typing import Any, Callable, Generic, Iterable, List, Tuple, TypeVar

import numpy as np

from ..array import Array

__all__ = ["SharedValue"]

LARGE = 1 << 14
"""Bytes from which on an array gets a file of its own."""

Value = TypeVar("Value")


class SharedValue(Generic[Value]):
    """A value whose arrays lie in a folder.

    Args:
        value: The value; it can be pickled.
        folder: A folder of its own, which every worker sees; made here.
        mapped: Whether the arrays are mapped rather than read.
        stored: Other shared values in the same parent folder that stay at least as long; arrays that they hold, the
            very same objects, are not stored again.

    Attributes:
        folder: The folder; while it is there, the value is wanted.

    >>> import tempfile
    >>> place = tempfile.TemporaryDirectory()
    >>> shared = SharedValue({"direction": np.arange(1e5)}, Path(place.name) / "0")
    >>> len(pickle.dumps(shared)) < 1000, float(shared.opened()["direction"][7])
    (True, 7.0)
    >>> shared.remove()
    >>> place.cleanup()
    """

    def __init__(
        self, value: Value, folder: Path, mapped: bool = True, stored: Iterable[SharedValue[Any]] = ()
    ) -> None:
        self.folder = folder
        self._mapped = mapped
        folder.mkdir()
        stream = io.BytesIO()
        packing = _Packing(stream, folder, [array for other in stored for array in other._arrays])
        packing.dump(value)
        self._parcel = stream.getvalue()
        self._arrays: List[Tuple[Array, str]] = packing.stored  # held, so that nothing else gets their identity

    def opened(self) -> Value:
        """Return the value; arrays that are mapped cannot be written to."""
        value: Value = _Unpacking(io.BytesIO(self._parcel), self.folder, self._mapped).load()
        return value

    def remove(self) -> None:
        """Remove the arrays."""
        shutil.rmtree(str(self.folder), ignore_errors=True)

    def __hash__(self) -> int:
        return hash(self.folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharedValue) and self.folder == other.folder

    def __reduce__(self) -> Tuple[Callable[..., Any], Tuple[Any, ...]]:
        return _received, (self.folder, self._mapped, self._parcel)


def _received(folder: Path, mapped: bool, parcel: bytes) -> SharedValue[Any]:
    value: SharedValue[Any] = SharedValue.__new__(SharedValue)
    value.folder = folder
    value._mapped = mapped
    value._parcel = parcel
    return value


class _Packing(pickle.Pickler):
    """Puts large arrays into files.

    Attributes:
        stored: The arrays it has put there, and their files below the parent folder.
    """

    def __init__(self, stream: io.BytesIO, folder: Path, known: List[Tuple[Array, str]]) -> None:
        super().__init__(stream, protocol=pickle.HIGHEST_PROTOCOL)
        self._folder = folder
        self._names = {id(array): name for array, name in known}
        self.stored: List[Tuple[Array, str]] = []

    def persistent_id(self, thing: Any) -> Any:
        """Return the file of a large array, written at the first meeting; None for all else."""
        if type(thing) is not np.ndarray or thing.nbytes < LARGE or thing.dtype.hasobject:
            return None
        if id(thing) not in self._names:
            name = f"{self._folder.name}/{len(self.stored)}.npy"
            np.save(str(self._folder.parent / name), thing, allow_pickle=False)
            self._names[id(thing)] = name
            self.stored.append((thing, name))
        return self._names[id(thing)]


class _Unpacking(pickle.Unpickler):
    """Opens these files."""

    def __init__(self, stream: io.BytesIO, folder: Path, mapped: bool) -> None:
        super().__init__(stream)
        self._folder = folder
        self._mapped = mapped

    def persistent_load(self, name: Any) -> Array:
        """Return the array of a file."""
        stored = np.load(str(self._folder.parent / name), mmap_mode="r" if self._mapped else None, allow_pickle=False)
        array: Array = stored.view(np.ndarray)  # indexing a memmap object is several times slower
        return array
