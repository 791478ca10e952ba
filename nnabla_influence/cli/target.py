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
        help="what influences class=K (its number or name), the validation rows=1,5,9, or those that rows=CSV lists by "
        "datasource_index; each=1,5,9 or each=CSV: a column of scores for each row as well (default: the mean over all "
        "validation rows)",
    )


def target(text: str) -> ValidationTarget:
    """Read ``class=3``, ``class=dog``, ``rows=1,5,9`` or ``rows=CSV``; with ``each``, every row by itself."""
    from ..workflow.validation_target import ValidationTarget

    kind, _, value = text.partition("=")
    if kind == "class" and value:
        return ValidationTarget.of_class(value)
    if kind in ("rows", "each") and value:
        numbers = value.split(",")
        rows = tuple(map(int, numbers)) if all(number.isdecimal() for number in numbers) else existing_file(value)
        return ValidationTarget(rows, each=kind == "each")
    raise argparse.ArgumentTypeError(
        "expected class=K with the number or the name of a class, rows=1,5,9 or rows=CSV (each=... for each row by "
        f"itself), got '{text}'"
    )
