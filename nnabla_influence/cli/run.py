"""`run`: trains and scores in one, over one or several seeds."""

from __future__ import annotations

import argparse
import logging
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, List, Tuple

from .options import add_common, add_execution, check_output, execution, output_file, positive_int
from .project_options import (
    add_data_options,
    add_network_option,
    add_policy_option,
    add_scoring_options,
    add_training_options,
)
from .target import add_target_option, refuse_target, target_file

if TYPE_CHECKING:
    from ..dataset.dataset import Dataset
    from ..execution import Execution
    from ..scores import InfluenceScores
    from .console import Console

LOGGER = logging.getLogger("nnabla_influence")


def add_parser(subparsers: Any) -> None:
    """Adds the command's options."""
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


def run(args: argparse.Namespace) -> int:
    """Trains and scores every trial, writes the mean."""
    from ..scores import InfluenceScores
    from .console import Console
    from .project import load_project
    from .scoring import discard_progress, estimator, report

    console, seeds = Console.from_args(args), range(args.seed, args.seed + args.trials)
    if args.discard:
        return discard_progress(
            console, *(path(args.output, seed) for seed in seeds for path in (cache_path, scores_path))
        )
    where = execution(args)
    estimator(args, args.method)  # refuses wrong settings before anything is trained
    refuse_target(args.target, args.method)
    check_output(args.output, args.network, args.train, args.validation, target_file(args.target))
    if where.elsewhere:
        project = load_project(args, console)  # what is wrong is said here, and the data is decoded once
        check_output(args.output, project.train.path, project.validation.path)
        scores, train = _trials_elsewhere(args, where, console), project.train
    else:
        scores, train = _trials_here(args, where, console)
    report(InfluenceScores.mean(scores), train, args.output, console)
    return 0


def _trials_here(args: argparse.Namespace, where: Execution, console: Console) -> Tuple[List[InfluenceScores], Dataset]:
    """One trial after the other in this process, with progress bars."""
    from ..execution import completed

    trials = [trial for _, trial in completed(partial(_trial, console=console), _jobs(args), where)]
    return [scores for scores, _ in trials], trials[0][1]


def _trials_elsewhere(args: argparse.Namespace, where: Execution, console: Console) -> List[InfluenceScores]:
    """The trials as independent jobs of worker processes, each with its own training cache."""
    from ..execution import completed

    jobs, found = _jobs(portable(args) if where.scheduler else args), {}
    try:
        with closing(completed(_trial_elsewhere, jobs, where)) as trials, console.progress("trials", "trials") as count:
            for number, scores in trials:
                found[number] = scores
                count(len(found), len(jobs))
                console.info(f"training cache: {cache_path(args.output, jobs[number].seed)}")
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            f"the trials' progress lies beside '{args.output}'. The same command goes on, --discard removes it."
        ) from interrupt
    return [found[number] for number in sorted(found)]


def _jobs(args: argparse.Namespace) -> List[argparse.Namespace]:
    """The options of every trial; they differ in the seed."""
    return [
        argparse.Namespace(**{**vars(args), "seed": args.seed + trial, "trial": trial}) for trial in range(args.trials)
    ]


def portable(args: argparse.Namespace) -> argparse.Namespace:
    """The options with absolute paths, for machines that only share the disk."""
    found = {key: value.absolute() if isinstance(value, Path) else value for key, value in vars(args).items()}
    if not args.network.startswith("builtin:"):
        found["network"] = str(Path(args.network).absolute())
    if target_file(getattr(args, "target", None)):  # evaluate asks about the mean only
        found["target"] = args.target._replace(value=args.target.value.absolute())
    return argparse.Namespace(**found)


def _trial_elsewhere(options: argparse.Namespace) -> InfluenceScores:
    from .console import Console

    return _trial(options, Console(quiet=True))[0]


def _trial(options: argparse.Namespace, console: Console) -> Tuple[InfluenceScores, Dataset]:
    """Trains and scores with one seed; the training cache stays beside the output."""
    from ..device import Device
    from .project import load_project
    from .scoring import estimator, score, with_columns
    from .target import narrowed
    from .training_run import train_project

    if options.trials > 1:
        LOGGER.info("trial %d of %d, seed %d", options.trial + 1, options.trials, options.seed)
    project, device = load_project(options, console), Device(options.device)
    check_output(options.output, project.train.path, project.validation.path)
    asked = narrowed(project.validation, project.network, options.target)
    target = cache_path(options.output, options.seed)
    cache = train_project(project, target, device, console, overwrite=options.overwrite)
    method = estimator(options, options.method)
    found = score(method, cache, project.train, asked, console, scores_path(options.output, options.seed))
    scores = with_columns(found, cache, project.train, device)
    console.info(f"training cache: {cache.path}")
    return scores, project.train


def cache_path(output: Path, seed: int) -> Path:
    """Where a trial's training cache lies: beside the influence CSV."""
    return output.with_name(f"{output.stem}.seed{seed}.h5")


def scores_path(output: Path, seed: int) -> Path:
    """The file a trial's scoring keeps its progress beside."""
    return output.with_name(f"{output.stem}.seed{seed}.scores")
