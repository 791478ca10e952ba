"""The influence CSV that the other plugins read."""

import pytest

from nnabla_influence.errors import DataError
from nnabla_influence.nnc.actions.influence_file import influence_file
from nnabla_influence.nnc.host.desktop_result import DesktopResult
from nnabla_influence.nnc.host.manifest import plugin_named


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "plugins" / plugin_named("influence").plugin_id / "influence" / "influence.csv"
    path.parent.mkdir(parents=True)
    return path


def test_a_file_that_holds_something_is_taken(csv):
    csv.write_text("influence\n")
    assert influence_file(csv) == csv


def test_where_there_is_none_the_plugin_that_makes_it_is_named(csv):
    with pytest.raises(DataError, match=r"found no file. Start the plugin Influence first, or name its output\.$"):
        influence_file(csv)


def test_an_empty_one_means_that_the_scoring_failed_or_is_at_work(csv):
    csv.touch()
    with pytest.raises(DataError, match=r"empty file: the plugin Influence failed, or is still at work.*fully\.'$"):
        influence_file(csv)


def test_so_does_one_that_desktop_has_emptied_and_there_is_a_way_back(csv):
    csv.write_text("influence\n-1\n")
    DesktopResult(csv).keep()
    csv.write_text("")
    with pytest.raises(DataError) as raised:
        influence_file(csv)
    assert str(raised.value).endswith(DesktopResult(csv).way_back)
