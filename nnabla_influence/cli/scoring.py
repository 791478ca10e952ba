"""Scores a finished training with progress on the console; shared by score, run and demo."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import logging
from pathlib import Path
from typing import Any, Dict, List

from ..device import Device
from ..errors import ComputationError, ConfigError, InfluenceError
from ..estimators import METHODS, InfluenceEstimator, sample_columns
from ..execution import one_thread
from ..interrupts import clear_interrupts
from ..resume import PartialFolder, discard, has_progress, partial_folder
from ..scores import InfluenceScores
from .console import Console
from .project_options import DEFAULT_METHOD, method_settings

LOGGER = logging.getLogger("nnabla_influence")


def estimator(args: argparse.Namespace, method: str) -> InfluenceEstimator:
    """The method with the settings of the command line.

    Raises:
        ConfigError: A setting is given that the method does not have.
    """
    accepted = {name: set(inspect.signature(made).parameters) for name, made in METHODS.items()}
    given = method_settings(args)
    for name, value in given.items():
        if name not in accepted[method]:
            others = " or ".join(other for other in METHODS if name in accepted[other])
            option = {"epochs": "through", "steps": "lanczos-steps", "solver": "inverse", "last": "checkpoints"}.get(
                name, name
            )
            raise ConfigError(
                f"--{option.replace('_', '-')} {value} means nothing to --method {method}"
                f"{' (the default)' if method == DEFAULT_METHOD else ''}; leave it out, or use --method {others}."
            )
    shared = {"seed": args.seed, "device": Device(args.device)}
    return METHODS[method](**given, **{name: value for name, value in shared.items() if name in accepted[method]})


def score(
    method: InfluenceEstimator, cache: Any, train: Any, validation: Any, console: Console, target: Path
) -> InfluenceScores:
    """Scores every training sample.

    Progress is kept in ``<target>.partial/`` and removed at the end.

    Raises:
        KeyboardInterrupt: Ctrl-C, with how to go on.
    """
    store = PartialFolder(target, scoring_passport(method, cache, train, validation))
    try:
        with clear_interrupts(), one_thread(), console.progress(f"scoring ({method.method})", "samples") as progress:
            scores = method.estimate(cache, train, validation, progress, store)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            f"the scoring's progress is in '{partial_folder(target)}'. The same command goes on, --discard removes it."
        ) from interrupt
    except InfluenceError as error:  # going on would fail again, unless it was for want of memory
        if not isinstance(error, ComputationError) or not has_progress(target):
            discard(target)
        raise
    discard(target)
    for name, value in scores.facts.items():
        LOGGER.info("%s: %.3g", name, value)
    return scores


def scoring_passport(method: InfluenceEstimator, cache: Any, train: Any, validation: Any) -> Dict[str, str]:
    """What identifies a scoring that was interrupted."""
    return {
        **method.settings(),
        "training": cache.identity,
        "training data": train.fingerprint,
        "validation data": validation.fingerprint,
    }


def with_columns(scores: InfluenceScores, cache: Any, train: Any, device: Device) -> InfluenceScores:
    """The scores with each sample's loss and predicted label, at the cost of one forward pass."""
    return dataclasses.replace(scores, columns={**sample_columns(cache, train, device), **scores.columns})


def report(scores: InfluenceScores, train: Any, output: Any, console: Console) -> None:
    """Writes the influence CSV and says what is in it."""
    notices: List[str] = scores.to_csv(output, train.table)
    for notice in notices:
        console.warn(notice)
    harmful = int((scores.values < 0).sum())
    console.info(
        f"influence CSV: {output} ({len(scores.values)} rows, most harmful first; {harmful} have a negative "
        "score: harmful)"
    )


def discard_progress(console: Console, *targets: Path) -> int:
    """Removes what interrupted runs left beside files; the exit code 0."""
    for target in targets:
        folder = partial_folder(target)
        console.info(f"removed {folder}" if discard(target) else f"there is no {folder}")
    return 0
