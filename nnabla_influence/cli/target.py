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
        help="what influences class=K (its number, or its name), or the validation rows=CSV lists by datasource_index "
        "(default: the mean over all validation rows)",
    )


def target(text: str) -> ValidationTarget:
    """Read ``class=3``, ``class=dog`` or ``rows=list.csv``."""
    from ..workflow.validation_target import ValidationTarget

    kind, _, value = text.partition("=")
    if kind == "class" and value:
        return ValidationTarget.of_class(value)
    if kind == "rows" and value:
        return ValidationTarget(existing_file(value))
    raise argparse.ArgumentTypeError(
        f"expected class=K with the number or the name of a class, or rows=CSV, got '{text}'"
    )
