"""The figures: what is drawn where, and that drawing leaves nothing behind."""

import subprocess
import sys

import matplotlib
from support.removal_curves import curve

from nnabla_influence.report.distribution_figure import distribution_figure
from nnabla_influence.report.figures import LIGHT, drawable, drawing, png_bytes
from nnabla_influence.report.scored_samples import ScoredSamples

CURVE = curve({"last-epoch": {10: -0.02, 30: -0.05, 90: 0.04}, "random": {10: 0.01, 30: 0.02}})


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
