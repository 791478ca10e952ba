"""`score`: scores every training sample of a finished training."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Tuple

from .cached_project import cached_project
from .command_parser import rare
from .console import Console
from .network_options import add_network_file_options
from .options import (
    add_common,
    add_overwrite,
    add_scoring_workers,
    existing_file,
    output_file,
    scoring_execution,
)
from .project_options import (
    add_data_options,
    add_override_options,
    add_scoring_options,
    add_suspects_option,
    add_through_alias,
    project_request,
    score_request,
)
from .target import add_target_option

if TYPE_CHECKING:
    from ..training import FinishedTraining
    from ..workflow.opened_project import OpenedProject

__all__ = ["add_parser", "run"]

EXAMPLES = (
    "python -m nnabla_influence score --cache cache.h5 --train training.csv --validation validation.csv "
    "--output influence.csv",
    "python -m nnabla_influence score --cache cache.h5 --train training.csv --validation validation.csv "
    "--method last-epoch --output last_epoch.csv",
    "python -m nnabla_influence score --network results.nnp --output influence.csv",
)
# Options that a training cache answers itself, and their defaults.
CACHE_CARRIES = {
    "image_size": None,
    "image_normalization": "auto",
    "batch_size": None,
    "solver": None,
    "learning_rate": None,
}


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "score",
        help="score every training sample and write the influence CSV",
        description="Scores every training sample by what it does to the validation loss or, as --objective says, to "
        "the expected validation error. A negative score is harmful, a positive one helpful; the CSV lists the most "
        "harmful first.",
    )
    source = parser.add_argument_group("what was trained (one of the two)")
    source.add_argument(
        "--cache", type=existing_file, metavar="C.h5", help="training cache; carries network and settings"
    )
    source.add_argument("--network", metavar="N", help="results.nnp of a project")
    parser.add_argument("--output", required=True, type=output_file, metavar="CSV", help="influence CSV to write")
    add_suspects_option(parser)
    add_overwrite(parser)
    rare(parser).add_argument(
        "--discard", action="store_true", help="only remove the progress of an interrupted scoring of this output"
    )
    add_scoring_options(parser)
    add_through_alias(parser)
    add_target_option(parser)
    add_data_options(parser)
    add_override_options(parser.add_argument_group("with --network (default: as the network file says)"))
    add_network_file_options(parser)
    add_scoring_workers(parser)
    add_common(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Score.

    Raises:
        ConfigError: Options that do not go together.
        InfluenceError: The training cannot be scored.
    """
    from ..announcements import write_influence_csv, write_influence_csv_and_suspects
    from ..errors import ConfigError
    from ..files import refuse_existing, refuse_overwriting
    from ..workflow.score import score_project
    from ..workflow.suspects import suspicious_rows
    from .discard import discard_progress

    if args.discard:
        return discard_progress(console, args.output)
    if (args.cache is None) == (args.network is None):
        raise ConfigError("Give either --cache C.h5 (from train) or --network results.nnp, one of the two.")
    request = score_request(args)
    target = request.target.file if request.target is not None else None
    named = (args.cache, args.network, args.train, args.validation, target)
    outputs = [args.output, *([args.suspects] if args.suspects else [])]
    refuse_overwriting(outputs, named)
    refuse_existing(outputs, args.overwrite)
    where = scoring_execution(args)
    training, project = _finished(args, console)
    suspects = None
    if args.suspects:
        refuse_overwriting(outputs, project.inputs)
        suspects = suspicious_rows([training], project.train, project.validation, project.device)
    scores = score_project(
        project,
        training,
        request,
        output=args.output,
        overwrite=args.overwrite,
        execution=where,
        reporter=console,
    )
    # Both at the end: a file that exists would stop the same command that goes on after an interruption.
    if suspects is None:
        write_influence_csv(console, scores, args.output, overwrite=args.overwrite)
    else:
        write_influence_csv_and_suspects(
            console, scores, args.output, suspects, args.suspects, overwrite=args.overwrite
        )
    return 0


def _finished(args: argparse.Namespace, console: Console) -> Tuple[FinishedTraining, OpenedProject]:
    """Open what was trained, with its data.

    Raises:
        ConfigError: The cache answers an option itself.
    """
    from ..errors import ConfigError
    from ..workflow.opened_project import open_project
    from ..workflow.score import final_state

    if args.network is not None:
        project = open_project(project_request(args, trained=True), console)
        return final_state(project), project
    given = ["--" + name.replace("_", "-") for name, default in CACHE_CARRIES.items() if getattr(args, name) != default]
    if given:
        raise ConfigError(
            f"{' and '.join(given)} cannot be given with --cache, which holds the settings of the "
            "training; leave out what it holds."
        )
    return cached_project(args, console)
