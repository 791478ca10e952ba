"""How the two products talk to a plugin: options of a script for NNC Windows, rows of a table for NNC Desktop.

NNC Windows runs ``python plugin.py -h`` and reads the usage text: the first line of the description is the label,
and the help of every option is ``text (tag) default=VALUE``. So the parser is built from the manifest before anything
else is imported, and nothing else is written to standard output. NNC Desktop never asks for ``-h``; it reads the
fields as JSON from its database and passes every one by its long option.

Both may pass an empty string for a field. It means the same as leaving the option out.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
import textwrap
from pathlib import Path
from typing import Any, Callable, Dict, List, NoReturn, Optional, Sequence, Union

from .desktop_result import beside
from .fields import Fields
from .manifest import SHOWN, Parameter, Plugin, plugin_named

__all__ = ["build_parser", "desktop_parameters", "help_text", "parse"]

WRONG_REQUEST = 2
NO_CELL = "0,0"
"""Row and column that stand in NNC Desktop's table until a cell is clicked."""

LINE = 100
"""Characters of a line of a description in NNC Windows."""


def parse(name: str, argv: Optional[Sequence[str]] = None) -> Fields:
    """Read the fields of a plugin as they were filled in.

    Args:
        name: The plugin's name.
        argv: The arguments; those of the process if not given.

    Returns:
        A value for each parameter of the manifest. Outputs without a folder lie `beside` the output that has one, and
        an input that another plugin made is found where NNC Desktop keeps it.

    Raises:
        SystemExit: After ``-h`` (code 0) or a wrong argument (code 2).
    """
    plugin = plugin_named(name)
    args = build_parser(plugin).parse_args(argv)
    _place_outputs(plugin, args)
    _find_inputs(plugin, args)
    return Fields(vars(args))


def build_parser(plugin: Plugin) -> argparse.ArgumentParser:
    """Make the parser whose ``-h`` NNC Windows reads."""
    parser = _Parser(
        prog=f"{plugin.name}.py",
        description=f"{plugin.label}\n\n{_broken(plugin.description)}\n",
        formatter_class=argparse.RawTextHelpFormatter,
        allow_abbrev=False,
    )
    for parameter in plugin.parameters:
        _add_option(parser, parameter)
    return parser


def help_text(parameter: Parameter) -> str:
    """Return the help of an option: ``text (tag) default=VALUE``, the default last and only if there is one."""
    default = f" default={parameter.default}" if parameter.default else ""
    return f"{parameter.filled_in} {parameter.tag_text}{default}"


def desktop_parameters(plugin: Plugin) -> List[Dict[str, Any]]:
    """Return the JSON for the column ``parameters`` of NNC Desktop's table; empty if the plugin is not offered there.

    It holds the output `SHOWN` and every input that is not empty there at first, because NNC
    Desktop refuses empty values. The order is the manifest's: the last path among the inputs decides the extension of
    the output.
    """
    if not plugin.on_desktop:
        return []
    return [_desktop_parameter(parameter) for parameter in plugin.parameters if _on_desktop(parameter)]


class _Parser(argparse.ArgumentParser):
    """A parser that answers a wrong argument with one readable line."""

    def error(self, message: str) -> NoReturn:
        """Say one line that names the field, and end with the code of a wrong request."""
        # argparse names options; who clicked sees fields
        message = re.sub(r"^argument -\w+/--(\w+): ", r"field \1: ", message)
        sys.stderr.write(f"error: {message}\n")
        self.exit(WRONG_REQUEST)


def _add_option(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    # argparse formats help with the % operator.
    text = argparse.SUPPRESS if parameter.hidden else help_text(parameter).replace("%", "%%")
    names = f"-{parameter.short}", f"--{parameter.name}"
    if parameter.tag == "bool":
        parser.add_argument(*names, action="store_true", help=text)
        return
    parser.add_argument(
        *names, type=_type_of(parameter), default=parameter.default, required=parameter.required, help=text
    )


def _type_of(parameter: Parameter) -> Callable[[str], Union[str, int, None]]:
    """Return a function from the text of a field to its value; argparse applies it to the default as well."""

    def convert(text: str) -> Union[str, int, None]:
        """Return the value of a text; an empty one means the default."""
        value = text.strip() or parameter.default
        if parameter.tag == "int":
            return _whole_number(value)
        return _chosen(value, parameter.options) if parameter.options else value

    return convert


def _chosen(text: str, options: Sequence[str]) -> str:
    """Return the choice that is meant, whatever its case: NNC Desktop passes what was typed, `Spectral` as well."""
    for option in options:
        if text.lower() == option.lower():
            return option
    raise argparse.ArgumentTypeError(f"expected one of {', '.join(options)}, got '{text}'")


def _whole_number(text: str) -> Optional[int]:
    if not text:
        return None
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got '{text}'")
    return int(text)


def _broken(text: str) -> str:
    """Break lines, which NNC Windows does not do by itself."""
    # Names of methods and links stay in one piece.
    wrapper = textwrap.TextWrapper(LINE, break_on_hyphens=False, break_long_words=False)
    return "\n".join(wrapper.fill(paragraph) for paragraph in text.splitlines())


def _place_outputs(plugin: Plugin, args: argparse.Namespace) -> None:
    """Put outputs with bare names where the one belongs that NNC Desktop gives as an absolute path."""
    names = [p.name for p in plugin.parameters if p.direction == "output" and p.is_path and p.tag != "dir"]
    given = [Path(getattr(args, name)) for name in names if _has_folder(getattr(args, name))]
    for name in names:
        if given and not _has_folder(getattr(args, name)):
            setattr(args, name, str(beside(given[0], getattr(args, name))))


def _has_folder(path: str) -> bool:
    return Path(path).parent != Path()


def _find_inputs(plugin: Plugin, args: argparse.Namespace) -> None:
    for parameter in plugin.parameters:
        if parameter.made_by:
            maker = plugin_named(parameter.made_by)
            setattr(args, parameter.name, _kept_by_desktop(getattr(args, parameter.name), maker))


def _kept_by_desktop(named: str, maker: Plugin) -> str:
    """Find an output of NNC Desktop, which lies in ``plugins/<plugin id>/<name>/`` below the result folder."""
    path = Path(named)
    kept = path.parent / "plugins" / maker.plugin_id / path.stem / path.name
    return str(kept) if not path.exists() and kept.is_file() else named


def _on_desktop(parameter: Parameter) -> bool:
    if parameter.direction == "output":
        return parameter.name == SHOWN
    return parameter.clicked or bool(parameter.desktop or parameter.default)


def _desktop_format(parameter: Parameter) -> str:
    if parameter.clicked:
        return "select"
    return "path" if parameter.is_path else "int" if parameter.tag == "int" else "str"


def _desktop_text(parameter: Parameter) -> str:
    """Explain a field as NNC Desktop shows it: no tags, which are NNC Windows', and no empty field."""
    if parameter.direction == "output":
        return "Name of the result"
    return dataclasses.replace(parameter, empty="").explanation


def _desktop_parameter(parameter: Parameter) -> Dict[str, Any]:
    entry: Dict[str, Any] = {
        "name": parameter.name,
        "direction": parameter.direction,
        "description": _desktop_text(parameter),
        "format": _desktop_format(parameter),
        "default": NO_CELL if parameter.clicked else parameter.desktop or parameter.default,
    }
    return {**entry, "readonly": True} if parameter.readonly else entry
