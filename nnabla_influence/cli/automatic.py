"""`cleanse --remove auto`: one half of the validation data scores, the other half chooses and confirms the number."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Tuple

from ..announcements import write_influence_csv
from ..cleansing import Count, Removal
from ..errors import ConfigError
from ..evaluation.evaluation_data import EvaluationData
from ..evaluation.removal_curve import RemovalCurve
from ..files import refuse_overwriting
from ..interrupts import resumable
from ..remedies import remedy
from ..scored_data import ScoredData
from ..scores import InfluenceScores
from ..training import TrainingCache
from ..workflow.choose import ChooseRequest, choose, evaluation_data, ranked
from ..workflow.opened_project import OpenedProject, open_cached_project, open_project
from ..workflow.train import train_project
from ..workflow.trials import cache_path
from .console import Console
from .options import execution
from .project_options import METHOD_SETTING, project_request, score_request

__all__ = ["chosen_removal"]


def chosen_removal(args: argparse.Namespace, console: Console) -> Tuple[Path, Removal]:
    """Train if it must, score if it must, retrain, and choose.

    Returns:
        The influence CSV of the ranking, and how many of its first rows to remove.

    Raises:
        ConfigError: Options are missing or contradict each other.
        RequestError: Data or cache do not fit.
    """
    where = execution(args)
    if (args.cache is None) == (args.network is None):
        raise ConfigError("--remove auto retrains: give --cache C.h5 (from train) or --network N, one of the two.")
    if args.influence is not None and args.selection is None:
        raise ConfigError(
            "--remove auto with --influence needs --selection CSV: data that did not produce the scores. Or leave "
            "--influence out; then one half of the validation data scores and the other half chooses."
        )
    if args.influence is None:
        score_request(args)  # refuses wrong settings before anything is trained
    elif getattr(args, METHOD_SETTING + "objective") is not None:
        raise ConfigError("--objective says how to score, but --influence holds the scores; leave one of the two out.")
    kept = f"what is finished lies in '{args.output}' and in the files named after it."
    with resumable(kept, remedy("go-on")):
        return _chosen(args, ChooseRequest(args.orders, args.retrain, where, args.confirm), console)


def _chosen(args: argparse.Namespace, request: ChooseRequest, console: Console) -> Tuple[Path, Removal]:
    table = _beside(args.output, "retrainings")
    refuse_overwriting([table], [args.train, args.validation, args.selection, args.test])
    cache, project = _finished(args, console)
    data = evaluation_data(
        project, selection=args.selection, test=args.test, split_seed=args.split_seed, reporter=console
    )
    influence, scores = _ranking(args, cache, data, console)
    if args.overwrite:
        RemovalCurve.discard(table)
    chosen = choose(
        cache, data, scores, request, project=project, table=table, split_seed=args.split_seed, reporter=console
    )
    console.result(f"auto: {chosen.decision.sentence}")
    console.info(f"every retraining: {table}")
    return influence, Count(chosen.removed)


def _beside(output: Path, what: str) -> Path:
    """Return a further CSV of the same name."""
    return output.with_name(f"{output.stem}.{what}.csv")


def _finished(args: argparse.Namespace, console: Console) -> Tuple[TrainingCache, OpenedProject]:
    """Open the training or make it, with its data."""
    if args.cache is not None:
        return open_cached_project(
            args.cache, args.train, args.validation, data_cache=args.data_cache, reporter=console
        )
    project = open_project(project_request(args), console)
    path = cache_path(args.output, args.seed)
    return train_project(project, path, overwrite=args.overwrite, reporter=console), project


def _ranking(
    args: argparse.Namespace, cache: TrainingCache, data: EvaluationData, console: Console
) -> Tuple[Path, InfluenceScores]:
    """Return the influence CSV that was given, or one made with the scoring half."""
    if args.influence is not None:
        return args.influence, ScoredData.read(args.influence, args.train, args.score).scores
    path = _beside(args.output, "influence")
    refuse_overwriting([path], [args.train, args.validation, data.train.path])
    scores = ranked(cache, data, score_request(args), beside=path, reporter=console)
    write_influence_csv(console, scores, path)
    return path, scores
