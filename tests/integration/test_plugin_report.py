"""The plugin *Influence report*, clicked in both products."""

import os
import subprocess
import sys

import pytest
from integration.conftest import contents
from nnc_clicks import result_folder
from PIL import Image

SUCCESS = "Influence report completed successfully."


@pytest.mark.parametrize("kind", ["affine", "regression", "two_inputs"])
def test_in_nnc_windows_page_and_picture_lie_in_the_result_folder(clicks, scored_project, tmp_path, kind):
    result = result_folder(scored_project(kind), tmp_path / "result")
    before = contents(result)
    click = clicks.windows("influence_report", result)
    assert (click.code, click.printed) == (0, ""), click.said
    assert "could not be read" not in click.said
    assert click.lines[-1] == SUCCESS and click.said.count("Level 99") == len(click.lines)
    with Image.open(result / "most_harmful.png") as image:
        assert min(image.size) > 300
    page = (result / "influence_report.html").read_text(encoding="utf-8")
    assert "datasource_index" in page and "Does removing help?" not in page
    added = {path.relative_to(result).parts[0] for path in contents(result).keys() - before.keys()}
    assert added == {"influence_report.html", "influence_report_figures", "most_harmful.png"}
    assert before.items() <= contents(result).items(), "a file that was there has changed"


def test_in_nnc_desktop_the_picture_is_the_output_and_the_page_lies_beside_it(clicks, scored_project, tmp_path):
    result = result_folder(scored_project("affine"), tmp_path / "result", desktop=True)
    os.remove(str(result / "influence.csv"))
    scored = clicks.desktop("influence", result)
    assert scored.code == 0, scored.said
    click = clicks.desktop("influence_report", result)
    assert click.code == 0 and click.lines[-1] == SUCCESS, click.said
    with Image.open(click.output) as image:
        assert image.format == "PNG"
    beside = sorted(path.name for path in click.output.parent.iterdir())
    assert beside == ["influence_report.html", "influence_report_figures", "most_harmful.png"]


def test_without_jinja2_there_is_a_picture_and_a_sentence(clicks, scored_project, tmp_path):
    result = result_folder(scored_project("regression"), tmp_path / "result")
    click = clicks.windows("influence_report", result, lacks="jinja2", samples=3)
    assert click.code == 0 and "the HTML page is left out: it needs jinja2" in click.said
    assert (result / "most_harmful.png").is_file() and not (result / "influence_report.html").exists()


def test_a_failure_is_one_sentence_and_leaves_nothing(clicks, scored_project, tmp_path):
    result = result_folder(scored_project("regression"), tmp_path / "result")
    before = contents(result)
    for lacks, values, code, sentence in (
        ("", {"influence": "validation.csv"}, 2, "validation.csv"),
        ("", {"influence": "nobody.csv"}, 2, "Start the plugin Influence first"),
        ("matplotlib", {}, 2, "needs matplotlib, which this Python lacks"),
    ):
        click = clicks.windows("influence_report", result, lacks=lacks, **values)
        assert click.code == code and sentence in click.lines[-1], click.said
        assert "Traceback" not in click.said and SUCCESS not in click.said
        assert contents(result) == before


def test_these_clicks_find_the_package_beside_the_script_only(clicks):
    line = [sys.executable, "-c", "import nnabla; import nnabla_influence"]
    done = subprocess.run(line, cwd=str(clicks.elsewhere), env=clicks.environment(), capture_output=True, check=False)
    assert b"No module named 'nnabla_influence'" in done.stderr
