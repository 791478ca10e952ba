"""The plugin *Influence report* where something is missing; `test_plugin_matrix` clicks it where nothing is."""

from integration.conftest import contents
from support.nnc_clicks import result_folder

SUCCESS = "Influence report completed successfully."


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
