"""The most harmful samples as a table of their numbers, for data that are no pictures.

What `contact_sheet` is for images: one picture to show where an HTML page cannot be. A row per sample: its rank, its
row in the training data, its score, its class (and the predicted one where they differ), and the first of its numbers.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .card import Card
from .figures import Theme, drawable, new_figure
from .shown_samples import ShownSamples

__all__ = ["SheetColumn", "number_sheet", "sheet_columns", "write_cell"]

# Height of a row and widths of columns, in inches.
_ROW = 0.21
_WIDE = 1.15
_NARROW = 0.55
_FILE = 3.2
# The longest texts that fit, in characters.
_LONGEST_NAME = 15
_LONGEST_FILE = 46

SheetColumn = Tuple[str, float, List[str]]
"""Title, width in inches, and a cell per sample."""


def number_sheet(samples: ShownSamples, theme: Theme, most: int) -> Figure:
    """Draw a table.

    Args:
        samples: The cards.
        theme: Colours.
        most: How many samples at most.
    """
    cards = samples.cards[:most]
    columns = sheet_columns(cards)
    width = sum(wide for _, wide, _ in columns)
    figure = new_figure(width + 0.3, (len(cards) + 1) * _ROW + 0.3, theme)
    axes: Axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(len(cards) + 0.5, -0.5)
    axes.axhline(0.5, color=theme.line, linewidth=1)
    right = 0.0
    for title, wide, cells in columns:
        right += wide
        write_cell(axes, right, 0, title, theme.faint)
        for row, cell in enumerate(cells, start=1):
            write_cell(axes, right, row, cell, theme.ink)
    return figure


def sheet_columns(cards: Sequence[Card]) -> List[SheetColumn]:
    """Make the columns of a table of samples, their rank first."""
    columns: List[SheetColumn] = [
        ("rank", _NARROW, [f"{card.rank}" for card in cards]),
        ("row", _NARROW, [f"{card.index}" for card in cards]),
        ("influence", _WIDE, [f"{card.score:.3e}" for card in cards]),
    ]
    if any(card.class_name is not None for card in cards):
        columns.append(("class", _WIDE, [_class(card) for card in cards]))
    if cards[0].target is not None:
        cells = [_short(card.target[1]) for card in cards if card.target is not None]
        columns.append((_short(cards[0].target[0]), _WIDE, cells))
        if any(card.predicted is not None for card in cards):
            columns.append(("predicted", _WIDE, [card.predicted or "" for card in cards]))
    for place, (name, _) in enumerate(cards[0].numbers):
        columns.append((_short(name), _WIDE, [_short(card.numbers[place][1]) for card in cards]))
    if any(card.file for card in cards):
        columns.append(("file", _FILE, [card.file[-_LONGEST_FILE:] for card in cards]))
    return columns


def _class(card: Card) -> str:
    own = card.class_name or ""
    return _short(f"{own} \N{RIGHTWARDS ARROW} {card.predicted}" if card.differs else own)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"


def write_cell(axes: Axes, right: float, row: float, text: str, colour: str) -> None:
    """Write a cell of a table, up to its right edge."""
    axes.text(right - 0.06, row, drawable(text, _LONGEST_FILE), color=colour, fontsize=7.4, ha="right", va="center")
