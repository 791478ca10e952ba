"""The most harmful samples on one sheet, to be shown where an HTML page cannot be.

Thumbnails in rows of eight, most harmful first, each with its class (and the predicted one where they differ) and its
score. Small pictures are enlarged without smoothing, so that their pixels can be told apart.
"""

from __future__ import annotations

from typing import List, Optional, Tuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from .card import Card
from .figures import Theme, drawable, new_figure
from .shown_samples import ShownSamples

__all__ = ["CELL_HEIGHT", "CELL_WIDTH", "COLUMNS", "contact_sheet", "draw_cell", "draw_picture"]

COLUMNS = 8
ROWS = 5
# In units of a cell's width.
CELL_WIDTH = 1.0
CELL_HEIGHT = 1.42
_PICTURE = 0.86


def contact_sheet(samples: ShownSamples, theme: Theme, most: int = COLUMNS * ROWS) -> Optional[Figure]:
    """Draw thumbnails, most harmful first.

    Args:
        samples: The cards and their pictures.
        theme: Colours.
        most: How many at most.

    Returns:
        The figure, or None where the data are no pictures.
    """
    pictures = [(card, _image(samples, card)) for card in samples.cards]
    shown = [(card, image) for card, image in pictures if image is not None][:most]
    if not shown:
        return None
    rows = -(-len(shown) // COLUMNS)
    figure = new_figure(COLUMNS * 1.05, rows * 1.05 * CELL_HEIGHT, theme)
    axes: Axes = figure.add_subplot()
    axes.set_axis_off()
    for place, (card, image) in enumerate(shown):
        draw_cell(axes, place % COLUMNS * CELL_WIDTH, place // COLUMNS * CELL_HEIGHT, card, image, theme)
    axes.set_xlim(0, COLUMNS * CELL_WIDTH)
    axes.set_ylim(rows * CELL_HEIGHT, 0)
    axes.set_aspect("equal")
    return figure


def _image(samples: ShownSamples, card: Card) -> Optional[Image.Image]:
    picture = samples.pictures.get(card.line)
    return None if picture is None else picture.image


def draw_cell(axes: Axes, left: float, top: float, card: Card, image: Image.Image, theme: Theme) -> None:
    """Draw a sample: its picture, and below it class and score.

    Args:
        axes: Where, in units of a cell's width.
        left: The cell's left edge.
        top: The cell's upper edge.
        card: The sample.
        image: Its picture.
        theme: Colours.
    """
    draw_picture(axes, left, top, image)
    centre = left + CELL_WIDTH / 2
    for line, (text, colour) in enumerate(_captions(card, theme)):
        y = top + 1.02 + 0.16 * line
        axes.text(centre, y, drawable(text, 22), color=colour, fontsize=6.6, ha="center", va="center")


def draw_picture(axes: Axes, left: float, top: float, image: Image.Image) -> None:
    """Draw a picture into a cell; small ones are enlarged without smoothing."""
    x, y, width, height = _fitted(image.size, left + 0.07, top + 0.05)
    smoothing = "nearest" if max(image.size) < 40 else "antialiased"
    pixels = np.asarray(image.convert("RGBA"))
    axes.imshow(pixels, extent=(x, x + width, y + height, y), interpolation=smoothing)


def _fitted(size: Tuple[int, int], left: float, top: float) -> Tuple[float, float, float, float]:
    """Return left, top, width and height of a picture that keeps its proportions inside its square."""
    scale = _PICTURE / max(size)
    width = size[0] * scale
    height = size[1] * scale
    return left + (_PICTURE - width) / 2, top + (_PICTURE - height) / 2, width, height


def _captions(card: Card, theme: Theme) -> List[Tuple[str, str]]:
    named = "" if card.class_name is None else card.class_name
    if card.predicted is not None and card.differs:
        named = f"{named} \N{RIGHTWARDS ARROW} {card.predicted}"
    return [(named or f"row {card.index}", theme.ink), (f"{card.score:.2e}", theme.faint)]
