"""An extension of Griffe: examples in docstrings are shown as code, whether or not they stand under a heading.

Griffe, which reads docstrings for mkdocstrings, knows the section ``Examples:`` only. It would take the prompts ``>>>``
under ``Example:``, or under no heading, for quotations.
"""

import re
import textwrap
from typing import Any

import griffe

SECTION = "Examples:"
SINGULAR = re.compile(r"^Example:$", re.MULTILINE)
# Paragraphs that start with a prompt at the margin.
BARE = re.compile(r"^>>> .*(?:\n.+)*(?:\n\n>>> .*(?:\n.+)*)*", re.MULTILINE)


class ExampleSections(griffe.Extension):
    """Give every example its section before docstrings are parsed."""

    def on_instance(self, *, obj: Any, **kwargs: Any) -> None:
        """Do so in the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = with_sections(obj.docstring.value)


def with_sections(docstring: str) -> str:
    """Return a docstring whose examples stand under ``Examples:``."""
    renamed = SINGULAR.sub(SECTION, docstring)
    return BARE.sub(lambda found: f"{SECTION}\n{textwrap.indent(found.group(), '    ')}", renamed)
