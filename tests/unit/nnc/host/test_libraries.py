"""What is said where NNC's Python lacks a library."""

import sys

import pytest

from nnabla_influence.errors import MissingExtraError
from nnabla_influence.nnc.host.libraries import has_library, install_hint, require_library

NOBODYS = "no_library_of_this_name"


def test_a_library_is_looked_for_and_not_loaded():
    assert has_library("json") and not has_library(NOBODYS)
    assert has_library("lib2to3" if sys.version_info < (3, 11) else "tomllib")
    loaded = set(sys.modules)
    has_library("turtledemo")
    assert "turtledemo" not in set(sys.modules) - loaded


def test_the_hint_names_the_python_that_runs_the_plugin():
    assert install_hint("jinja2") == (
        f'jinja2, which this Python lacks; add it with "{sys.executable}" -m pip install jinja2'
    )


def test_what_is_there_is_not_asked_for():
    require_library("json", "the picture")


def test_what_is_missing_is_said_in_one_sentence():
    with pytest.raises(MissingExtraError) as error:
        require_library(NOBODYS, "the picture")
    assert str(error.value) == f"The picture needs {install_hint(NOBODYS)}."
    assert error.value.exit_code == 2
