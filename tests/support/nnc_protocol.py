"""The part of NNC Windows that reads a plugin, written again from the contract (no code of ours is used).

dialog = read_help(text)        # what NNC would show for the output of `python plugin.py -h`
dialog.label, dialog.fields[0].tag, dialog.fields[0].default
"""

import re
from dataclasses import dataclass
from typing import List, Optional, Tuple

TAGS = "csv|int|float|variable|dir|bool|option:[^)]+|model|image|text|file|nntxt"
OPTION = re.compile(r"^  (-\w+)(?: [A-Z_]+)?, (--\w+)(?: [A-Z_]+)?(?:\s{2,}(.*))?$")
HELP = re.compile(rf"^(?P<text>.*?) \((?P<tag>{TAGS})\)(?: default=(?P<default>.+))?$")


@dataclass(frozen=True)
class Field:
    short: str
    long: str
    text: str
    tag: str
    options: Tuple[str, ...]
    default: Optional[str]


@dataclass(frozen=True)
class Dialog:
    label: str
    description: str
    fields: List[Field]


def read_help(text: str) -> Dialog:
    """Parses the usage text; an assertion says which shape is violated."""
    assert text.startswith("usage: "), "something was written before the usage text"
    _, description, options = re.split(r"(?s)^usage: .*?\n\n|\n\n(?:options|optional arguments):\n", text)
    lines = description.split("\n")
    assert len(lines) == 1 or lines[1] == "", "a blank line follows the label"
    return Dialog(lines[0], "\n".join(lines[2:]).strip("\n"), list(_fields(options)))


def _fields(options: str):
    entries = re.split(r"\n(?=  -)", options.rstrip("\n"))
    assert entries[0].lstrip().startswith("-h, --help"), entries[0]
    for entry in entries[1:]:
        first, *more = entry.split("\n")
        option = OPTION.match(first)
        assert option, f"not a short and a long option: {first!r}"
        words = " ".join(part.strip() for part in [option.group(3) or "", *more] if part.strip())
        found = HELP.match(words)
        assert found, f"not 'text (tag) default=VALUE': {words!r}"
        kind, _, choices = found.group("tag").partition(":")
        options_of = tuple(choices.split(",")) if choices else ()
        yield Field(option.group(1), option.group(2), found.group("text"), kind, options_of, found.group("default"))
