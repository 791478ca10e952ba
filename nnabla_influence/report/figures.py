"""The report's figures, drawn with matplotlib without a screen and without its global state.

Every figure is drawn twice, for light and for dark pages. The fonts are those that come with matplotlib, and a user's
own matplotlib settings are set aside, so that the same data give the same pixels.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Dict, FrozenSet, Iterator, Literal, Tuple

import matplotlib
from matplotlib import font_manager, ft2font, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["DARK", "LIGHT", "THEMES", "Theme", "drawable", "drawing", "new_figure", "png_bytes", "style_axes"]

FONT = "DejaVu Sans"
DPI = 160


@dataclass(frozen=True)
class Theme:
    """Colours; harmful and helpful differ also for readers who cannot tell red from green."""

    page: str
    ink: str
    faint: str
    line: str
    harmful: str
    helpful: str
    series: Tuple[str, ...]


LIGHT = Theme("#ffffff", "#1b2330", "#667085", "#e3e7ee", "#c8451b", "#2369b3",
              ("#2369b3", "#c8451b", "#2e7d4f", "#8a4fbf", "#b07d12", "#0d8a8a", "#c2407f", "#5b6675"))  # fmt: skip
DARK = Theme("#171c25", "#e8ecf3", "#98a2b3", "#2c3442", "#ff8c61", "#7db8f5",
             ("#7db8f5", "#ff8c61", "#74cf9a", "#c39bf0", "#e6bd58", "#5fd0d0", "#f08fbf", "#aab4c3"))  # fmt: skip
THEMES: Dict[str, Theme] = {"light": LIGHT, "dark": DARK}


@contextmanager
def drawing() -> Iterator[None]:
    """Use matplotlib's own defaults inside the block; whatever was set before comes back afterwards."""
    with matplotlib.rc_context(), style.context("default"):
        matplotlib.rcParams.update({"font.family": [FONT], "font.size": 9.5})
        yield


def new_figure(width: float, height: float, theme: Theme) -> Figure:
    """Make an empty figure; sizes in inches."""
    return Figure(figsize=(width, height), dpi=DPI, facecolor=theme.page, layout="constrained")


def style_axes(axes: Axes, theme: Theme, grid: Literal["x", "y"] = "y") -> None:
    """Quieten axes: a faint grid, no box."""
    axes.set_facecolor(theme.page)
    axes.grid(axis=grid, color=theme.line, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=theme.faint, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(theme.line)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(theme.faint)


def png_bytes(figure: Figure) -> bytes:
    """Draw the figure as PNG, without the version of the library, so that the same data give the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor=figure.get_facecolor(), metadata={"Software": None})
    return buffer.getvalue()


def drawable(text: str, longest: int = 24) -> str:
    """Make text from a data set safe for a figure: no mathematics, no missing characters, not too long."""
    known = "".join(c if ord(c) in _characters() and c.isprintable() else "\N{WHITE SQUARE}" for c in text)
    short = known if len(known) <= longest else known[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return short.replace("$", r"\$")


@lru_cache(maxsize=None)
def _characters() -> FrozenSet[int]:
    """Return the characters of the font that comes with matplotlib."""
    return frozenset(ft2font.FT2Font(font_manager.findfont(FONT)).get_charmap())
