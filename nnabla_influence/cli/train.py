"""`train`: trains a network and writes the training cache."""

from __future__ import annotations

import argparse
import logging
from typing import Any

from .options import add_common, check_output, output_file
from .project_options import add_data_options, add_network_option, add_policy_option, add_training_options

LOGGER = logging.getLogger("nnabla_influence")


def add_parser(subparsers: Any) -> None:
    """Adds the command's options."""
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
    parser.add_argument("--overwrite", action="store_true", help="replace a cache of another run")
    parser.add_argument(
        "--discard", action="store_true", help="only remove the progress of an interrupted training of this cache"
    )
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Trains."""
    from ..device import Device
    from .console import Console
    from .project import load_project
    from .scoring import discard_progress
    from .training_run import train_project

    console = Console.from_args(args)
    if args.discard:
        return discard_progress(console, args.cache)
    device, project = Device(args.device), load_project(args, console)
    check_output(args.cache, args.network, project.train.path, project.validation.path)
    cache = train_project(project, args.cache, device, console, overwrite=args.overwrite)
    console.info(f"cache: {cache.path} ({cache.path.stat().st_size:,} bytes, policy {cache.config.policy})")
    return 0
