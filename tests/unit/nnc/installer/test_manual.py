"""The tables of the manual: what the manifest says, for people; and that the manuals hold them."""

import re
from pathlib import Path

import pytest

from nnabla_influence.nnc.host.manifest import PLUGINS
from nnabla_influence.nnc.installer.manual import manual_tables

ROOT = Path(__file__).resolve().parents[4]
# The tables of the manual stand between these marks.
BEGIN = "<!-- tables: written by `python -m nnabla_influence plugins manifest --markdown` -->"
END = "<!-- end of tables -->"


def name_of(value):
    return getattr(value, "name", None)


def test_the_manual_holds_the_tables_of_the_manifest():
    manual = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
    held = manual.partition(BEGIN)[2].partition(END)[0].strip()
    assert held == manual_tables().strip(), "run `python -m nnabla_influence plugins manifest --markdown`"


@pytest.mark.parametrize("plugin", PLUGINS, ids=name_of)
def test_the_japanese_manual_explains_every_field_and_its_first_value(plugin):
    manual = (ROOT / "plugins" / "README_ja.md").read_text(encoding="utf-8")
    section = manual.partition(f"\n### {plugin.label}\n")[2].partition("\n##")[0]
    rows = [line.strip("| ").split(" | ")[:2] for line in section.splitlines() if line.startswith("| `")]
    visible = [parameter for parameter in plugin.parameters if not parameter.hidden]
    assert rows == [[f"`{p.name}`", f"`{p.default}`" if p.default else "空欄"] for p in visible]


def test_every_plugin_has_a_row_and_a_table_of_the_fields_it_shows():
    overview, *sections = re.split(r"\n### ", manual_tables())
    assert [section.splitlines()[0] for section in sections] == [plugin.label for plugin in PLUGINS]
    for plugin, section in zip(PLUGINS, sections):
        assert f"| {plugin.label} (`{plugin.name}`) |" in overview
        fields = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert fields == [parameter.name for parameter in plugin.parameters if not parameter.hidden]


def test_a_row_names_menu_product_and_libraries():
    row = "| Influence report (`influence_report`) | Post Process > Data Cleansing | yes | jinja2, matplotlib |"
    assert row in manual_tables()
    assert "(`train_with_influence_cache`) | Training | no | nothing |" in manual_tables()


def test_a_field_says_what_it_is_what_it_holds_at_first_and_its_choices():
    lines = manual_tables().splitlines()
    method = next(line for line in lines if line.startswith("| `method` |"))
    assert method.startswith("| `method` | choice | `spectral` | How to score. Choices: spectral, last-epoch, ")
    assert any(line.startswith("| `train` | CSV file | empty | ") for line in lines)
