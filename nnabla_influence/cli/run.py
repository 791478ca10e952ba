"""`run`: trains and scores in one, over one or several seeds."""

from __future__ import annotations

import argparse
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from .console import Console
from .options import add_common, add_execution, execution, output_file, positive_int
from .project_options import (
    add_data_options,
    add_network_option,
    add_policy_option,
    add_scoring_options,
    add_training_options,
    project_request,
    score_request,
)
from .target import add_target_option

if TYPE_CHECKING:
    from ..evaluation.trial import Trial
    from ..execution import Execution
    from ..scores import InfluenceScores
    from ..workflow.trials import TrialsRequest

__all__ = ["add_parser", "run"]

LOGGER = logging.getLogger("nnabla_influence")
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
    parser.add_argument("--trials", type=positive_int, default=1, metavar="K", help="seeds (default: %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace caches of other runs")
    parser.add_argument("--discard", action="store_true", help="only remove the progress of an interrupted run")
    add_scoring_options(parser)
    add_target_option(parser)
    add_policy_option(parser)
    add_data_options(parser)
    add_training_options(parser)
    add_execution(parser)
    add_common(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Train and score every trial, and write the mean.

    Raises:
        InfluenceError: A trial cannot be trained or scored.
    """
    from ..announcements import write_influence_csv
    from ..files import refuse_overwriting
    from ..workflow.trials import TrialsRequest, cache_path, scores_path
    from .discard import discard_progress

    if args.discard:
        seeds = range(args.seed, args.seed + args.trials)
        paths = ((cache_path(args.output, seed), scores_path(args.output, seed, PROGRESS)) for seed in seeds)
        return discard_progress(console, *(path for pair in paths for path in pair))
    where = execution(args)
    method = score_request(args)  # refuses wrong settings before anything is trained
    project = project_request(args)
    refuse_overwriting([args.output], [*project.inputs, method.target.file if method.target else None])
    request = TrialsRequest(project, args.output, (method,), args.trials, overwrite=args.overwrite, progress=PROGRESS)
    scores = _elsewhere(request, where, console) if where.elsewhere else _here(request, where, console)
    write_influence_csv(console, scores, args.output)
    return 0


def _here(request: TrialsRequest, where: Execution, console: Console) -> InfluenceScores:
    """Run one trial after the other in this process, with progress bars."""
    from ..scores import InfluenceScores
    from ..workflow.trials import cache_path, run_trials

    def finished(count: int, trial: Trial) -> None:
        console.info(f"training cache: {cache_path(request.output, trial.seed)}")

    trials = run_trials(request, where, reporter=console, begun=_begun(request), finished=finished)
    return InfluenceScores.mean([trial.scores[request.methods[0].method] for trial in trials])


def _elsewhere(request: TrialsRequest, where: Execution, console: Console) -> InfluenceScores:
    """Run the trials as independent jobs of worker processes."""
    import dataclasses

    from ..files import refuse_overwriting
    from ..interrupts import resumable
    from ..remedies import remedy
    from ..scores import InfluenceScores
    from ..workflow.opened_project import open_project
    from ..workflow.trials import cache_path, run_trials

    project = open_project(request.project, console)  # what is wrong is said here, and the data is decoded once
    refuse_overwriting([request.output], project.data_files)
    kept = f"the trials' progress lies beside '{request.output}'."
    with resumable(kept, remedy("go-on-or-discard")), console.progress("trials", "trials") as progress:

        def finished(count: int, trial: Trial) -> None:
            progress(count, request.trials)
            console.info(f"training cache: {cache_path(request.output, trial.seed)}")

        trials = run_trials(request, where, begun=_begun(request), finished=finished)
    scores = InfluenceScores.mean([trial.scores[request.methods[0].method] for trial in trials])
    return dataclasses.replace(scores, table=project.train.table)


def _begun(request: TrialsRequest) -> Callable[[int], None]:
    """Return what says that a trial has begun; it can be sent to another process."""
    return partial(_log_begun, trials=request.trials, seed=request.seeds[0])


def _log_begun(number: int, trials: int, seed: int) -> None:
    if trials > 1:
        LOGGER.info("trial %d of %d, seed %d", number + 1, trials, seed + number)
