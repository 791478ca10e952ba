"""The most harmful samples as one PNG file: thumbnails of images, a table of anything else.

It needs matplotlib only, so it can be had where the page cannot.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple, Optional, Union

from matplotlib.figure import Figure

from ..errors import ConfigError
from ..files import atomic_path, refuse_overwriting
from .cards import HARMFUL_SHARE, Deck, deal
from .contact_sheet import contact_sheet
from .figures import LIGHT, drawing, png_bytes
from .number_sheet import number_sheet
from .scored_samples import ScoredSamples

__all__ = ["MOST_SHOWN", "WrittenSheet", "write_most_harmful", "write_png"]

MOST_SHOWN = 400


class WrittenSheet(NamedTuple):
    """What was drawn.

    Attributes:
        total: Samples in the influence CSV.
        harmful: Samples with a negative score.
        unreadable: Files of samples that could not be read; the first is named in `reason`.
        reason: Empty where everything could be read.
    """

    total: int
    harmful: int
    unreadable: int
    reason: str


def write_most_harmful(
    influence: Union[str, Path], output: Union[str, Path], most: int, label: Optional[str] = None
) -> WrittenSheet:
    """Draw the most harmful samples of an influence CSV.

    Args:
        influence: The CSV that ``score`` or ``run`` wrote.
        output: The PNG file to write.
        most: How many samples, from 1 to `MOST_SHOWN`.
        label: The variable with the classes; left out, ``y`` if it holds classes.

    Raises:
        ConfigError: `most` is out of range.
        DataError: The CSV is missing, broken, or no influence CSV.
        OutputExistsError: The output is the influence CSV.
    """
    if not 1 <= most <= MOST_SHOWN:
        raise ConfigError(f"The picture shows from 1 to {MOST_SHOWN} samples, not {most}; choose another number.")
    refuse_overwriting([Path(output)], [Path(influence)])
    samples = ScoredSamples.read(influence, label)
    deck = deal(samples, math.ceil(most / HARMFUL_SHARE))
    with drawing():
        write_png(_figure(deck, most), Path(output))
    reason = "{}: {}".format(*deck.broken[0]) if deck.broken else ""
    return WrittenSheet(len(samples), samples.harmful, len(deck.broken), reason)


def write_png(figure: Figure, output: Path) -> None:
    """Write a figure, whole or not at all; call it inside `drawing`."""
    with atomic_path(output) as temporary:
        temporary.write_bytes(png_bytes(figure))


def _figure(deck: Deck, most: int) -> Figure:
    pictures = contact_sheet(deck, LIGHT, most)
    return number_sheet(deck, LIGHT, most) if pictures is None else pictures
