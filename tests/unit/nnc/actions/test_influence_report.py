"""The plugin *Influence report*, called in this process."""

import os

import pytest

from nnabla_influence.errors import ConfigError, DataError, MissingExtraError, OutputExistsError
from nnabla_influence.nnc.actions import influence_report as report
from nnabla_influence.nnc.host import libraries
from nnabla_influence.nnc.host.fields import Fields
from nnabla_influence.nnc.host.manifest import plugin_named

INFLUENCE = "x__0:age,x__1:income,y:price,influence,datasource_index\n30,5,1.5,-2,1\n40,7,2.5,3,0\n"
CURVE = (
    "method,treatment,removed,start,seed,selection_loss,selection_accuracy,test_loss,test_accuracy,seconds,cpu,job,"
    "experiment\nnone,remove,0,scratch,0,0.5,0.9,nan,nan,1,c,j,e\nspectral,remove,1,scratch,0,0.4,0.9,nan,nan,1,c,j,e\n"
)


@pytest.fixture
def influence(tmp_path):
    path = tmp_path / "influence.csv"
    path.write_text(INFLUENCE, encoding="utf-8")
    return path


def fields(csv, **values):
    folder = csv.parent
    outputs = {"output": str(folder / "sheet.png"), "page": str(folder / "page.html")}
    return Fields({"influence": str(csv), "curve": "", "samples": 50, **outputs, **values})


def test_the_picture_and_the_page_are_written(influence, console):
    report.run(fields(influence), console)
    assert (influence.parent / "sheet.png").read_bytes().startswith(b"\x89PNG")
    assert "Does removing help?" not in (influence.parent / "page.html").read_text(encoding="utf-8")
    assert "picture of the 2 most harmful of 2 samples (1 have a negative score: harmful)" in console.text
    assert "removal curve: none; the plugin Removal curve makes one" in console.text


def test_a_curve_beside_the_influence_csv_is_taken(influence, console):
    (influence.parent / "retrainings.csv").write_text(CURVE)
    report.run(fields(influence), console)
    assert "Does removing help?" in (influence.parent / "page.html").read_text(encoding="utf-8")
    assert f"removal curve: {influence.parent / 'retrainings.csv'}" in console.lines


def test_the_newest_curve_that_desktop_keeps_is_taken(tmp_path, console):
    kept = tmp_path / "plugins"
    influence = kept / plugin_named("influence").plugin_id / "influence" / "influence.csv"
    folders = [kept / plugin_named("removal_curve").plugin_id / name for name in ("new", "old")]
    curves = [folder / "more_files" / "retrainings.csv" for folder in folders]
    for age, path in enumerate([influence, *curves]):
        path.parent.mkdir(parents=True)
        path.write_text(CURVE if age else INFLUENCE, encoding="utf-8")
        os.utime(str(path), (1e9 - age, 1e9 - age))
    report.run(fields(influence), console)
    assert f"removal curve: {curves[0]}" in console.lines


def test_without_jinja2_the_picture_is_made_all_the_same(influence, console, monkeypatch):
    find = libraries.importlib.util.find_spec
    monkeypatch.setattr(libraries.importlib.util, "find_spec", lambda name: None if name == "jinja2" else find(name))
    report.run(fields(influence), console)
    assert (influence.parent / "sheet.png").exists() and not (influence.parent / "page.html").exists()
    assert "the HTML page is left out: it needs jinja2, which this Python lacks; add it with" in console.text


def test_without_matplotlib_nothing_is_made(influence, console, monkeypatch):
    monkeypatch.setattr(libraries.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="The report needs matplotlib, .* -m pip install matplotlib"):
        report.run(fields(influence), console)
    assert os.listdir(influence.parent) == ["influence.csv"]


def test_wrong_fields_are_refused_before_anything_is_written(influence, console):
    for wrong, error, message in (
        ({"influence": "nobody.csv"}, DataError, "Start the plugin Influence first"),
        ({"curve": "nobody.csv"}, DataError, "or leave the field empty"),
        ({"samples": 0}, ConfigError, "from 1 to 400 samples, not 0"),
        ({"output": str(influence)}, OutputExistsError, "influence.csv"),
        ({"page": str(influence.parent / "sheet.png")}, OutputExistsError, "one twice"),
    ):
        with pytest.raises(error, match=message):
            report.run(fields(influence, **wrong), console)
    assert os.listdir(influence.parent) == ["influence.csv"] and influence.read_text() == INFLUENCE
