"""What the page shows of each sample, within a budget of samples and bytes.

A page with every picture of a large data set would not open. So of more than `MOST_CARDS` samples, the most harmful
and the most helpful ones are shown (three quarters and one quarter, because the harmful ones are there to be looked
through), and pictures shrink until all of them together stay below `PICTURE_BYTES`.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, field, replace
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..dataset.csv import is_number
from ..scores import LOSS_COLUMN
from .pictures import LARGEST_SIDE, Picture, picture_column, picture_of, png
from .scored_samples import ScoredSamples

__all__ = ["Card", "Deck", "MOST_CARDS", "PICTURE_BYTES", "deal"]

MOST_CARDS = 2000
HARMFUL_SHARE = 0.75
PICTURE_BYTES = 16_000_000
"""Characters of all data URIs of thumbnails; with text and figures, the page stays below 20 MB."""
SIDES = (LARGEST_SIDE, 48, 32, 24, 16)
MOST_NUMBERS = 8
_LONGEST_TEXT = 160


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
        predicted: The class the network predicts, or None.
        differs: Whether that is not its class.
        loss: Its loss, or None.
        extras: Further columns: name, number.
        numbers: Its input where that is numbers: name, cell.
        picture_text: What its file holds, or why it cannot be read.
        file: The cell that names its file.
        picture: Data URI of its thumbnail; empty if there is none.
        size: (width, height) of the thumbnail in pixels.
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
    picture_text: str = ""
    file: str = ""
    picture: str = ""
    size: Tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        """What a screen reader says about it."""
        parts = [f"rank {self.rank}", f"row {self.index}", f"score {self.score:.3g}"]
        parts += [f"class {self.class_name}"] if self.class_name is not None else []
        parts += [f"predicted {self.predicted}"] if self.predicted is not None else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Deck:
    """The cards of a page.

    Attributes:
        cards: Most harmful first.
        total: How many samples there are.
        broken: (file, reason) of files that could not be read.
        unseen_numbers: Columns of numbers that a card has no room for.
        side: Longest side of a thumbnail in pixels.
        pictures: Thumbnails by line of the CSV, for the contact sheet.
    """

    cards: List[Card]
    total: int
    broken: List[Tuple[str, str]]
    unseen_numbers: int
    side: int
    pictures: Dict[int, Picture] = field(repr=False)


def deal(samples: ScoredSamples, most: int = MOST_CARDS, picture_bytes: int = PICTURE_BYTES) -> Deck:
    """Choose the samples to show, and make their cards.

    Args:
        samples: All samples.
        most: How many to show at most.
        picture_bytes: How much their thumbnails may take.
    """
    order = samples.order
    chosen = _chosen(len(order), most)  # places in the order
    column = _picture_column(samples)
    cells = {} if column is None else {int(order[p]): samples.table.rows[order[p]][column] for p in chosen}
    pictures = {line: picture_of(samples.table, cell) for line, cell in cells.items()}
    uris, side = _data_uris(pictures, picture_bytes)
    numbers = _number_columns(samples)
    cards = [_card(samples, int(order[p]), int(p) + 1, numbers[:MOST_NUMBERS]) for p in chosen]
    for place, card in enumerate(cards):
        if card.line in pictures:
            cards[place] = _with_picture(card, pictures[card.line], cells[card.line], uris.get(card.line, ""), side)
    broken = [(cells[line], picture.text) for line, picture in pictures.items() if picture.broken]
    return Deck(cards, len(order), broken, max(0, len(numbers) - MOST_NUMBERS), side, pictures)


def _chosen(total: int, most: int) -> Sequence[int]:
    if total <= most:
        return range(total)
    harmful = math.ceil(most * HARMFUL_SHARE)
    return [*range(harmful), *range(total - (most - harmful), total)]


def _label_names(samples: ScoredSamples) -> List[str]:
    return [] if samples.classes is None else [samples.classes.variable]


def _picture_column(samples: ScoredSamples) -> Optional[int]:
    labels = _label_names(samples)
    column = picture_column(samples.table, [c for c in samples.data_columns if c.name not in labels])
    return None if column is None else column.position


def _number_columns(samples: ScoredSamples) -> List[Tuple[str, int]]:
    """Name and position of the input's columns of numbers; pictures, labels and comments are none."""
    labels, first = _label_names(samples), samples.table.rows[0]
    found = []
    for column in samples.data_columns:
        if not column.comment and column.name not in labels and is_number(first[column.position]):
            own = column.name if column.index is None else f"{column.name}[{column.index}]"
            found.append((column.label or own, column.position))
    return found


def _card(samples: ScoredSamples, line: int, rank: int, numbers: Sequence[Tuple[str, int]]) -> Card:
    row, classes = samples.table.rows[line], samples.classes
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
        extras=[
            (name, float(values[line]))
            for name, values in samples.extras.items()
            if name != LOSS_COLUMN and np.isfinite(values[line])
        ],
        numbers=[(_short(name), _short(row[position])) for name, position in numbers],
    )


def _predicted(samples: ScoredSamples, line: int) -> Optional[str]:
    number = _value(samples.predicted, line)
    if number is None:
        return None
    return f"{number:.4g}" if samples.classes is None else samples.classes.name_of_number(number)


def _value(values: Optional[np.ndarray], line: int) -> Optional[float]:
    return None if values is None or not np.isfinite(values[line]) else float(values[line])


def _with_picture(card: Card, picture: Picture, cell: str, uri: str, side: int) -> Card:
    size = (0, 0)
    if uri and picture.image is not None:
        shrink = min(1.0, side / max(picture.image.size))
        size = (max(1, round(picture.image.width * shrink)), max(1, round(picture.image.height * shrink)))
    return replace(card, picture=uri, size=size, file=_short(cell, at_end=True), picture_text=_short(picture.text))


def _short(text: str, at_end: bool = False) -> str:
    """A page has thousands of cards; of a path the end counts."""
    if len(text) <= _LONGEST_TEXT:
        return text
    return "..." + text[-_LONGEST_TEXT:] if at_end else text[:_LONGEST_TEXT] + "..."


def _data_uris(pictures: Dict[int, Picture], most: int) -> Tuple[Dict[int, str], int]:
    """Data URIs by line at the largest size at which all fit; at the smallest, those that fit, most harmful first."""
    uris: Dict[int, str] = {}
    for side in SIDES:
        uris = {line: _data_uri(png(p.image, side)) for line, p in pictures.items() if p.image is not None}
        if sum(map(len, uris.values())) <= most:
            return uris, side
    kept: Dict[int, str] = {}
    for line, uri in uris.items():
        most -= len(uri)
        if most < 0:
            break
        kept[line] = uri
    return kept, SIDES[-1]


def _data_uri(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")
