"""The figures: what is drawn where, and that drawing leaves nothing behind."""

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from support.removal_curves import curve

from nnabla_influence.report.cards import deal
from nnabla_influence.report.contact_sheet import contact_sheet
from nnabla_influence.report.curve_figure import curve_figure, panel_figure
from nnabla_influence.report.distribution_figure import MOST_ROWS, class_rows, distribution_figure
from nnabla_influence.report.figures import DARK, LIGHT, drawable, drawing, png_bytes
from nnabla_influence.report.scored_samples import ScoredSamples

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


def test_every_sample_is_a_dot_in_the_row_of_its_class(folder):
    samples = ScoredSamples.read(folder.digits(count=30))
    with drawing():
        axes = distribution_figure(samples, LIGHT).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1", "2"]
    for position in range(3):
        dots = np.concatenate([dots.get_offsets() for dots in axes.collections[2 * position : 2 * position + 2]])
        assert sorted(dots[:, 0]) == sorted(samples.scores[samples.classes.members == position])
        assert (np.abs(dots[:, 1] - position) < 0.3).all()


def test_of_many_classes_the_most_harmful_are_drawn(folder):
    rows = "".join(f"5,{number},{(number - 40) ** 2},{number}\n" for number in range(60))
    samples = ScoredSamples.read(folder.csv("x,y,influence,datasource_index\n" + rows))
    names = [int(name) for name, _ in class_rows(samples)]
    assert len(names) == MOST_ROWS and set(range(31, 50)) < set(names) and names == sorted(names)


def test_samples_without_classes_are_one_row(folder):
    with drawing():
        axes = distribution_figure(ScoredSamples.read(folder.table()), LIGHT).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["all samples"]


@pytest.mark.parametrize(
    "scores, scale, ticks",
    [
        ([-1, -0.5, 0.5, 1], "linear", None),
        ([*np.linspace(-0.02, 0.02, 40), -30, 5], "asinh", "-30 -10 -3 -1 -0.3 -0.1 0 0.1 0.3 1 3"),
        ([0, 0, 0, 0, 0, 5], "linear", None),
    ],
)
def test_long_tails_get_a_scale_that_shows_the_middle(folder, scores, scale, ticks):
    rows = "".join(f"{row},{score},{row}\n" for row, score in enumerate(scores))
    samples = ScoredSamples.read(folder.csv("x,influence,datasource_index\n" + rows))
    with drawing():
        axes = distribution_figure(samples, LIGHT).axes[0]
    assert axes.get_xscale() == scale
    assert ticks is None or " ".join(label.get_text() for label in axes.get_xticklabels()) == ticks


def test_equal_scores_can_be_drawn(folder):
    samples = ScoredSamples.read(folder.csv("x,influence,datasource_index\n1,0,0\n2,0,1\n"))
    with drawing():
        assert png_bytes(distribution_figure(samples, DARK)).startswith(b"\x89PNG")


def test_the_contact_sheet_begins_with_the_most_harmful(folder):
    deck = deal(ScoredSamples.read(folder.digits(count=60)))
    with drawing():
        axes = contact_sheet(deck, LIGHT).axes[0]
    assert len(axes.images) == 40
    assert [text.get_text() for text in axes.texts[:4]] == ["2 → 0", "-7.50e+00", "0 → 1", "-7.25e+00"]
    np.testing.assert_array_equal(axes.images[0].get_array()[..., 0], np.asarray(deck.pictures[0].image))


def test_numbers_have_no_contact_sheet(folder):
    assert contact_sheet(deal(ScoredSamples.read(folder.table())), LIGHT) is None


def test_names_cannot_break_a_figure(folder):
    assert drawable("$x^{$") == r"\$x^{\$"
    assert drawable("猫\n") == "□□"
    assert drawable("a" * 40) == "a" * 23 + "…"
    rows = "5,$\\frac{,1,0\n5,猫<b>,-1,1\n"
    samples = ScoredSamples.read(folder.csv("x,y,influence,datasource_index\n" + rows))
    with drawing():
        assert png_bytes(distribution_figure(samples, LIGHT)).startswith(b"\x89PNG")


def test_the_same_data_give_the_same_pixels_whatever_the_user_has_set(folder):
    samples = ScoredSamples.read(folder.digits())
    pictures = []
    for size in (9.0, 30.0):
        with matplotlib.rc_context({"font.size": size, "axes.facecolor": "red"}):
            with drawing():
                pictures.append(png_bytes(distribution_figure(samples, LIGHT)))
            assert matplotlib.rcParams["font.size"] == size, "the user's settings come back"
    assert pictures[0] == pictures[1]


def test_no_window_system_is_loaded():
    """pyplot keeps global figures and looks for a screen."""
    code = "import sys, nnabla_influence.report.report_content; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
