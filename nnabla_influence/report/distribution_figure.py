"""The distribution of the scores per class: every sample a dot, the middle half of each class a bar.

Influence scores have long tails, and the tails are what the report is about: a histogram would show one tall bar at
zero. So every sample is drawn, and samples of one class are spread over the height of its row (by a fixed formula, not
at random, so that the same scores give the same picture).
"""

from __future__ import annotations

import math
from typing import List, Tuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..array import Array
from .figures import Theme, drawable, new_figure, style_axes
from .scored_samples import ScoredSamples

__all__ = ["MOST_ROWS", "distribution_figure", "long_tails"]

MOST_ROWS = 20
LONG_TAIL = 15
_GOLDEN = 0.6180339887498949  # its multiples modulo 1 are evenly spread, however many there are


def distribution_figure(samples: ScoredSamples, theme: Theme) -> Figure:
    """Draw the distribution.

    Args:
        samples: The samples; of more than 20 classes, those with the lowest mean scores are drawn.
        theme: Colours.
    """
    rows = class_rows(samples)
    figure = new_figure(6.4, 1.1 + 0.3 * max(len(rows), 3), theme)
    axes: Axes = figure.add_subplot()
    style_axes(axes, theme, grid="x")
    axes.axvline(0, color=theme.faint, linewidth=1)
    for height, (_, scores) in enumerate(rows):
        _draw_row(axes, height, scores, theme)
    axes.set_yticks(range(len(rows)), [drawable(name) for name, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    if long_tails(samples.scores):
        _logarithmic_tails(axes, samples.scores)
    axes.set_xlabel("influence score" + (" (below 0: harmful, above 0: helpful)" if samples.signed else ""))
    for label in axes.get_yticklabels():
        label.set_color(theme.ink)
    return figure


def class_rows(samples: ScoredSamples) -> List[Tuple[str, Array]]:
    """Return name and scores of the rows of the figure, from top to bottom."""
    if samples.classes is None:
        return [("all samples", samples.scores)]
    classes = samples.classes
    rows = [(name, samples.scores[classes.members == position]) for position, name in enumerate(classes.names)]
    rows = [(name, scores) for name, scores in rows if len(scores)]
    if len(rows) <= MOST_ROWS:
        return rows
    lowest = sorted(range(len(rows)), key=lambda row: (float(rows[row][1].mean()), row))[:MOST_ROWS]
    return [rows[row] for row in sorted(lowest)]


def long_tails(scores: Array) -> bool:
    """Whether a linear scale would crush three quarters of the scores into a twentieth of the figure."""
    return float(np.abs(scores).max()) > LONG_TAIL * float(np.quantile(np.abs(scores), 0.75)) > 0


def _logarithmic_tails(axes: Axes, scores: Array) -> None:
    """Make the axis linear for three quarters of the scores, logarithmic beyond; ticks at 1 and 3 of each decade."""
    width = float(np.quantile(np.abs(scores), 0.75))
    axes.set_xscale("asinh", linear_width=width)
    first = math.ceil(math.log10(1.5 * width))
    last = math.floor(math.log10(float(np.abs(scores).max())))
    sizes = [leading * 10.0**power for power in range(first, last + 1) for leading in (1, 3)]
    ticks = [tick for tick in sorted({0.0, *sizes, *(-size for size in sizes)}) if scores.min() <= tick <= scores.max()]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)


def _draw_row(axes: Axes, height: int, scores: Array, theme: Theme) -> None:
    low, middle, high = np.quantile(scores, (0.25, 0.5, 0.75))
    offsets = (np.arange(len(scores)) * _GOLDEN % 1 - 0.5) * 0.56
    # The more dots, the paler each: crowds stay darker than single samples, and none becomes a blot.
    opacity = float(np.clip(40 / np.sqrt(len(scores)) / 6, 0.12, 0.7))
    for chosen, colour in ((scores < 0, theme.harmful), (scores >= 0, theme.helpful)):
        axes.scatter(
            scores[chosen], height + offsets[chosen], s=9, color=colour, alpha=opacity, linewidths=0, rasterized=True
        )
    axes.plot([low, high], [height, height], color=theme.ink, linewidth=3, solid_capstyle="round", alpha=0.85)
    axes.plot([middle], [height], "o", markersize=4.2, color=theme.page, markeredgecolor=theme.ink, markeredgewidth=1.2)
