"""One evaluated sample and the training samples behind its result, on one sheet.

Above, the sample that is asked about, with its label and what the network makes of it. Below, the training samples that
helped it most and those that harmed it most, the strongest first: thumbnails with class and score where the data are
pictures, else a table of numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ..dataset.csv import Table, is_number
from ..scores import LABEL_COLUMN, LOSS_COLUMN, VALUE_COLUMN
from .card import Card
from .classes import Classes
from .contact_sheet import CELL_HEIGHT, CELL_WIDTH, COLUMNS, draw_cell, draw_picture
from .figures import LIGHT, Theme, drawable, drawing, new_figure
from .most_harmful import write_png
from .number_sheet import sheet_columns, write_cell
from .pictures import Picture, picture_column, picture_of
from .scored_samples import ScoredSamples
from .shown_samples import ShownSamples, title_of

__all__ = ["WrittenExplanation", "write_explanation"]

HEADING = 0.4  # in units of a cell's width
LINE = 0.24  # of text beside the sample
TABLE_ROW = 0.21  # inches
MOST_NUMBERS = 8
LONGEST = 90  # characters

Group = Tuple[str, str, List[Card]]  # heading, colour, samples


class WrittenExplanation(NamedTuple):
    """The picture that was written.

    Attributes:
        asked: The sample that is asked about, in words.
        unreadable: The number of files that could not be read; the first is named in `reason`.
        reason: Empty where everything could be read.
    """

    asked: str
    unreadable: int
    reason: str


class _Asked(NamedTuple):
    """The sample that is asked about."""

    title: str
    lines: List[str]
    image: Optional[Image.Image]


def write_explanation(
    influence: Path, evaluated: Table, row: int, made: Mapping[str, float], output: Path
) -> WrittenExplanation:
    """Draw the sheet.

    Args:
        influence: The CSV with the training samples to show and their scores.
        evaluated: The evaluated data.
        row: The sample that is asked about, from 0.
        made: What the network makes of it, by the names of the columns of an influence CSV.
        output: The PNG file to write.

    Raises:
        DataError: The CSV is broken.
    """
    samples = ScoredSamples.read(influence)
    shown = ShownSamples.choose(samples)
    asked = _asked(evaluated, row, samples, made)
    images = {line: picture.image for line, picture in shown.pictures.items() if picture.image is not None}
    helped = [card for card in reversed(shown.cards) if card.score > 0]
    harmed = [card for card in shown.cards if card.score < 0]
    groups: List[Group] = [
        (f"Helped most ({len(helped)} training samples; without one, its loss would be higher)", LIGHT.helpful, helped),
        (f"Harmed most ({len(harmed)} training samples; without one, its loss would be lower)", LIGHT.harmful, harmed),
    ]
    with drawing():
        draw = _thumbnails if images else _numbers
        write_png(draw(asked, groups, images, LIGHT), output)
    reason = ": ".join(shown.broken[0]) if shown.broken else ""
    return WrittenExplanation(", ".join(asked.lines), len(shown.broken), reason)


def _asked(table: Table, row: int, samples: ScoredSamples, made: Mapping[str, float]) -> _Asked:
    known = samples.classes if samples.classes is not None else samples.target
    variable = None if known is None else known.variable
    columns = [column for column in table.columns if not column.comment]
    label = [column for column in columns if column.name == variable]
    inputs = [column for column in columns if column.name != variable]
    cells = table.rows[row]
    classes = None if samples.classes is None else Classes.read(table, label, variable)
    lines = [f"label {classes.name(row)}"] if classes is not None else []
    if classes is None and label:
        lines = [f"{title_of(column)} {cells[column.position]}" for column in label[:MOST_NUMBERS]]
    lines += _made_of_it(made, classes)
    place = picture_column(table, inputs)
    picture = Picture(None, "") if place is None else picture_of(table, cells[place.position])
    if picture.image is None:
        numbers = [c for c in inputs if is_number(cells[c.position])][:MOST_NUMBERS]
        own = ", ".join(f"{title_of(column)} {cells[column.position]}" for column in numbers)
        lines += [own or picture.text] if own or picture.text else []
    return _Asked(f"Row {row + 1} of {table.path.name}", lines, picture.image)


def _made_of_it(made: Mapping[str, float], classes: Optional[Classes]) -> List[str]:
    """Say what the network predicts and how large its loss is."""
    said = []
    if LABEL_COLUMN in made:
        number = made[LABEL_COLUMN]
        said.append(f"predicted {classes.name_of_number(number) if classes is not None else f'{number:g}'}")
    if VALUE_COLUMN in made:
        said.append(f"predicted {made[VALUE_COLUMN]:.4g}")
    return [*said, *([f"loss {made[LOSS_COLUMN]:.3g}"] if LOSS_COLUMN in made else [])]


def _thumbnails(asked: _Asked, groups: Sequence[Group], images: Dict[int, Image.Image], theme: Theme) -> Figure:
    rows = sum(-(-max(1, len(cards)) // COLUMNS) for _, _, cards in groups)
    height = 1.1 + len(groups) * HEADING + rows * CELL_HEIGHT
    figure = new_figure(COLUMNS * 1.05, height * 1.05, theme)
    axes: Axes = figure.add_subplot()
    axes.set_axis_off()
    if asked.image is not None:
        draw_picture(axes, 0, 0, asked.image)
    _write_asked(axes, 1.1, asked, theme)
    top = 1.1
    for heading, colour, cards in groups:
        _heading(axes, top + 0.6 * HEADING, heading, colour)
        top += HEADING
        for place, card in enumerate(cards):
            if card.line in images:
                left = place % COLUMNS * CELL_WIDTH
                draw_cell(axes, left, top + place // COLUMNS * CELL_HEIGHT, card, images[card.line], theme)
        top += -(-max(1, len(cards)) // COLUMNS) * CELL_HEIGHT
    axes.set_xlim(0, COLUMNS * CELL_WIDTH)
    axes.set_ylim(height, 0)
    axes.set_aspect("equal")
    return figure


def _write_asked(axes: Axes, left: float, asked: _Asked, theme: Theme) -> None:
    for number, text in enumerate([asked.title, *asked.lines]):
        weight = "bold" if number == 0 else "normal"
        y = 0.2 + LINE * number
        axes.text(left, y, drawable(text, LONGEST), color=theme.ink, fontsize=9, weight=weight, va="center")


def _heading(axes: Axes, y: float, text: str, colour: str) -> None:
    axes.text(0.07, y, drawable(text, LONGEST), color=colour, fontsize=8.4, weight="bold", va="center")


def _numbers(asked: _Asked, groups: Sequence[Group], images: Dict[int, Image.Image], theme: Theme) -> Figure:
    everything = [card for _, _, cards in groups for card in cards]
    columns = sheet_columns(everything)[1:]  # a rank among the shown samples alone says nothing
    width = max(7.0, sum(wide for _, wide, _ in columns))
    above = len(asked.lines) + 2
    rows = above + len(everything) + 3 * len(groups)
    figure = new_figure(width + 0.3, rows * TABLE_ROW + 0.3, theme)
    axes: Axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(rows, -0.5)
    for line, text in enumerate([asked.title, *asked.lines]):
        weight = "bold" if line == 0 else "normal"
        axes.text(
            0.07,
            line,
            drawable(text, int(LONGEST * width / 7)),
            color=theme.ink,
            fontsize=8.4,
            weight=weight,
            va="center",
        )
    row = above
    begun = 0
    for heading, colour, cards in groups:
        _heading(axes, row, heading, colour)
        _table(
            axes, row + 1, [(title, wide, cells[begun : begun + len(cards)]) for title, wide, cells in columns], theme
        )
        begun += len(cards)
        row += len(cards) + 3
    return figure


def _table(axes: Axes, top: float, columns: Sequence[Tuple[str, float, List[str]]], theme: Theme) -> None:
    right = 0.0
    for title, wide, cells in columns:
        right += wide
        write_cell(axes, right, top, title, theme.faint)
        for row, cell in enumerate(cells, start=1):
            write_cell(axes, right, top + row, cell, theme.ink)
