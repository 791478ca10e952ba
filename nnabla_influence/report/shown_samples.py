"""The samples that the page shows, within a budget of samples and bytes.

A page with every picture of a large data set would not open. So of more than `MOST_CARDS` samples, the most harmful
and the most helpful ones are shown (three quarters and one quarter, because the harmful ones are there to be looked
through), and pictures shrink until all of them together stay below `PICTURE_BYTES`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..dataset.csv import Column, is_number
from ..execution import Execution, SharedWork
from .card import Card, card_of, data_uri, with_picture
from .near_duplicates import NEAR_NUMBERS, NEAR_PICTURES, near_duplicates, number_features, picture_features
from .pictures import LARGEST_EXACT, LARGEST_SIDE, Picture, picture_column
from .scored_samples import ScoredSamples, as_number
from .thumbnails import encoded_pictures, pictures_of

__all__ = ["MOST_CARDS", "PICTURE_BYTES", "ShownSamples", "title_of"]

MOST_CARDS = 2000
HARMFUL_SHARE = 0.75
PICTURE_BYTES = 16_000_000
"""Characters of all data URIs of thumbnails; with text and figures, the page stays below 20 MB."""
SIDES = (LARGEST_SIDE, LARGEST_EXACT, 48, 32, 24, 16)
MOST_NUMBERS = 100


@dataclass(frozen=True)
class ShownSamples:
    """The samples on a page, as cards; made by `choose`.

    Attributes:
        cards: Most harmful first.
        total: The number of samples in all.
        files: The files that their pictures were read from.
        broken: (file, reason) of files that could not be read.
        columns: Names of the columns of numbers, in the order of a card's cells.
        unseen_numbers: The number of further ones that the page leaves out.
        side: Longest side of a thumbnail in pixels.
        pictures: Thumbnails by line of the CSV, for the contact sheet.
    """

    cards: List[Card]
    total: int
    files: List[Path]
    broken: List[Tuple[str, str]]
    columns: List[str]
    unseen_numbers: int
    side: int
    pictures: Dict[int, Picture] = field(repr=False)

    @classmethod
    def choose(
        cls,
        samples: ScoredSamples,
        most: int = MOST_CARDS,
        picture_bytes: int = PICTURE_BYTES,
        execution: Execution = Execution(),
    ) -> ShownSamples:
        """Choose the samples to show, and make their cards.

        Args:
            samples: All samples.
            most: How many to show at most.
            picture_bytes: How much their thumbnails may take.
            execution: The processes of this machine that make thumbnails.
        """
        order = samples.order
        chosen = _chosen(len(order), most)  # places in the order: rank - 1
        column = _picture_column(samples)
        cells = {} if column is None else {int(order[p]): samples.table.rows[order[p]][column] for p in chosen}
        with SharedWork(execution.local) as work:
            pictures = pictures_of(work, samples.table, cells)
            uris, side = _data_uris(work, pictures, picture_bytes)
        numbers = _number_columns(samples)
        cards = [card_of(samples, int(order[p]), int(p) + 1, numbers[:MOST_NUMBERS]) for p in chosen]
        for place, card in enumerate(cards):
            if card.line in pictures:
                uri = uris.get(card.line, "")
                cards[place] = with_picture(card, pictures[card.line], cells[card.line], uri, side)
        cards = _with_near(samples, cards, pictures, [position for _, position in numbers])
        broken = [(cells[line], picture.text) for line, picture in pictures.items() if picture.broken]
        columns = [name for name, _ in numbers[:MOST_NUMBERS]]
        files = [samples.table.resolve(cells[line]) for line, picture in pictures.items() if not picture.broken]
        return cls(cards, len(order), files, broken, columns, len(numbers) - len(columns), side, pictures)


def _chosen(total: int, most: int) -> Sequence[int]:
    if total <= most:
        return range(total)
    harmful = math.ceil(most * HARMFUL_SHARE)
    return [*range(harmful), *range(total - (most - harmful), total)]


def _with_near(
    samples: ScoredSamples, cards: List[Card], pictures: Dict[int, Picture], columns: Sequence[int]
) -> List[Card]:
    """Note the near-duplicates of harmful samples: by their pictures, or by their numbers where there are none."""
    images = [None if card.line not in pictures else pictures[card.line].image for card in cards]
    drawn = [place for place, image in enumerate(images) if image is not None]
    if drawn:
        features = picture_features([image for image in images if image is not None])
    elif columns:
        rows = [samples.table.rows[card.line] for card in cards]
        features = number_features(np.array([[as_number(row[column]) for column in columns] for row in rows]))
        drawn = list(range(len(cards)))
    else:
        return cards
    harmful = [position for position, place in enumerate(drawn) if cards[place].score < 0]
    near = near_duplicates(features, harmful, NEAR_PICTURES if images[drawn[0]] else NEAR_NUMBERS)
    noted = list(cards)
    for position, others in near.items():
        place = drawn[position]
        noted[place] = replace(cards[place], near=[cards[drawn[other]].index for other in others])
    return noted


def _label_names(samples: ScoredSamples) -> List[str]:
    if samples.target is not None:
        return [samples.target.variable]
    return [] if samples.classes is None else [samples.classes.variable]


def _picture_column(samples: ScoredSamples) -> Optional[int]:
    labels = _label_names(samples)
    column = picture_column(samples.table, [c for c in samples.data_columns if c.name not in labels])
    return None if column is None else column.position


def _number_columns(samples: ScoredSamples) -> List[Tuple[str, int]]:
    """Find name and position of the input's columns of numbers; pictures, labels and comments are none."""
    labels = _label_names(samples)
    first = samples.table.rows[0]
    columns = []
    for column in samples.data_columns:
        if not column.comment and column.name not in labels and is_number(first[column.position]):
            columns.append((title_of(column), column.position))
    return columns


def title_of(column: Column) -> str:
    """Return what people call a column: its own name in the header, else its variable and index."""
    own = column.name if column.index is None else f"{column.name}[{column.index}]"
    return column.label or own


def _data_uris(work: SharedWork, pictures: Dict[int, Picture], most: int) -> Tuple[Dict[int, str], int]:
    """Draw the thumbnails as large as all fit; at the smallest size keep those that fit, most harmful first.

    Returns:
        Data URIs by line of the CSV, and the longest side in pixels.
    """
    uris: Dict[int, str] = {}
    # Encoding all at each size is the only way to know: a picture's size depends on what it shows.
    for side in SIDES:
        uris = {line: data_uri(data) for line, data in encoded_pictures(work, pictures, side).items()}
        if sum(map(len, uris.values())) <= most:
            return uris, side
    kept: Dict[int, str] = {}
    for line, uri in uris.items():  # in the order of the cards
        most -= len(uri)
        if most < 0:
            break
        kept[line] = uri
    return kept, SIDES[-1]
