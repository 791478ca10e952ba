"""`report`: what it says, and the refusals."""

import importlib.util

import pytest

from nnabla_influence.cli.main import main


@pytest.fixture()
def influence(tmp_path):
    path = tmp_path / "influence.csv"
    path.write_text("x,y,influence,datasource_index\n0.5,1,-1,0\n0.25,0,2,1\n", encoding="utf-8")
    return path


def test_it_says_what_it_wrote(influence, capsys):
    page = influence.parent / "out" / "report.html"
    assert main(["report", "--influence", str(influence), "--output", str(page), "--details", "training=1 s"]) == 0
    out, err = capsys.readouterr()
    assert "2 of 2 samples shown" in out and f"report: {page}" in out and err == ""
    assert "1 s" in page.read_text(encoding="utf-8")
    assert (page.parent / "report_figures" / "distribution.png").is_file()


def test_files_that_cannot_be_read_are_a_warning(tmp_path, capsys):
    path = tmp_path / "influence.csv"
    path.write_text("x,influence,datasource_index\nmissing.png,-1,0\n", encoding="utf-8")
    assert main(["report", "--influence", str(path), "--output", str(tmp_path / "r.html")]) == 0
    assert "warning: 1 files of samples could not be read" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib"])
def test_without_the_extra_one_line_says_what_to_install(influence, capsys, monkeypatch, missing):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == missing else found(name, *rest)
    )
    page = influence.parent / "report.html"
    assert main(["report", "--influence", str(influence), "--output", str(page)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert 'pip install "nnabla-influence[report]"' in err and not page.exists()


@pytest.mark.parametrize("prefix", ["", "rows="])
def test_validation_rows_stand_beside_what_helped_and_harmed_them(influence, capsys, prefix):
    """The list may be typed as `score` takes it."""
    folder = influence.parent
    (folder / "rows.csv").write_text("datasource_index\n1\n", encoding="utf-8")
    (folder / "v.csv").write_text("x,y\n0.1,0\n0.75,1\n", encoding="utf-8")
    report = ["report", "--influence", str(influence), "--output", str(folder / "r.html")]
    asked = ["--target", f"{prefix}{folder / 'rows.csv'}"]
    assert main([*report, *asked]) == 2
    assert "Expected the validation data beside the list" in capsys.readouterr().err
    assert main([*report, *asked, "--validation", str(folder / "v.csv")]) == 0
    page = (folder / "r.html").read_text(encoding="utf-8")
    assert "What helped and harmed validation row 1" in page and "0.75" in page


@pytest.mark.parametrize("text", ["training", "=1 s", "training="])
def test_details_need_a_name_and_a_value(influence, capsys, text):
    assert main(["report", "--influence", str(influence), "--output", "r.html", "--details", text]) == 2
    assert "expected NAME=VALUE" in capsys.readouterr().err
