"""Trains over several seeds and scores each training by several methods; what `evaluate` and `demo` begin with."""

from __future__ import annotations

import argparse
import logging
from typing import Any, Dict, List, Sequence

from ..device import Device
from ..evaluation.sweep import Trial
from ..scores import InfluenceScores
from .console import Console
from .project import load_project
from .run import cache_path, scores_path
from .scoring import estimator, score
from .training_run import train_project

LOGGER = logging.getLogger("nnabla_influence")


def trained_trials(args: argparse.Namespace, methods: Sequence[str], scoring: Any, console: Console) -> List[Trial]:
    """One `Trial` per seed; caches lie beside the output and are used again.

    Args:
        args: Options of `run`, with ``trials`` and ``output``.
        methods: Names of methods.
        scoring: The validation rows that score.
        console: Shows progress.
    """
    trials = []
    for seed in range(args.seed, args.seed + args.trials):
        LOGGER.info("trial %d of %d, seed %d", seed - args.seed + 1, args.trials, seed)
        trials.append(_trial(trial_options(args, methods, seed), methods, scoring, console))
    return trials


def trial_options(args: argparse.Namespace, methods: Sequence[str], seed: int) -> argparse.Namespace:
    """The options of one seed, recording what the methods need."""
    margins = args.record_margins or "margin" in methods
    return argparse.Namespace(**{**vars(args), "seed": seed, "record_margins": margins})


def _trial(options: argparse.Namespace, methods: Sequence[str], scoring: Any, console: Console) -> Trial:
    from ..estimators import predicted_labels

    project, device = load_project(options, console), Device(options.device)
    path = cache_path(options.output, options.seed)
    cache = train_project(project, path, device, console, overwrite=options.overwrite)
    scores: Dict[str, InfluenceScores] = {}
    for method in dict.fromkeys(methods):
        target = scores_path(options.output, options.seed).with_suffix(f".{method}")
        scores[method] = score(estimator(options, method), cache, project.train, scoring, console, target)
    labels = predicted_labels(cache, project.train, device)
    return Trial(cache.path, options.seed, scores, labels)
