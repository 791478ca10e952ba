"""The contact sheet begins with the most harmful sample; numbers have none."""

import numpy as np

from nnabla_influence.report.contact_sheet import contact_sheet
from nnabla_influence.report.figures import LIGHT, drawing
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.report.shown_samples import ShownSamples


def test_the_contact_sheet_begins_with_the_most_harmful(folder):
    shown = ShownSamples.choose(ScoredSamples.read(folder.digits(count=60)))
    with drawing():
        axes = contact_sheet(shown, LIGHT).axes[0]
    assert len(axes.images) == 40
    assert [text.get_text() for text in axes.texts[:4]] == ["2 → 0", "-7.50e+00", "0 → 1", "-7.25e+00"]
    np.testing.assert_array_equal(axes.images[0].get_array()[..., 0], np.asarray(shown.pictures[0].image))


def test_numbers_have_no_contact_sheet(folder):
    assert contact_sheet(ShownSamples.choose(ScoredSamples.read(folder.table())), LIGHT) is None
