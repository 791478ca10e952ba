"""The removal curve: what happened to the loss when samples were removed and the network trained again.

One panel per measure and kind of retraining; one line per method with its 95 % interval over the seeds; removing
nothing as a dashed reference; the number that the selection data chose as a ring.
"""

from __future__ import annotations

import math
from typing import List, Sequence, Tuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..evaluation.removal_curve import CurvePoint, RemovalCurve
from .figures import Theme, drawable, new_figure, style_axes

__all__ = ["MEASURE_NAMES", "START_NAMES", "curve_figure", "panel_figure", "series_name", "shown_measures"]

MEASURE_NAMES = {
    "selection_loss": "loss on selection data",
    "test_loss": "test loss",
    "selection_accuracy": "accuracy on selection data",
    "test_accuracy": "test accuracy",
}
START_NAMES = {"last-epoch": "last epoch retrained", "scratch": "retrained from scratch"}
# Of one panel, in inches.
_WIDTH = 4.4
_HEIGHT = 3.1


def curve_figure(curve: RemovalCurve, theme: Theme) -> Figure:
    """Draw the curve.

    Args:
        curve: The retrainings.
        theme: Colours.
    """
    measures = shown_measures(curve)
    starts = curve.starts
    figure = new_figure(_WIDTH * len(measures), _HEIGHT * len(starts) + 0.5, theme)
    grid = figure.subplots(len(starts), len(measures), squeeze=False)
    for start, line in zip(starts, grid):
        for measure, axes in zip(measures, line):
            _panel(axes, curve, start, measure, theme)
    handles, names = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False, labelcolor=theme.ink)
    return figure


def panel_figure(curve: RemovalCurve, start: str, measure: str, theme: Theme) -> Figure:
    """Draw one panel alone and without legend, for pages whose width is not known."""
    figure = new_figure(_WIDTH, _HEIGHT, theme)
    _panel(figure.add_subplot(), curve, start, measure, theme)
    return figure


def shown_measures(curve: RemovalCurve) -> List[str]:
    """Choose loss and accuracy of the test data, or of the selection data where there is no test."""
    kinds = ("test_loss", "test_accuracy") if curve.has("test_loss") else ("selection_loss", "selection_accuracy")
    return [measure for measure in kinds if curve.has(measure)]


def series_name(series: Tuple[str, str]) -> str:
    """Name a line: ``loss``, or ``loss (relabelled)``."""
    method, treatment = series
    return method if treatment == "remove" else f"{method} ({treatment}led)"


def _panel(axes: Axes, curve: RemovalCurve, start: str, measure: str, theme: Theme) -> None:
    style_axes(axes, theme)
    for number, series in enumerate(curve.series):
        points = [p for p in curve.points(*series, start, measure) if math.isfinite(p.value.mean)]
        if points:
            chosen = curve.choice(*series, start).removed
            # Lines apart by a hair, so that intervals at the same number do not hide each other.
            shift = (number - (len(curve.series) - 1) / 2) * 0.008 * points[-1].removed
            colour = theme.series[number % len(theme.series)]
            _line(axes, points, shift, colour, drawable(series_name(series), 30))
            _ring(axes, points, chosen, shift, colour)
    _reference(axes, curve, start, measure, theme)
    axes.set_title(START_NAMES.get(start, drawable(start)), fontsize=10, loc="left", color=theme.ink)
    axes.set_xlabel("samples removed")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    axes.set_ylabel(MEASURE_NAMES[measure])


def _line(axes: Axes, points: Sequence[CurvePoint], shift: float, colour: str, name: str) -> None:
    x = [point.removed + (shift if point.removed else 0.0) for point in points]
    y = [point.value.mean for point in points]
    half = [point.value.half if math.isfinite(point.value.half) else 0.0 for point in points]
    axes.errorbar(x, y, yerr=half, color=colour, label=name, marker="o", markersize=3.4, linewidth=1.6, elinewidth=1)


def _ring(axes: Axes, points: Sequence[CurvePoint], chosen: int, shift: float, colour: str) -> None:
    for point in points:
        if point.removed == chosen:
            x = chosen + (shift if chosen else 0)
            axes.plot([x], [point.value.mean], "o", markersize=9.5, fillstyle="none", color=colour, markeredgewidth=1.6)


def _reference(axes: Axes, curve: RemovalCurve, start: str, measure: str, theme: Theme) -> None:
    """Draw the dashed line of removing nothing."""
    # Every series begins at the same retrainings without removal; one is enough.
    for series in curve.series[:1]:
        for point in curve.points(*series, start, measure):
            if point.removed == 0:
                axes.axhline(
                    point.value.mean, color=theme.faint, linewidth=1, linestyle=(0, (4, 3)), label="no removal"
                )
