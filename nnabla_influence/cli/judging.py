"""Which data scores, which chooses, which judges; the three and the training data share no row."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any, NamedTuple, Optional, Tuple

import numpy as np

from ..dataset.dataset import Dataset
from ..dataset.overlap import overlapping_rows
from ..errors import ConfigError, DataError
from .console import Console
from .project import Project

# Share of equal rows that the test data of a table may well have by accident; selection data is to have none.
ACCIDENTAL = {"test data": 0.01, "selection data": 0.0}
LOGGER = logging.getLogger("nnabla_influence")


class JudgingData(NamedTuple):
    """The data of an evaluation.

    Attributes:
        train: What is trained on.
        scoring: Validation rows the scores are computed with.
        selection: Rows that choose how many to remove.
        test: Rows that judge the choice, if there are any.
    """

    train: Any
    scoring: Any
    selection: Any
    test: Optional[Any]


def judging_data(args: argparse.Namespace, project: Project, console: Console) -> JudgingData:
    """Reads or splits what is needed and checks that nothing is used twice.

    Raises:
        DataError: Two of the data sets share rows.
        ConfigError: The validation data is too small to be halved.
    """
    scoring = project.validation
    if args.selection is not None:
        selection = load_like(args.selection, project, args, console)
    else:
        scoring, selection = halves(project.validation, args.split_seed)
    test = load_like(args.test, project, args, console) if args.test is not None else None
    named = {"training data": project.train, "validation data": project.validation}
    named.update({"selection data": selection} if args.selection is not None else {})
    named.update({"test data": test} if test is not None else {})
    names = list(named)
    for later, name in enumerate(names):
        if name in ("selection data", "test data"):
            for earlier in names[:later]:
                named[name] = _disjoint(earlier, named[earlier], name, named[name])
    return JudgingData(project.train, scoring, named.get("selection data", selection), named.get("test data"))


def _disjoint(earlier: str, first: Any, later: str, second: Any) -> Any:
    """The second data without rows that are in the first; a few may be equal by accident, many are a mistake.

    Raises:
        DataError: More of the rows are in both than `ACCIDENTAL` allows.
    """
    pairs = overlapping_rows(first, second)
    if not len(pairs):
        return second
    examples = ", ".join(f"{b} = {a}" for a, b in pairs[:5]) + (", ..." if len(pairs) > 5 else "")
    found = f"{len(pairs)} of the {len(second)} rows of the {later} ({second.path}) are also in the {earlier}"
    if len(pairs) > ACCIDENTAL[later] * len(second):
        raise DataError(f"{found} ({first.path}): rows {examples}. Data that judges must be new; give other data.")
    LOGGER.warning("%s and are left out: rows %s", found, examples)
    return second.subset(np.setdiff1d(np.arange(len(second)), pairs[:, 1]))


def halves(validation: Any, seed: int) -> Tuple[Any, Any]:
    """The rows that score and the rows that choose, drawn by a seed.

    Raises:
        ConfigError: There are fewer than two rows.
    """
    if len(validation) < 2:
        raise ConfigError(f"{validation.path} has {len(validation)} row and cannot be halved; give --selection CSV.")
    order = np.random.default_rng(seed).permutation(len(validation))
    middle = (len(validation) + 1) // 2
    LOGGER.info(
        "validation data: %d rows score, the other %d choose how many to remove (seed %d)",
        middle,
        len(validation) - middle,
        seed,
    )
    return validation.subset(np.sort(order[:middle])), validation.subset(np.sort(order[middle:]))


def load_like(path: Path, project: Project, args: argparse.Namespace, console: Console) -> Dataset:
    """Reads further data as the training data was read.

    Raises:
        DataError: The data is broken or does not fit the network.
    """
    with console.progress(f"reading {path.name}", "file reads") as progress:
        data = Dataset.from_csv(
            path,
            image_size=project.train.image_size,
            normalize=project.train.normalize,
            data_cache=args.data_cache,
            progress=progress,
        )
    project.network.check_data(data)
    return data
