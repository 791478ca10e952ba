"""Results of NNC Desktop: what is not shown lies deeper, and the last good one is not lost."""

from pathlib import Path

import pytest

from nnabla_influence.nnc.host.desktop_result import DesktopResult, beside
from nnabla_influence.nnc.host.manifest import plugin_named


@pytest.fixture
def output(tmp_path):
    path = tmp_path / "plugins" / plugin_named("influence").plugin_id / "mine" / "mine.csv"
    path.parent.mkdir(parents=True)
    path.write_text("influence\n-1\n", encoding="utf-8")
    return path


def test_a_place_is_known_by_the_identifier_of_one_of_our_plugins(output, tmp_path):
    assert DesktopResult.of(output) == DesktopResult(output)
    for other in (tmp_path / "influence.csv", tmp_path / "plugins" / "mine" / "mine" / "mine.csv", Path("mine.csv")):
        assert DesktopResult.of(other) is None
        assert beside(other, "removed.csv") == other.with_name("removed.csv")


def test_the_output_is_found_among_arguments_that_are_wrong(output):
    assert DesktopResult.of_arguments(["--method", "magic", "--output", str(output), "--what"]).output == output
    assert DesktopResult.of_arguments(["--output"]) is None and DesktopResult.of_arguments([]) is None


def test_what_is_not_shown_lies_one_folder_deeper(output):
    assert beside(output, "removed.csv") == output.parent / "more_files" / "removed.csv"
    assert DesktopResult(output).others == []
    DesktopResult(output).keep()
    (output.parent / "more_files" / "removed.csv").touch()
    assert DesktopResult(output).others == ["removed.csv"]


def test_a_result_that_was_emptied_has_a_way_back(output):
    result = DesktopResult(output)
    good = output.read_bytes()
    result.keep()
    assert result.way_back == "", "nothing is lost"
    output.write_bytes(b"")
    assert f"kept in '{result.kept}'; to get it back, copy it over '{output}'" in result.way_back
    assert result.kept.read_bytes() == good


def test_where_there_was_no_result_there_is_no_way_back(output):
    output.write_bytes(b"")
    assert DesktopResult(output).way_back == ""
