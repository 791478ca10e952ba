"""The removal curve, drawn: means, intervals, the chosen number, removing nothing."""

import numpy as np
import pytest
from support.removal_curves import curve

from nnabla_influence.report.curve_figure import curve_figure, panel_figure
from nnabla_influence.report.figures import LIGHT, drawing

CURVE = curve({"last-epoch": {10: -0.02, 30: -0.05, 90: 0.04}, "random": {10: 0.01, 30: 0.02}})


def test_the_curve_shows_means_intervals_choice_and_no_removal():
    with drawing():
        axes = panel_figure(CURVE, "scratch", "test_loss", LIGHT).axes[0]
    last_epoch, random = axes.containers
    np.testing.assert_allclose(last_epoch.lines[0].get_xdata(orig=False), [0, 10, 30, 90], atol=1)
    np.testing.assert_allclose(last_epoch.lines[0].get_ydata(orig=False), [0.6015, 0.5815, 0.5515, 0.6415], atol=1e-9)
    for point, bar in zip(CURVE.points("random", "remove", "scratch", "test_loss"), random.lines[2][0].get_segments()):
        mean, half = point.value.mean, point.value.half
        np.testing.assert_allclose(np.asarray(bar[:, 1], float), [mean - half, mean + half])
    rings = [line for line in axes.lines if line.get_markersize() > 9]
    assert [round(float(ring.get_xdata()[0])) for ring in rings] == [30, 0], "30 pay, random never does"
    dashed = [line for line in axes.lines if line.get_label() == "no removal"]
    assert dashed[0].get_ydata()[0] == pytest.approx(0.6015)


def test_the_whole_curve_has_a_panel_per_measure_and_kind_of_retraining():
    with drawing():
        figure = curve_figure(CURVE, LIGHT)
    assert [axes.get_ylabel() for axes in figure.axes] == ["test loss", "test accuracy"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["no removal", "last-epoch", "random"]


def test_without_test_data_the_selection_data_are_drawn():
    with drawing():
        figure = curve_figure(curve({"loss": {5: -0.1}}, test=False), LIGHT)
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss on selection data", "accuracy on selection data"]


def test_one_seed_has_no_interval():
    with drawing():
        axes = panel_figure(curve({"loss": {5: -0.1}}, seeds=1), "scratch", "test_loss", LIGHT).axes[0]
    assert all(np.ptp(segment[:, 1]) == 0 for segment in axes.containers[0].lines[2][0].get_segments())


@pytest.mark.parametrize("removed", [[1], [1, 2], [1, 4], [40, 250], [3000, 12000]])
def test_samples_are_counted_in_whole_numbers(removed):
    with drawing():
        axes = panel_figure(curve({"loss": dict.fromkeys(removed, -0.1)}), "scratch", "test_loss", LIGHT).axes[0]
        axes.figure.canvas.draw()
    shown = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    assert len(shown) >= 2 and all(tick == int(tick) for tick in shown)
    assert 0 in shown and shown[-1] >= 0.5 * removed[-1]
