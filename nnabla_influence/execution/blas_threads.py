"""The threads of NumPy's and SciPy's OpenBLAS, where threadpoolctl is not installed, as in Neural Network Console.

Both wheels bring a copy of OpenBLAS of their own, in a folder beside the package or inside it. The functions that set
the number of its threads have another prefix and suffix in every build.
"""

from __future__ import annotations

import ctypes
import importlib
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional

__all__ = ["BlasThreads", "blas_libraries", "one_blas_thread"]

PACKAGES = ("numpy", "scipy.linalg")
PREFIXES = ("openblas_", "scipy_openblas_")
SUFFIXES = ("", "64_", "_64_", "_")


class BlasThreads(NamedTuple):
    """One library.

    Args:
        library: It.
        prefix: Of its functions' names.
        suffix: Likewise.
    """

    library: ctypes.CDLL
    prefix: str
    suffix: str

    @property
    def number(self) -> int:
        """The number of threads."""
        return int(getattr(self.library, f"{self.prefix}get_num_threads{self.suffix}")())

    def set(self, number: int) -> None:
        """Use another number from now on."""
        getattr(self.library, f"{self.prefix}set_num_threads{self.suffix}")(number)


def blas_libraries() -> List[BlasThreads]:
    """Find the libraries that NumPy and SciPy have brought; none where they use the system's."""
    opened = (_opened(path) for package in PACKAGES for path in _files(package))
    return [library for library in opened if library is not None]


def _files(package: str) -> Iterator[Path]:
    importlib.import_module(package)  # its library must be loaded first
    name = package.split(".")[0]
    root = Path(str(importlib.import_module(name).__file__)).parent
    for folder in (root.parent / f"{name}.libs", root / ".libs", root / ".dylibs"):
        yield from sorted(folder.glob("*openblas*"))


def _opened(path: Path) -> Optional[BlasThreads]:
    try:
        library = ctypes.CDLL(str(path))
    except OSError:
        return None
    for prefix in PREFIXES:
        for suffix in SUFFIXES:
            if hasattr(library, f"{prefix}set_num_threads{suffix}"):
                return BlasThreads(library, prefix, suffix)
    return None


@contextmanager
def one_blas_thread(libraries: List[BlasThreads]) -> Iterator[None]:
    """Let libraries compute with one thread inside the block; the former numbers return afterwards."""
    before = [library.number for library in libraries]
    for library in libraries:
        library.set(1)
    try:
        yield
    finally:
        for library, number in zip(libraries, before):
            library.set(number)
