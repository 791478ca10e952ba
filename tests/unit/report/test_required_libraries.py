"""Missing libraries are told before minutes of work."""

import importlib.util

import pytest

from nnabla_influence.errors import MissingExtraError
from nnabla_influence.report import require_report_libraries


def test_nothing_is_said_where_all_are_there():
    require_report_libraries()


@pytest.mark.parametrize("library", ["jinja2", "matplotlib"])
def test_a_missing_library_is_named_with_what_to_install(monkeypatch, library):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == library else find(name))
    with pytest.raises(MissingExtraError, match=r"pip install \"nnabla-influence\[report\]\""):
        require_report_libraries()
