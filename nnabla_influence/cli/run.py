"""`run`: trains and scores in one, over one or several seeds."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

from .options import add_common, check_output, output_file, positive_int
from .project_options import (
    add_data_options,
    add_network_option,
    add_policy_option,
    add_scoring_options,
    add_training_options,
)

LOGGER = logging.getLogger("nnabla_influence")


def add_parser(subparsers: Any) -> None:
    """Adds the command's options."""
    parser = subparsers.add_parser(
        "run",
        help="train and score in one, over several seeds",
        description="Trains and scores; with --trials, once per seed (S, S+1, ...), and writes the mean of the scores. "
        "Each trial's training cache stays beside the output, so an interrupted run goes on.",
    )
    add_network_option(parser)
    parser.add_argument("--output", required=True, type=output_file, metavar="CSV", help="influence CSV to write")
    parser.add_argument("--trials", type=positive_int, default=1, metavar="K", help="seeds (default: %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace caches of other runs")
    parser.add_argument("--discard", action="store_true", help="only remove the progress of an interrupted run")
    add_scoring_options(parser)
    add_policy_option(parser)
    add_data_options(parser)
    add_training_options(parser)
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Trains and scores every trial, writes the mean."""
    from ..device import Device
    from ..scores import InfluenceScores
    from .console import Console
    from .project import load_project
    from .scoring import discard_progress, estimator, report, score
    from .training_run import train_project

    if args.discard:
        seeds = range(args.seed, args.seed + args.trials)
        return discard_progress(
            Console.from_args(args), *(path(args.output, seed) for seed in seeds for path in (cache_path, scores_path))
        )
    estimator(args, args.method)  # refuses wrong settings before anything is trained
    check_output(args.output, args.network, args.train, args.validation)
    console, scores = Console.from_args(args), []
    for trial in range(args.trials):
        seed = args.seed + trial
        if args.trials > 1:
            LOGGER.info("trial %d of %d, seed %d", trial + 1, args.trials, seed)
        options = argparse.Namespace(**{**vars(args), "seed": seed})
        project = load_project(options, console)
        check_output(args.output, project.train.path, project.validation.path)
        cache = train_project(
            project, cache_path(args.output, seed), Device(args.device), console, overwrite=args.overwrite
        )
        scores.append(
            score(
                estimator(options, args.method),
                cache,
                project.train,
                project.validation,
                console,
                scores_path(args.output, seed),
            )
        )
        console.info(f"training cache: {cache.path}")
    report(InfluenceScores.mean(scores), project.train, args.output, console)
    return 0


def cache_path(output: Path, seed: int) -> Path:
    """Where a trial's training cache lies: beside the influence CSV."""
    return output.with_name(f"{output.stem}.seed{seed}.h5")


def scores_path(output: Path, seed: int) -> Path:
    """The file a trial's scoring keeps its progress beside."""
    return output.with_name(f"{output.stem}.seed{seed}.scores")
