"""`cleanse --remove auto`: scores with one half of the validation data, lets the other half choose the number."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Tuple

from ..device import Device
from ..errors import ConfigError
from ..evaluation.evaluation_data import EvaluationData
from ..evaluation.number_search import NumberSearch, choose_number
from ..evaluation.removal_sweep import RemovalSweep
from ..evaluation.trial import Trial
from ..execution import Execution
from ..scored_data import ScoredData
from ..training import TrainingCache
from .cached import open_cached
from .console import Console
from .evaluate import resumable
from .judging import judging_data
from .options import check_output, execution
from .project import Project, load_project
from .run import cache_path
from .scoring import estimator, report, score, with_columns
from .training_run import train_project


@dataclass(frozen=True)
class Chosen:
    """What `auto` decided.

    Attributes:
        influence: The influence CSV it ranked by.
        count: How many of its first rows to remove.
    """

    influence: Path
    count: int


def choose(args: argparse.Namespace, console: Console) -> Chosen:
    """Trains if it must, scores if it must, retrains, and chooses.

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
    with resumable(args.output):
        return _chosen(args, where, console)


def _chosen(args: argparse.Namespace, where: Execution, console: Console) -> Chosen:
    curve_path = beside(args.output, "retrainings")
    check_output(curve_path, args.train, args.validation, args.selection, args.test)
    cache, project = _finished(args, console)
    judged = judging_data(args, project, console)
    influence, scores = _ranking(args, cache, judged, console)
    sweep = RemovalSweep((), (args.retrain,), device=Device(args.device), execution=where)
    if args.overwrite and curve_path.exists():
        curve_path.unlink()
    with console.progress("retraining", "trainings") as progress:
        trial = Trial(cache.path.absolute(), cache.config.seed, {scores.method: scores})
        choice, _ = choose_number(trial, judged, NumberSearch(args.orders), sweep, curve_path, progress)
    _say(console, choice, curve_path)
    return Chosen(influence, choice.removed)


def beside(output: Path, what: str) -> Path:
    """A further CSV of the same name."""
    return output.with_name(f"{output.stem}.{what}.csv")


def _finished(args: argparse.Namespace, console: Console) -> Tuple[TrainingCache, Project]:
    """The training, opened or made, with its data."""
    if args.cache is not None:
        cache, train, validation = open_cached(args.cache, args.train, args.validation, args.data_cache, console)
        return cache, Project(cache.network, cache.config, train, validation)
    options = _training_options(args)
    project = load_project(options, console)
    path = cache_path(args.output, args.seed)
    return train_project(project, path, Device(args.device), console, overwrite=args.overwrite), project


def _training_options(args: argparse.Namespace) -> argparse.Namespace:
    """The options of `run` with its defaults, where `cleanse` has none of its own."""
    from .main import build_parser

    defaults = build_parser().parse_args(["run", "--network", args.network, "--output", str(args.output)])
    return argparse.Namespace(**{**vars(defaults), **vars(args)})


def _ranking(
    args: argparse.Namespace, cache: TrainingCache, judged: EvaluationData, console: Console
) -> Tuple[Path, Any]:
    """The influence CSV given, or one made with the scoring half."""
    if args.influence is not None:
        return args.influence, ScoredData.read(args.influence, args.train, args.score).scores
    path = beside(args.output, "influence")
    check_output(path, args.train, args.validation, judged.train.path)
    scores = score(estimator(args, args.method), cache, judged.train, judged.scoring, console, path)
    report(with_columns(scores, cache, judged.train, Device(args.device)), judged.train, path, console)
    return path, scores


def _say(console: Console, choice: Any, curve: Path) -> None:
    change = f"selection loss {choice.selection.text()} against removing nothing"
    if not choice.removed:
        console.result("auto: nothing is worth removing; no number of removed samples beats 0 on the selection data")
    else:
        console.result(f"auto: {choice.removed} samples, {change}")
        if choice.test_loss.seeds:
            accuracy = f", accuracy {choice.test_accuracy.text()}" if choice.test_accuracy.seeds else ""
            console.result(f"on the test data: loss {choice.test_loss.text()}{accuracy}")
    console.info(f"every retraining: {curve}")
