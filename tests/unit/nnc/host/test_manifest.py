"""What every entry of the manifest must satisfy so that both products understand it."""

import re
from pathlib import Path

import pytest
from support.nnc_desktop import ALLOWED

from nnabla_influence.choices import STARTS as RETRAINING_STARTS
from nnabla_influence.estimators import METHODS as ESTIMATORS
from nnabla_influence.nnc.host.manifest import METHODS, PLUGINS, SCORED_BY, STARTS, TAGS, plugin_named
from nnabla_influence.nnc.host.protocol import desktop_parameters, help_text
from nnabla_influence.nnc.installer.bundle import ARCHIVE, FOLDER, scripts_folder

ROOT = Path(__file__).resolve().parents[4]
FIELDS = [(plugin, parameter) for plugin in PLUGINS for parameter in plugin.parameters]
ON_DESKTOP = [plugin for plugin in PLUGINS if plugin.on_desktop]


def name_of(value):
    return getattr(value, "name", None)


@pytest.mark.parametrize("plugin, parameter", FIELDS, ids=name_of)
def test_a_field_stays_inside_the_shapes(plugin, parameter):
    assert parameter.tag in TAGS and parameter.direction in ("input", "output")
    assert (parameter.tag == "option") == bool(parameter.options)
    assert not parameter.options or parameter.default in parameter.options
    text = help_text(parameter)
    assert text.isascii() and "\n" not in text and "  " not in text
    # NNC looks for the tag in parentheses and for the last `default=`.
    assert "(" not in parameter.help and "default" not in parameter.help
    assert not parameter.required or not parameter.default
    assert re.fullmatch(r"[a-z_]+", parameter.name)


@pytest.mark.parametrize("plugin", PLUGINS, ids=name_of)
def test_options_are_unique_and_leave_h_to_help(plugin):
    for names in ([p.short for p in plugin.parameters], [p.name for p in plugin.parameters]):
        assert len(set(names)) == len(names) and "h" not in names


@pytest.mark.parametrize("plugin", PLUGINS, ids=name_of)
def test_texts_are_plain_paragraphs(plugin):
    assert (plugin.label + plugin.description).isascii() and "\n" not in plugin.label
    paragraphs = plugin.description.split("\n")
    ends = re.compile(r".*(\.|https://arxiv\.org/abs/\d{4}\.\d{5})$")
    assert all(ends.match(text) and text == text.strip() for text in paragraphs), "a break inside a paragraph"


@pytest.mark.parametrize("plugin, parameter", [f for f in FIELDS if f[0].on_desktop], ids=name_of)
def test_desktop_says_what_a_field_is_without_the_tags_of_nnc_windows(plugin, parameter):
    shown = {entry["name"]: entry for entry in desktop_parameters(plugin)}
    if parameter.name not in shown:
        return
    text = shown[parameter.name]["description"]
    assert "(" not in text and "Empty:" not in text and "\n" not in text
    assert all(option in text for option in parameter.options)
    if parameter.desktop and parameter.default:
        assert parameter.default not in text, "another name than the one in the field"


@pytest.mark.parametrize("plugin", ON_DESKTOP, ids=name_of)
def test_desktop_shows_no_field_about_its_own_workings(plugin):
    """The extension of a CSV comes from what was clicked or named; only a picture needs a field of its own."""
    shown = [entry["name"] for entry in desktop_parameters(plugin)]
    assert "output_like" not in shown
    assert ("result_type" in shown) == (plugin.parameter("output").tag == "image")


def test_every_script_is_declared_and_every_declared_script_exists():
    folder = scripts_folder()
    assert folder == ROOT / "plugins"
    scripts = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    assert scripts == {plugin.script for plugin in PLUGINS}
    for plugin in PLUGINS:
        levels = plugin.folder.split("/")
        assert 1 <= len(levels) <= 3 and all(level.startswith("_") for level in levels)
        assert levels[0] in ("_Dataset", "_Pre_Process", "_Post_Process", "_Training")
        assert plugin_named(plugin.name) is plugin


@pytest.mark.parametrize("plugin", PLUGINS, ids=name_of)
def test_a_script_is_thin_and_differs_from_the_others_in_its_name_only(plugin):
    text, other = ((ROOT / "plugins" / p.script).read_text(encoding="utf-8") for p in (plugin, PLUGINS[0]))
    assert f'run_plugin("{plugin.name}")' in text and len(text.splitlines()) <= 40 and text.isascii()
    assert text.split('"""')[2] == other.split('"""')[2].replace(PLUGINS[0].name, plugin.name)
    assert f'"{FOLDER}" / "{ARCHIVE}"' in text


def test_choices_are_known_to_what_does_the_work():
    assert set(METHODS) < set(SCORED_BY) <= set(ESTIMATORS)
    assert STARTS == RETRAINING_STARTS
    curve = plugin_named("removal_curve").parameter("methods").default.split(",")
    assert set(curve) <= set(ESTIMATORS)


@pytest.mark.parametrize("plugin", ON_DESKTOP, ids=name_of)
def test_desktop_accepts_every_field_as_it_is(plugin):
    parameters = desktop_parameters(plugin)
    for parameter in parameters:
        assert re.fullmatch(ALLOWED[parameter["format"]], parameter["default"]), parameter
        assert set(parameter) - {"readonly"} == {"name", "direction", "description", "format", "default"}
    (output,) = [parameter for parameter in parameters if parameter["direction"] == "output"]
    # The output takes the extension of the last path input, and its own name has none.
    last = [p for p in parameters if p["direction"] == "input" and p["format"] == "path"][-1]
    assert Path(last["default"]).suffix == Path(plugin.parameter(output["name"]).default).suffix
    assert Path(output["default"]).suffix == ""


@pytest.mark.parametrize("plugin", ON_DESKTOP, ids=name_of)
def test_the_file_that_desktop_shows_is_called_output(plugin):
    """Its editor looks for a parameter of that name; for another one it waits for ever, without showing the log."""
    parameters = desktop_parameters(plugin)
    assert [p["name"] for p in parameters if p["direction"] == "output"] == ["output"]


def test_plugin_identifiers_never_change():
    """Rows of an older version are found by them."""
    assert plugin_named("influence").plugin_id == "a5ff1829-1c22-5291-a961-4c65955d0dca"
    assert len({plugin.plugin_id for plugin in PLUGINS}) == len(PLUGINS)
