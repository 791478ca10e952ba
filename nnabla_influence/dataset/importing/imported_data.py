"""What an import comes to: the cells of every NNC data set, the names of the classes, and every decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection, List, Mapping, Optional, Sequence, Tuple

from ...array import Array

__all__ = ["ImportedData", "cell_of", "label_cells", "label_header"]


@dataclass(frozen=True)
class ImportedData:
    """Data sets that are ready to be written.

    Args:
        header: Their header, the same for all parts.
        parts: The rows of every part (`row_parts.PARTS`) that has any.
        classes: The name of every class in the order of the numbers; empty if the labels are no classes.
        decisions: What was decided, in sentences.
        regression: Whether the labels are values to predict.
        image_shape: (H, W) of the images, the most frequent one; None if there are none.
        resize: Whether the images differ in size, so that whoever reads them has to resize them.
        mixed_colours: Whether the images differ in their colours, which no reader can settle.
    """

    header: List[str]
    parts: Mapping[str, Collection[List[str]]]
    classes: Tuple[str, ...]
    decisions: List[str]
    regression: bool
    image_shape: Optional[Tuple[int, int]] = None
    resize: bool = False
    mixed_colours: bool = False


def cell_of(number: float) -> str:
    """Write a number in as few digits as read back the same.

    Example:
        >>> cell_of(3.0), cell_of(0.1)
        ('3', '0.1')
    """
    plain = float(number)
    return str(int(plain)) if plain.is_integer() and abs(plain) < 1e15 else repr(plain)


def label_header(names: Sequence[str]) -> List[str]:
    """Return the header of the labels: ``y:NAME`` for one, ``y__0:NAME``, ... for several."""
    return [f"y:{names[0]}"] if len(names) == 1 else [f"y__{number}:{name}" for number, name in enumerate(names)]


def label_cells(values: Array) -> List[str]:
    """Write the labels (k,) of a row."""
    return [cell_of(value) for value in values]
