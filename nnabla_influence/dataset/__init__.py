"""Data sets: NNC CSVs as text and as numbers, the plan of batches, label noise, and embedded real data.

Importing this package loads nothing but, when it is first used, `Dataset`. Its modules: `csv` (the text and its
grammar), `dataset` (`Dataset`), `batches` (which samples at which step), `augmentation` (random changes to images),
`noise` (wrong labels on purpose), `digits` (1,797 handwritten digits) and `store` (the data cache on disk).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = ["Dataset"]


def __getattr__(name: str) -> Any:
    if name != "Dataset":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .dataset import Dataset

    return Dataset
