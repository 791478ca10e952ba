"""The part of the manual that the manifest knows: a table of the plugins, and one of fields for each of them."""

from __future__ import annotations

from typing import List

from ..host.manifest import PLUGINS, Parameter, Plugin

__all__ = ["manual_tables"]

CALLED = {"int": "whole number", "option": "choice", "csv": "CSV file", "dir": "folder", "model": "NNP file",
          "image": "picture", "file": "file", "nntxt": "nntxt file", "text": "text"}  # fmt: skip


def manual_tables() -> str:
    """Return all tables as markdown, without the marks around them."""
    lines = ["| plugin | menu in NNC Windows | NNC Desktop | needs besides NNabla |", "|---|---|---|---|"]
    lines += [_plugin_row(plugin) for plugin in PLUGINS]
    for plugin in PLUGINS:
        lines += ["", f"### {plugin.label}", "", *plugin.description.splitlines(), "", *_field_table(plugin)]
    return "\n".join(lines) + "\n"


def _plugin_row(plugin: Plugin) -> str:
    menu = " > ".join(part.lstrip("_").replace("_", " ") for part in plugin.folder.split("/"))
    desktop = "yes" if plugin.on_desktop else "no"
    return f"| {plugin.label} (`{plugin.name}`) | {menu} | {desktop} | {', '.join(plugin.needs) or 'nothing'} |"


def _field_table(plugin: Plugin) -> List[str]:
    rows = ["| field | what it is | at first | what it means |", "|---|---|---|---|"]
    return rows + [_field_row(parameter) for parameter in plugin.parameters if not parameter.hidden]


def _field_row(parameter: Parameter) -> str:
    default = f"`{parameter.default}`" if parameter.default else "empty"
    return f"| `{parameter.name}` | {CALLED[parameter.tag]} | {default} | {parameter.explanation} |"
