"""`score`: scores every training sample of a finished training."""

from __future__ import annotations

import argparse
import logging
from typing import Any, Tuple

from .options import add_common, check_output, existing_file, output_file
from .project_options import (
    EPOCHS,
    METHOD_SETTING,
    add_data_options,
    add_network_option,
    add_override_options,
    add_scoring_options,
)
from .target import add_target_option, target_file

# Options that a training cache answers itself, and their defaults.
CACHE_CARRIES = {
    "image_size": None,
    "image_normalization": "auto",
    "batch_size": None,
    "solver": None,
    "learning_rate": None,
}
LOGGER = logging.getLogger("nnabla_influence")


def add_parser(subparsers: Any) -> None:
    """Adds the command's options."""
    parser = subparsers.add_parser(
        "score",
        help="score every training sample and write the influence CSV",
        description="Scores every training sample by what it does to the validation loss. A negative score is harmful, "
        "a positive one helpful; the CSV lists the most harmful first.",
    )
    source = parser.add_argument_group("what was trained (one of the two)")
    source.add_argument(
        "--cache", type=existing_file, metavar="C.h5", help="training cache; carries network and settings"
    )
    add_network_option(source, required=False)
    parser.add_argument("--output", required=True, type=output_file, metavar="CSV", help="influence CSV to write")
    parser.add_argument(
        "--discard", action="store_true", help="only remove the progress of an interrupted scoring of this output"
    )
    add_scoring_options(parser)
    # Where nothing is trained, this can only mean --through.
    parser.add_argument("--epochs", dest=METHOD_SETTING + "through", choices=EPOCHS, help="the same as --through")
    add_target_option(parser)
    add_data_options(parser)
    add_override_options(parser.add_argument_group("with --network (default: as the network file says)"))
    # What only training has; `load_project` asks for it.
    parser.set_defaults(
        epochs=None, from_scratch=False, task="auto", crop=0, flip=False, record_margins=False, average_parameters=False
    )
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Scores."""
    from ..device import Device
    from ..errors import ConfigError
    from .console import Console
    from .scoring import discard_progress, estimator, report, score, with_columns
    from .target import narrowed, refuse_target

    if args.discard:
        return discard_progress(Console.from_args(args), args.output)
    if (args.cache is None) == (args.network is None):
        raise ConfigError("Give either --cache C.h5 (from train) or --network results.nnp, one of the two.")
    console, method = Console.from_args(args), estimator(args, args.method)
    refuse_target(args.target, args.method)
    check_output(args.output, args.cache, args.network, args.train, args.validation, target_file(args.target))
    finished, train, validation = _from_cache(args, console) if args.cache else _from_network(args, console)
    check_output(args.output, train.path, validation.path)
    asked = narrowed(validation, finished.network, args.target)
    scores = score(method, finished, train, asked, console, args.output)
    report(with_columns(scores, finished, train, Device(args.device)), train, args.output, console)
    return 0


def _from_cache(args: argparse.Namespace, console: Any) -> Tuple[Any, Any, Any]:
    """A cache with its training data and the validation data.

    Raises:
        ConfigError: An option is missing, or the cache answers it itself.
        CacheMismatchError: The training data is other than what the cache was made with.
    """
    from ..errors import ConfigError
    from .cached import open_cached

    given = ["--" + name.replace("_", "-") for name, default in CACHE_CARRIES.items() if getattr(args, name) != default]
    if given:
        raise ConfigError(
            f"{' and '.join(given)} cannot be given with --cache, which holds the settings of the "
            "training; leave out what it holds."
        )
    return open_cached(args.cache, args.train, args.validation, args.data_cache, console)


def _from_network(args: argparse.Namespace, console: Any) -> Tuple[Any, Any, Any]:
    from ..training import FinalState
    from .project import load_project

    project = load_project(args, console, must_be_trained=True)
    LOGGER.info(
        "scoring the parameters in %s (they may be the best epoch's, not the last one's) with the learning "
        "rates of the schedule's end",
        args.network,
    )
    return FinalState(project.network, project.config, len(project.train)), project.train, project.validation
