"""A hook of MkDocs: options stay whole where a line is broken (``stylesheets/commands.css``)."""

import re
from typing import Any

COMMANDS = re.compile(r'<div class="language-bash highlight">.*?</div>|<code>--.*?</code>', re.DOTALL)
OPTION = re.compile(r"--[a-z-]+")


def on_page_content(html: str, **kwargs: Any) -> str:
    """Mark the options; browsers break a line behind a hyphen otherwise."""
    return COMMANDS.sub(lambda found: OPTION.sub(r'<span class="option">\g<0></span>', found.group()), html)
