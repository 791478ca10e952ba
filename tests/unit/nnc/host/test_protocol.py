"""What a plugin receives for what was typed into its fields."""

import sys

import pytest

from nnabla_influence.nnc.host.manifest import PLUGINS, Parameter, Plugin, plugin_named
from nnabla_influence.nnc.host.protocol import build_parser, parse


def texts(fields, *names):
    return tuple(fields.text(name) for name in names)


@pytest.mark.parametrize("name", [plugin.name for plugin in PLUGINS])
def test_nothing_typed_gives_the_defaults(name):
    plugin = plugin_named(name)
    required = [text for p in plugin.parameters if p.required for text in ("--" + p.name, "there")]
    fields = parse(name, required)
    for parameter in plugin.parameters:
        if parameter.tag == "int":
            assert fields.number(parameter.name) == (int(parameter.default) if parameter.default else None)
        elif parameter.tag == "bool":
            assert fields.ticked(parameter.name) is False
        else:
            assert fields.text(parameter.name) == ("there" if parameter.required else parameter.default)


def test_an_empty_field_means_the_default():
    fields = parse("removal_curve", ["-m", "", "-r", "", "-b", " ", "-t", "", "-o", ""])
    assert (fields.text("model"), fields.number("trials")) == ("results.nnp", 3)
    assert (fields.text("start"), fields.text("train")) == ("last-epoch", "")
    assert fields.text("output") == "removal_curve.png"
    assert parse("train_with_influence_cache", ["-o", "result", "-s", ""]).number("seed") is None


def test_values_are_taken_as_typed():
    fields = parse("train_with_influence_cache", ["-c", "a b/net.nntxt", "-o", "結果", "-r", "-s", "7"])
    assert (fields.text("config"), fields.text("output_dir")) == ("a b/net.nntxt", "結果")
    assert (fields.ticked("resume"), fields.number("seed")) == (True, 7)
    assert parse("remove_harmful_samples", ["--remove", "2.5%"]).text("remove") == "2.5%"


def test_a_choice_is_taken_whatever_its_case():
    """NNC Desktop passes what was typed, and a failed start destroys an earlier result."""
    assert parse("influence", ["--method", "Spectral", "--objective", " LOSS "]).text("method") == "spectral"
    assert parse("influence", ["--objective", " LOSS "]).text("objective") == "loss"
    assert parse("removal_curve", ["--start", "Last-Epoch"]).text("start") == "last-epoch"


@pytest.mark.parametrize(
    "name, typed, message",
    [
        ("removal_curve", ["-r", "many"], "field trials: expected a whole number of at least 0, got 'many'"),
        ("removal_curve", ["-r", "-1"], "field trials: expected a whole number of at least 0, got '-1'"),
        ("influence", ["-a", "magic"], "field method: expected one of spectral, last-epoch, "),
        ("influence", ["--meth", "loss"], "unrecognized arguments: --meth loss"),
        ("train_with_influence_cache", [], "the following arguments are required: -o/--output_dir"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(name, typed, message, capsys):
    with pytest.raises(SystemExit) as leaving:
        parse(name, typed)
    said = capsys.readouterr()
    assert (leaving.value.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {message}") and said.err.count("\n") == 1


def test_outputs_without_a_folder_lie_beside_the_one_that_has_one(tmp_path):
    given = tmp_path / "cleansed" / "cleansed.csv"
    fields = parse("remove_harmful_samples", ["--output", str(given)])
    assert texts(fields, "output", "removed") == (str(given), str(given.parent / "removed.csv"))
    sheet = tmp_path / "most_harmful.png"
    fields = parse("influence_report", ["--output", str(sheet)])
    assert texts(fields, "page", "output") == (str(tmp_path / "influence_report.html"), str(sheet))


def test_in_nnc_desktop_they_lie_where_its_editor_does_not_list_them(tmp_path):
    given = tmp_path / "plugins" / plugin_named("remove_harmful_samples").plugin_id / "removed" / "removed.csv"
    fields = parse("remove_harmful_samples", ["--output", str(given)])
    assert texts(fields, "output", "removed") == (str(given), str(given.parent / "more_files" / "removed.csv"))
    fields = parse("remove_harmful_samples", ["--output", "removed.csv"])
    assert fields.text("removed") == "removed.csv", "refused later, as two outputs with one name"


def test_an_influence_csv_is_found_where_desktop_keeps_it(tmp_path):
    named = tmp_path / "first.csv"
    kept = tmp_path / "plugins" / plugin_named("influence").plugin_id / "first" / "first.csv"
    assert parse("influence_report", ["-i", str(named)]).text("influence") == str(named)
    kept.parent.mkdir(parents=True)
    kept.write_text("")
    assert parse("influence_report", ["-i", str(named)]).text("influence") == str(kept)
    named.write_text("")
    assert parse("influence_report", ["-i", str(named)]).text("influence") == str(named)


def test_percent_signs_survive_argparse(capsys):
    plugin = Plugin("x", "_Training", "X", "y", (Parameter("a", "a", "text", "5% of 100%", "1%,2%"),))
    assert "5% of 100% (text) default=1%,2%" in build_parser(plugin).format_help()


def test_a_wrong_name_is_refused_with_the_right_ones():
    with pytest.raises(Exception, match="no plugin 'magic'; there are train_with_influence_cache, influence"):
        parse("magic", [])


def test_arguments_of_the_process_are_the_default(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["influence.py", "-a", "loss"])
    assert parse("influence").text("method") == "loss"
