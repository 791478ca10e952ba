"""Trains over several seeds and scores each training by several methods; what `evaluate` and `demo` begin with."""

from __future__ import annotations

import argparse
import logging
from contextlib import closing
from functools import partial
from typing import Any, List, NamedTuple, Sequence, Tuple

from ..device import Device
from ..evaluation.trial import Trial
from ..execution import Execution, completed
from .console import Console
from .project import load_project
from .run import cache_path, portable, scores_path
from .scoring import estimator, score
from .training_run import train_project

LOGGER = logging.getLogger("nnabla_influence")


class TrialJob(NamedTuple):
    """What one trial needs.

    Attributes:
        options: Options of `run` with this trial's seed.
        methods: Names of methods.
        scoring: The validation rows that score.
    """

    options: argparse.Namespace
    methods: Tuple[str, ...]
    scoring: Any


def trained_trials(
    args: argparse.Namespace, methods: Sequence[str], scoring: Any, console: Console, where: Execution
) -> List[Trial]:
    """One `Trial` per seed; caches lie beside the output and are used again.

    Args:
        args: Options of `run`, with ``trials`` and ``output``.
        methods: Names of methods.
        scoring: The validation rows that score.
        console: Shows progress.
        where: Where the trials are trained.
    """
    options = portable(args) if where.scheduler else args
    wanted = tuple(dict.fromkeys(methods))
    jobs = [TrialJob(_seeded(options, wanted, args.seed + trial), wanted, scoring) for trial in range(args.trials)]
    function = _quiet_trial if where.elsewhere else partial(_trial, console=console)
    found = {}
    with closing(completed(function, jobs, where)) as trials:
        for number, trial in trials:
            found[number] = trial
            LOGGER.info("trial %d of %d (seed %d) is trained and scored", len(found), len(jobs), trial.seed)
    return [found[number] for number in sorted(found)]


def _seeded(args: argparse.Namespace, methods: Sequence[str], seed: int) -> argparse.Namespace:
    """The options of one seed, recording what the methods need."""
    margins = args.record_margins or "margin" in methods
    return argparse.Namespace(**{**vars(args), "seed": seed, "record_margins": margins})


def _quiet_trial(job: TrialJob) -> Trial:
    return _trial(job, Console(quiet=True))


def _trial(job: TrialJob, console: Console) -> Trial:
    from ..estimators import predicted_labels

    options = job.options
    project, device = load_project(options, console), Device(options.device)
    path = cache_path(options.output, options.seed)
    cache = train_project(project, path, device, console, overwrite=options.overwrite)
    scores = {}
    for method in job.methods:
        target = scores_path(options.output, options.seed).with_suffix(f".{method}")
        scores[method] = score(estimator(options, method), cache, project.train, job.scoring, console, target)
    return Trial(cache.path.absolute(), options.seed, scores, predicted_labels(cache, project.train, device))
