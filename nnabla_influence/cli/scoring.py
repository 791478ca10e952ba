"""Scores a finished training with progress on the console; shared by score, run and demo."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any, List

from ..device import Device
from ..errors import ConfigError, InfluenceError
from ..estimators import METHODS, InfluenceEstimator
from ..partial import PartialFolder, discard, partial_folder
from ..scores import InfluenceScores
from .console import Console

# Settings of methods: their defaults, and the methods that have them.
SETTINGS = {"recursion": ("corrected", ("last-epoch",)), "batch_norm": ("batch", ("last-epoch", "loss"))}
LOGGER = logging.getLogger("nnabla_influence")


def estimator(args: argparse.Namespace, method: str) -> InfluenceEstimator:
    """The method with the settings of the command line.

    Raises:
        ConfigError: A setting is given that the method does not have.
    """
    for name, (default, methods) in SETTINGS.items():
        value = getattr(args, name)
        if value != default and method not in methods:
            raise ConfigError(f"--{name.replace('_', '-')} {value} means nothing to --method {method}; leave it out, "
                              f"or use --method {' or '.join(methods)}.")
    device = Device(args.device)
    if method == "last-epoch":
        return METHODS[method](recursion=args.recursion, batch_norm=args.batch_norm, device=device)
    if method == "loss":
        return METHODS[method](batch_norm=args.batch_norm, device=device)
    return METHODS[method](seed=args.seed)


def score(method: InfluenceEstimator, cache: Any, train: Any, validation: Any, console: Console,
          target: Path) -> InfluenceScores:
    """Scores every training sample.

    Progress is kept in ``<target>.partial/`` and removed at the end.

    Raises:
        KeyboardInterrupt: Ctrl-C, with how to go on.
    """
    store = PartialFolder(target, {**method.settings(), "training": cache.identity, "training data": train.fingerprint,
                                   "validation data": validation.fingerprint})
    try:
        with console.progress(f"scoring ({method.method})", "samples") as progress:
            scores = method.estimate(cache.network, cache, train, validation, progress, store)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(f"the scoring's progress is in '{partial_folder(target)}'. The same command goes on, "
                                "--discard removes it.") from interrupt
    except InfluenceError:  # going on would fail again
        discard(target)
        raise
    discard(target)
    for name, value in scores.facts.items():
        LOGGER.info("%s: %.3g", name, value)
    return scores


def report(scores: InfluenceScores, train: Any, output: Any, console: Console) -> None:
    """Writes the influence CSV and says what is in it."""
    notices: List[str] = scores.to_csv(output, train.table)
    for notice in notices:
        console.warn(notice)
    harmful = int((scores.values < 0).sum())
    console.info(f"influence CSV: {output} ({len(scores.values)} rows, most harmful first; {harmful} have a negative "
                 "score: harmful)")


def discard_progress(console: Console, *targets: Path) -> int:
    """Removes what interrupted runs left beside files; the exit code 0."""
    for target in targets:
        folder = partial_folder(target)
        console.info(f"removed {folder}" if discard(target) else f"there is no {folder}")
    return 0
