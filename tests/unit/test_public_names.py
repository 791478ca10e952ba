"""Public means listed, documented and loaded only when used."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import nnabla_influence
from nnabla_influence import choices
from nnabla_influence.estimators import METHODS
from nnabla_influence.evaluation.group_plan import GROUP_METRICS
from nnabla_influence.network.builtin import BUILTINS
from nnabla_influence.training import RULES


def test_the_list_and_the_homes_agree():
    assert set(nnabla_influence.__all__) == set(nnabla_influence._HOMES) | {"__version__"}


def test_every_public_name_can_be_loaded_and_has_a_docstring():
    for name in nnabla_influence._HOMES:
        assert getattr(nnabla_influence, name).__doc__, name


def test_importing_the_package_loads_neither_nnabla_nor_numpy():
    code = "import sys, nnabla_influence; sys.exit(any(m in sys.modules for m in ('nnabla', 'numpy', 'h5py')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=nnabla_influence.__path__[0] + "/..").returncode == 0


def test_every_public_name_is_on_one_page_of_the_reference():
    pages = Path(__file__).resolve().parents[2] / "docs" / "reference" / "python"
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(pages.glob("*.md")))
    places = re.findall(r"^::: (\S+)\.(\w+)$", text, re.MULTILINE)
    assert sorted(name for _, name in places) == sorted(set(nnabla_influence.__all__) - {"__version__"})
    for module, name in places:
        assert getattr(importlib.import_module(module), name) is getattr(nnabla_influence, name), name
    assert "`nnabla_influence.__version__`" in text


def test_every_choice_is_made_somewhere():
    """The lists are for ``--help``, which must not import what implements the choices."""
    assert tuple(METHODS) == choices.METHODS and choices.DEFAULT_METHOD in METHODS
    assert tuple(RULES) == choices.SOLVERS
    assert tuple(BUILTINS) == choices.BUILTINS
    assert choices.METRICS == ("removal", *GROUP_METRICS)
    assert set(choices.COMPARED_METHODS) | set(choices.METHODS_WITHOUT_VALIDATION) <= set(METHODS)
    assert choices.DEFAULT_POLICY in choices.POLICIES
