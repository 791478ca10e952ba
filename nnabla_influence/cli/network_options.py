"""Options that say which network, and what its file does not say itself."""

from __future__ import annotations

import argparse
from typing import Any, Tuple

from ..choices import BUILTIN_TRAININGS
from .command_parser import rare
from .options import existing_file

__all__ = ["add_network_file_options", "add_network_option", "column_of_input"]


def add_network_option(parser: Any, required: bool = True) -> None:
    """Add ``--network``, a network to train."""
    own = ", ".join(map(_builtin_words, BUILTIN_TRAININGS))
    parser.add_argument(
        "--network", required=required, metavar="N", help=f"results.nnp or net.nntxt of a project, or {own}"
    )


def add_network_file_options(parser: argparse.ArgumentParser) -> None:
    """Add what is said about a network file that does not say it itself."""
    group = rare(parser, "a network without an optimizer section, as nnabla.utils.save writes it")
    group.add_argument(
        "--input",
        nargs="+",
        type=column_of_input,
        default=[],
        metavar="VARIABLE=COLUMN",
        help="the column of the data set that feeds an input of the network; give --learning-rate and --loss too",
    )
    group.add_argument("--loss", metavar="VARIABLE", help="the loss: one value per sample, or their mean")
    rare(parser).add_argument(
        "--parameters",
        type=existing_file,
        metavar="H5",
        help="trained parameters of a net.nntxt (default: score takes parameters.h5 beside it)",
    )


def column_of_input(text: str) -> Tuple[str, str]:
    """``VARIABLE=COLUMN``."""
    variable, equals, column = text.rpartition("=")
    if not (variable and equals and column):
        raise argparse.ArgumentTypeError(f"expected VARIABLE=COLUMN, for example input=x, got '{text}'")
    return variable, column


def _builtin_words(name: str) -> str:
    """Name a built-in network with its own settings, which options override."""
    rate, batch, epochs = BUILTIN_TRAININGS[name]
    return f"{name} ({epochs} epochs of batches of {batch}, learning rate {rate:g})"
