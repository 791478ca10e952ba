"""Public means listed, documented and loaded only when used."""

import subprocess
import sys

import nnabla_influence
from nnabla_influence.choices import BATCH_NORM_POLICIES, CURVATURES, INVERSES, POINTS, POLICIES, RECURSIONS, THROUGH
from nnabla_influence.cli import evaluate, project_options
from nnabla_influence.estimators import METHODS
from nnabla_influence.evaluation import attribution, retraining, sweep


def test_the_list_and_the_homes_agree():
    assert set(nnabla_influence.__all__) == set(nnabla_influence._HOMES) | {"__version__"}


def test_every_public_name_can_be_loaded_and_has_a_docstring():
    for name in nnabla_influence._HOMES:
        assert getattr(nnabla_influence, name).__doc__, name


def test_importing_the_package_loads_neither_nnabla_nor_numpy():
    code = "import sys, nnabla_influence; sys.exit(any(m in sys.modules for m in ('nnabla', 'numpy', 'h5py')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=nnabla_influence.__path__[0] + "/..").returncode == 0


def test_the_command_lines_copies_of_lists_are_true():
    """`project_options` must not import what holds the lists, so it repeats them."""
    assert project_options.POLICIES == POLICIES
    assert project_options.METHODS == tuple(METHODS)
    assert project_options.DEFAULT_METHOD == next(iter(METHODS))
    assert project_options.RECURSIONS == RECURSIONS
    assert project_options.EPOCHS == THROUGH
    assert project_options.POINTS == POINTS
    assert project_options.CURVATURES == CURVATURES
    assert project_options.INVERSES == INVERSES
    assert project_options.BATCH_NORM_POLICIES == BATCH_NORM_POLICIES
    assert evaluate.STARTS == retraining.STARTS
    assert evaluate.TREATMENTS == sweep.TREATMENTS
    assert evaluate.METRICS == ("removal", *attribution.METRICS)
