"""The most harmful samples as one PNG file: thumbnails of images, a table of anything else.

It needs matplotlib only, so it can be had where the page cannot.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple, Optional, Union

from matplotlib.figure import Figure

from ..errors import ConfigError
from ..files import refuse_overwriting, write_bytes_atomic
from .contact_sheet import contact_sheet
from .figures import LIGHT, drawing, png_bytes
from .number_sheet import number_sheet
from .scored_samples import ScoredSamples
from .shown_samples import HARMFUL_SHARE, ShownSamples

__all__ = ["MOST_SHOWN", "WrittenSheet", "write_most_harmful", "write_png"]

MOST_SHOWN = 400


class WrittenSheet(NamedTuple):
    """The picture that was written.

    Attributes:
        total: The number of samples in the influence CSV.
        harmful: The number of samples with a negative score.
        unreadable: The number of files that could not be read; the first is named in `reason`.
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
    # A page would show one helpful sample to three harmful ones; so that `most` harmful ones are there, ask for more.
    shown = ShownSamples.choose(samples, math.ceil(most / HARMFUL_SHARE))
    with drawing():
        write_png(_figure(shown, most), Path(output))
    reason = ": ".join(shown.broken[0]) if shown.broken else ""
    return WrittenSheet(len(samples), samples.harmful, len(shown.broken), reason)


def write_png(figure: Figure, output: Path) -> None:
    """Write a figure, whole or not at all; call it inside `drawing`."""
    write_bytes_atomic(output, png_bytes(figure))


def _figure(shown: ShownSamples, most: int) -> Figure:
    pictures = contact_sheet(shown, LIGHT, most)  # None where the data are no pictures
    return number_sheet(shown, LIGHT, most) if pictures is None else pictures
