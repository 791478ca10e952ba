"""The card of one sample: what the page shows of it.

A card is text that has yet to be escaped and, where the sample is a picture, its thumbnail as a data URI. Which samples
get one, and how large thumbnails may be, is decided in `shown_samples`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from typing import List, Optional, Sequence, Tuple

import numpy as np

from ..array import Array
from ..scores import LOSS_COLUMN
from .pictures import Picture
from .scored_samples import ScoredSamples

__all__ = ["Card", "card_of", "data_uri", "with_picture"]

_LONGEST_TEXT = 160
_MOST_NUMBERS = 8
_PNG = b"\x89PNG"


@dataclass(frozen=True)
class Card:
    """One sample on the page; everything is text that has yet to be escaped.

    Attributes:
        line: Its line of the influence CSV, from 0.
        rank: 1 for the most harmful of all samples.
        index: Its row in the training CSV.
        score: The score as a number.
        score_cell: The score as it is written in the CSV.
        class_name: Its class, or None.
        class_position: The class's place in the natural order; 0 without classes.
        predicted: The class or value the network predicts, or None.
        differs: Whether that is not its class.
        loss: Its loss, or None.
        extras: Further columns: name, number.
        numbers: Its input where that is numbers: name, cell.
        more: Cells of the columns of numbers that have no room on the card.
        target: Name and cell of its target, where that is a value and no class.
        picture_text: What its file holds, or why it cannot be read.
        file: The cell that names its file.
        picture: Data URI of its thumbnail; empty if there is none.
        size: (width, height) of the thumbnail in pixels.
        near: Training rows of near-duplicates on the page, for harmful samples.
    """

    line: int
    rank: int
    index: int
    score: float
    score_cell: str
    class_name: Optional[str]
    class_position: int
    predicted: Optional[str]
    differs: bool
    loss: Optional[float]
    extras: List[Tuple[str, float]]
    numbers: List[Tuple[str, str]]
    more: List[str] = field(default_factory=list)
    target: Optional[Tuple[str, str]] = None
    picture_text: str = ""
    file: str = ""
    picture: str = ""
    size: Tuple[int, int] = (0, 0)
    near: List[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The words of a screen reader for it."""
        parts = [f"rank {self.rank}", f"row {self.index}", f"score {self.score:.3g}"]
        parts += [f"class {self.class_name}"] if self.class_name is not None else []
        parts += [" ".join(self.target)] if self.target is not None else []
        parts += [f"predicted {self.predicted}"] if self.predicted is not None else []
        return ", ".join(parts)


def card_of(samples: ScoredSamples, line: int, rank: int, numbers: Sequence[Tuple[str, int]]) -> Card:
    """Make the card of a sample, without its picture.

    Args:
        samples: All samples.
        line: Its line of the influence CSV, from 0.
        rank: 1 for the most harmful of all samples.
        numbers: Name and position of the columns of numbers; the first eight have room on the card.
    """
    row = samples.table.rows[line]
    classes = samples.classes
    target = samples.target
    return Card(
        line=line,
        rank=rank,
        index=int(samples.indexes[line]),
        score=float(samples.scores[line]),
        score_cell=samples.score_cells[line],
        class_name=None if classes is None else _short(classes.name(line)),
        class_position=0 if classes is None else int(classes.members[line]),
        predicted=_predicted(samples, line),
        differs=samples.differs(line),
        loss=_value(samples.losses, line),
        # The loss has a place of its own on the card.
        extras=[
            (name, float(values[line]))
            for name, values in samples.extras.items()
            if name != LOSS_COLUMN and np.isfinite(values[line])
        ],
        numbers=[(_short(name), _short(row[position])) for name, position in numbers[:_MOST_NUMBERS]],
        more=[_short(row[position]) for _, position in numbers[_MOST_NUMBERS:]],
        target=None if target is None else (_short(target.title), _short(row[target.position])),
    )


def with_picture(card: Card, picture: Picture, cell: str, uri: str, side: int) -> Card:
    """Add to a card what its file holds.

    Args:
        card: The card.
        picture: The decoded file.
        cell: The cell that names the file.
        uri: Data URI of the thumbnail; empty where there is none, or no room for it.
        side: Longest side of a thumbnail in pixels.
    """
    size = (0, 0)
    # Without a thumbnail the card says in words what the file holds.
    if uri and picture.image is not None:
        shrink = min(1.0, side / max(picture.image.size))
        size = (max(1, round(picture.image.width * shrink)), max(1, round(picture.image.height * shrink)))
    return replace(card, picture=uri, size=size, file=_short(cell, at_end=True), picture_text=_short(picture.text))


def data_uri(data: bytes) -> str:
    """Write the bytes of a PNG or JPEG as a data URI, so that the page loads nothing."""
    kind = "png" if data.startswith(_PNG) else "jpeg"
    return f"data:image/{kind};base64," + base64.b64encode(data).decode("ascii")


def _predicted(samples: ScoredSamples, line: int) -> Optional[str]:
    number = _value(samples.predicted, line)
    if number is None:
        return None
    return f"{number:.4g}" if samples.classes is None else samples.classes.name_of_number(number)


def _value(values: Optional[Array], line: int) -> Optional[float]:
    return None if values is None or not np.isfinite(values[line]) else float(values[line])


def _short(text: str, at_end: bool = False) -> str:
    """Cut a text: a page has thousands of cards. Of a path the end counts."""
    if len(text) <= _LONGEST_TEXT:
        return text
    return "..." + text[-_LONGEST_TEXT:] if at_end else text[:_LONGEST_TEXT] + "..."
