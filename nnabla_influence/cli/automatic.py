"""`cleanse --remove auto`: one half of the validation data scores, the other half chooses and confirms the number."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Tuple

from ..announcements import write_influence_csv
from ..choices import TREATMENTS
from ..cleansing import Count, Removal
from ..errors import ConfigError
from ..evaluation.removal_sweep import discard_other
from ..files import refuse_existing, refuse_overwriting
from ..interrupts import resumable
from ..remedies import remedy
from ..scored_data import ScoredData
from ..scores import InfluenceScores
from ..training import TrainingCache
from ..workflow.choose import ChooseRequest, choose, evaluation_data
from ..workflow.opened_project import OpenedProject, open_project
from ..workflow.train import train_project
from ..workflow.trials import cache_path
from .cached_project import cached_project
from .console import Console
from .options import execution
from .project_options import METHOD_SETTING, project_request, score_request

__all__ = ["chosen_removal"]


def chosen_removal(args: argparse.Namespace, console: Console) -> Tuple[Path, Removal, bool]:
    """Train if it must, score if it must, retrain, and choose.

    Returns:
        The influence CSV of the ranking, how many of its first rows to remove, and whether they are relabelled instead.

    Raises:
        ConfigError: Options are missing or contradict each other.
        RequestError: Data or cache do not fit.
    """
    where = execution(args)
    if args.relabel:
        raise ConfigError("--remove auto decides what to do; say --treatment remove relabel instead of --relabel.")
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
        request = ChooseRequest(args.orders, args.retrain, where, args.confirm, tuple(args.treatment or TREATMENTS[:1]))
        return _chosen(args, request, console)


def _chosen(args: argparse.Namespace, request: ChooseRequest, console: Console) -> Tuple[Path, Removal, bool]:
    table = _beside(args.output, "retrainings")
    refuse_overwriting([table], [args.train, args.validation, args.selection, args.test])
    if args.influence is None:
        refuse_existing([_beside(args.output, "influence")], args.overwrite)
    cache, project = _finished(args, console)
    data = evaluation_data(
        project, selection=args.selection, test=args.test, split_seed=args.split_seed, reporter=console
    )
    influence = args.influence or _beside(args.output, "influence")
    if args.influence is None:
        refuse_overwriting([influence], [args.train, args.validation, data.train.path])
    if args.overwrite:
        discard_other(table, cache, data)
    chosen = choose(
        cache,
        data,
        score_request(args) if args.influence is None else _given_scores(args),
        request,
        project=project,
        beside=influence,
        table=table,
        split_seed=args.split_seed,
        reporter=console,
    )
    if args.influence is None:
        write_influence_csv(console, chosen.scores, influence, overwrite=args.overwrite)
    console.result(f"auto: {chosen.decision.sentence}")
    console.info(f"every retraining: {table}")
    return influence, Count(chosen.removed), chosen.relabels


def _beside(output: Path, what: str) -> Path:
    """Return a further CSV of the same name."""
    return output.with_name(f"{output.stem}.{what}.csv")


def _finished(args: argparse.Namespace, console: Console) -> Tuple[TrainingCache, OpenedProject]:
    """Open the training or make it, with its data."""
    if args.cache is not None:
        return cached_project(args, console)
    project = open_project(project_request(args), console)
    path = cache_path(args.output, args.seed)
    return train_project(project, path, overwrite=args.overwrite, reporter=console), project


def _given_scores(args: argparse.Namespace) -> InfluenceScores:
    """Read the influence CSV that was given."""
    return ScoredData.read(args.influence, args.train, args.score).scores
