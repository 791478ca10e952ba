"""The libraries that only the report needs, and what to say where they are missing.

This module loads none of them, so that a command can ask before it starts minutes of work.
"""

from __future__ import annotations

import importlib.util

from ..errors import MissingExtraError

__all__ = ["require_report_libraries"]


def require_report_libraries() -> None:
    """Say at once, not after minutes of work, that a library of the report is missing.

    Raises:
        MissingExtraError: Jinja2 or matplotlib is not installed.
    """
    for library in ("jinja2", "matplotlib"):
        if importlib.util.find_spec(library) is None:
            raise MissingExtraError('The report needs Jinja2 and matplotlib: pip install "nnabla-influence[report]"')
