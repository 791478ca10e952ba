"""The distribution of the scores, drawn: every sample a dot, long tails, many classes."""

import numpy as np
import pytest

from nnabla_influence.report.distribution_figure import MOST_ROWS, class_rows, distribution_figure
from nnabla_influence.report.figures import DARK, LIGHT, drawing, png_bytes
from nnabla_influence.report.scored_samples import ScoredSamples


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
