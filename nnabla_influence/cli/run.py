"""`run`: trains and scores in one, over one or several seeds."""

from __future__ import annotations

import argparse
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from .command_parser import rare
from .console import Console
from .network_options import add_network_file_options, add_network_option
from .options import add_common, add_execution, add_overwrite, execution, output_file, positive_int
from .project_options import (
    add_data_options,
    add_policy_option,
    add_scoring_options,
    add_suspects_option,
    add_training_options,
    project_request,
    score_request,
)
from .target import add_target_option

if TYPE_CHECKING:
    from ..evaluation.trial import Trial
    from ..workflow.trials import TrialsRequest

__all__ = ["add_parser", "run"]

LOGGER = logging.getLogger("nnabla_influence")
EXAMPLES = (
    "python -m nnabla_influence run --network builtin:cnn --train data/training.csv --validation data/validation.csv "
    "--output influence.csv",
    "python -m nnabla_influence run --network results.nnp --trials 4 --output influence.csv",
    "python -m nnabla_influence run --network builtin:mlp --train data/training.csv --validation data/validation.csv "
    "--target class=cat --output harms_cats.csv",
)
PROGRESS = "scores"  # whatever the method, so that --discard finds it


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "run",
        help="train and score in one, over several seeds",
        description="Trains and scores; with --trials, once per seed (S, S+1, ...), and writes the mean of the scores. "
        "Each trial's training cache stays beside the output, so an interrupted run goes on. With --workers or "
        "--scheduler the trials run side by side.",
    )
    add_network_option(parser)
    parser.add_argument("--output", required=True, type=output_file, metavar="CSV", help="influence CSV to write")
    add_suspects_option(parser)
    parser.add_argument("--trials", type=positive_int, default=1, metavar="K", help="seeds (default: %(default)s)")
    add_overwrite(parser, "outputs that exist, and caches of other runs")
    rare(parser).add_argument("--discard", action="store_true", help="only remove the progress of an interrupted run")
    add_scoring_options(parser)
    add_target_option(parser)
    add_policy_option(parser)
    add_data_options(parser)
    add_training_options(parser)
    add_execution(parser)
    add_network_file_options(parser)
    add_common(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Train and score every trial, and write the mean.

    Raises:
        InfluenceError: A trial cannot be trained or scored.
    """
    from ..announcements import write_influence_csv, write_influence_csv_and_suspects
    from ..files import refuse_existing, refuse_overwriting
    from ..workflow.suspects import suspects_of_trials
    from ..workflow.trials import TrialsRequest, cache_path, mean_scores, scores_path
    from .discard import discard_progress

    if args.discard:
        seeds = range(args.seed, args.seed + args.trials)
        paths = ((cache_path(args.output, seed), scores_path(args.output, seed, PROGRESS)) for seed in seeds)
        return discard_progress(console, *(path for pair in paths for path in pair))
    where = execution(args)
    method = score_request(args)  # refuses wrong settings before anything is trained
    request = TrialsRequest(
        project_request(args), args.output, (method,), args.trials, overwrite=args.overwrite, progress=PROGRESS
    )
    if args.suspects:
        refuse_overwriting([args.output, args.suspects], request.inputs)
        refuse_existing([args.suspects], args.overwrite)

    def finished(count: int, trial: Trial) -> None:
        """Say where the training cache of a finished trial lies."""
        console.info(f"training cache: {cache_path(request.output, trial.seed)}")

    scores = mean_scores(request, where, reporter=console, begun=_begun(request), finished=finished)
    if args.suspects:
        suspects = suspects_of_trials(request, console)
        write_influence_csv_and_suspects(
            console, scores, args.output, suspects, args.suspects, overwrite=args.overwrite
        )
    else:
        write_influence_csv(console, scores, args.output, overwrite=args.overwrite)
    return 0


def _begun(request: TrialsRequest) -> Callable[[int], None]:
    """Return what says that a trial has begun; it can be sent to another process."""
    return partial(_log_begun, trials=request.trials, seed=request.seeds[0])


def _log_begun(number: int, trials: int, seed: int) -> None:
    if trials > 1:
        LOGGER.info("trial %d of %d, seed %d", number + 1, trials, seed + number)
