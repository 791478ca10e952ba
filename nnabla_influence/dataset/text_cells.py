"""Text of ours in a CSV that a spreadsheet will open.

A spreadsheet takes a cell that begins with ``= + - @`` for a formula and runs it. The user's own cells stay as they
are, whatever they hold; what this package adds never begins so, unless it is a number.
"""

from __future__ import annotations

__all__ = ["safe_path", "safe_text", "text_behind"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
QUOTE = "'"  # what spreadsheets themselves put before text that looks like a formula


def safe_text(text: str) -> str:
    """Return text as a cell that is no formula; `text_behind` gives it back.

    >>> safe_text("=1+1"), safe_text("-0.5"), safe_text("Intel(R) Xeon(R)")
    ("'=1+1", '-0.5', 'Intel(R) Xeon(R)')
    """
    return QUOTE + text if text.startswith((*FORMULA, QUOTE)) and not _is_number(text) else text


def text_behind(cell: str) -> str:
    """Return the text that `safe_text` was called with.

    >>> text_behind("'=1+1"), text_behind("spectral")
    ('=1+1', 'spectral')
    """
    return cell[1:] if cell.startswith(tuple(QUOTE + sign for sign in (*FORMULA, QUOTE))) else cell


def safe_path(path: str) -> str:
    """Return a relative path that is no formula and means the same file.

    >>> safe_path("-1/a.png"), safe_path("a.png")
    ('./-1/a.png', 'a.png')
    """
    return f"./{path}" if path.startswith(FORMULA) else path


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
