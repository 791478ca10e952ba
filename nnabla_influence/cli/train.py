"""`train`: trains a network and writes the training cache."""

from __future__ import annotations

import argparse
from typing import Any

from .command_parser import rare
from .console import Console
from .network_options import add_network_file_options, add_network_option
from .options import add_common, add_decoding_workers, add_overwrite, output_file
from .project_options import (
    add_data_options,
    add_policy_option,
    add_training_options,
    project_request,
)

__all__ = ["add_parser", "run"]

EXAMPLES = (
    "python -m nnabla_influence train --network builtin:mlp --train training.csv --validation validation.csv "
    "--cache cache.h5",
    "python -m nnabla_influence train --network results.nnp --epochs 5 --from-scratch --cache cache.h5",
)


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "train",
        help="train and write the training cache",
        description="Trains a network and keeps what scoring needs in one HDF5 file. Interrupted, the same command "
        "goes on where it stopped, with identical results.",
    )
    add_network_option(parser)
    parser.add_argument("--cache", required=True, type=output_file, metavar="C.h5", help="training cache to write")
    add_policy_option(parser)
    add_data_options(parser)
    add_training_options(parser)
    add_overwrite(parser, "a cache of another run")
    rare(parser).add_argument(
        "--discard", action="store_true", help="only remove the progress of an interrupted training of this cache"
    )
    add_network_file_options(parser)
    add_decoding_workers(parser, "the decoding of images and other files")
    add_common(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Train.

    Raises:
        InfluenceError: The network cannot be trained.
    """
    from ..workflow.opened_project import open_project
    from ..workflow.train import train_project
    from .discard import discard_progress

    if args.discard:
        return discard_progress(console, args.cache)
    project = open_project(project_request(args), console)
    cache = train_project(project, args.cache, overwrite=args.overwrite, reporter=console)
    console.info(f"cache: {cache.path} ({cache.path.stat().st_size:,} bytes, policy {cache.config.policy})")
    return 0
