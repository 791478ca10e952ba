"""The plugin *Remove harmful samples* with a given number, called in this process."""

import os

import pytest

from nnabla_influence.cleansing import Count, Share
from nnabla_influence.errors import ConfigError, DataError, OutputExistsError
from nnabla_influence.nnc.actions import remove_harmful_samples
from nnabla_influence.nnc.actions.remove_harmful_samples import removal_of, run
from nnabla_influence.nnc.host.fields import Fields

INFLUENCE = (
    "x__0:age,x__1,y:label,influence,predicted_label,loss,datasource_index\n"
    "30,5,1,-3,1,0.5,2\n40,7,0,-2,1,0.6,0\n50,9,1,-1,1,0.1,3\n60,9,0,4,0,0.2,1\n"
)


@pytest.fixture
def influence(tmp_path):
    path = tmp_path / "influence.csv"
    path.write_text(INFLUENCE, encoding="utf-8")
    return path


def fields(csv, **values):
    outputs = {name: str(csv.with_name(f"{name}.csv")) for name in ("removed", "output")}
    return Fields(
        {
            "influence": str(csv),
            "remove": "50%",
            "model": "",
            "confirm": "scratch",
            **outputs,
            **values,
        }
    )


@pytest.mark.parametrize(
    "text, kept, gone",
    [
        ("50%", "60,9,0\n50,9,1\n", "40,7,0\n30,5,1\n"),
        ("1", "40,7,0\n60,9,0\n50,9,1\n", "30,5,1\n"),
        ("0", "40,7,0\n60,9,0\n30,5,1\n50,9,1\n", ""),
    ],
)
def test_the_most_harmful_go_and_the_rest_keeps_its_order(influence, console, text, kept, gone):
    run(fields(influence, remove=text), console)
    header = "x__0:age,x__1,y:label\n"
    assert influence.with_name("output.csv").read_text() == header + kept
    assert influence.with_name("removed.csv").read_text() == header + gone
    assert influence.read_text() == INFLUENCE
    lost = gone.count("\n")
    assert f"{lost} of 4 samples removed ({lost / 4:.1%}): {influence.with_name('removed.csv')}" in console.lines
    assert ("no sample is removed" in console.text) == (text == "0")


def test_the_list_of_a_report_is_taken_from_beside_or_from_the_downloads(influence, console, tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path / "home")
    (tmp_path / "home" / "Downloads").mkdir(parents=True)
    for place in (tmp_path, tmp_path / "home" / "Downloads"):
        ticked = place / "influence_ticked.csv"
        ticked.write_text("datasource_index,influence\n1,4\n3,-1\n", encoding="utf-8")
        run(fields(influence, remove=str(ticked) if place == tmp_path else "influence_ticked.csv"), console)
        assert influence.with_name("removed.csv").read_text() == "x__0:age,x__1,y:label\n60,9,0\n50,9,1\n"
    with pytest.raises(ConfigError, match="found no file. Give its full name"):
        run(fields(influence, remove="nowhere.csv"), console)


def test_what_every_class_loses_is_told(influence, console):
    run(fields(influence, remove="3"), console)
    assert "removed: class 1: 2 of 2, class 0: 1 of 2" in console.lines
    assert any(line.startswith("warning: class 1 loses 2 of its 2 samples") for line in console.lines)


@pytest.mark.parametrize("text, rule", [("100", Count(100)), ("5%", Share(0.05)), (" 2.5 % ", Share(0.025))])
def test_numbers_and_percentages_are_understood(text, rule):
    assert removal_of(text) == rule


@pytest.mark.parametrize("text", ["some", "-3", "120%", "nan%", "1.5", "%"])
def test_anything_else_is_refused(text):
    with pytest.raises(ConfigError, match="a number such as 100, a percentage such as 5%, auto, or the list"):
        removal_of(text)


@pytest.mark.parametrize("confirm", ["scratch", "last-epoch"])
@pytest.mark.parametrize("text", ["auto", " Auto "])
def test_auto_asks_for_a_number_and_is_told_where_to_start(influence, console, monkeypatch, text, confirm):
    asked = []

    def chosen(request, console):
        asked.append(request)
        return influence, Count(1)

    monkeypatch.setattr(remove_harmful_samples, "chosen_removal", chosen)
    run(fields(influence, remove=text, confirm=confirm, model="results.nnp"), console)
    (request,) = asked
    assert (request.confirm, request.model, request.influence) == (confirm, "results.nnp", influence)
    assert influence.with_name("removed.csv").read_text() == "x__0:age,x__1,y:label\n30,5,1\n"


def test_wrong_fields_are_refused_before_anything_is_written(influence, console):
    for wrong, error, message in (
        ({"influence": "nobody.csv"}, DataError, "Start the plugin Influence first"),
        ({"remove": "4"}, DataError, "all 4 would be removed"),
        ({"remove": "5"}, DataError, "at most 4 rows"),
        ({"output": str(influence)}, OutputExistsError, "influence.csv"),
        ({"output": str(influence.with_name("removed.csv"))}, OutputExistsError, "one twice"),
    ):
        with pytest.raises(error, match=message):
            run(fields(influence, **wrong), console)
    assert os.listdir(influence.parent) == ["influence.csv"]
