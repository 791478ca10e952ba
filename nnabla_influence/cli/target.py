"""``--target``: ask what influences one class, or some validation rows, instead of the mean over all of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from .options import existing_file

if TYPE_CHECKING:
    from ..workflow.validation_target import ValidationTarget

__all__ = ["add_target_option", "target"]


def add_target_option(parser: Any) -> None:
    """Add ``--target``."""
    parser.add_argument(
        "--target",
        type=target,
        metavar="WHAT",
        help="what influences class=K, the validation rows=1,5,9, or those that rows=CSV lists by datasource_index; "
        "each=1,5,9 or each=CSV: a column of scores for each row as well (default: the mean over all validation rows)",
    )


def target(text: str) -> ValidationTarget:
    """Read ``class=3``, ``rows=1,5,9`` or ``rows=list.csv``; with ``each`` in place of ``rows``, each by itself."""
    from ..workflow.validation_target import ValidationTarget

    kind, _, value = text.partition("=")
    if kind == "class" and value.isdecimal():
        return ValidationTarget(int(value))
    if kind in ("rows", "each") and value:
        numbers = value.split(",")
        rows = tuple(map(int, numbers)) if all(number.isdecimal() for number in numbers) else existing_file(value)
        return ValidationTarget(rows, each=kind == "each")
    raise argparse.ArgumentTypeError(
        f"expected class=K with a class number, rows=1,5,9 or rows=CSV (each=... for each row by itself), got '{text}'"
    )
