"""Which data scores, which chooses, which judges; the three and the training data share no row."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..dataset.arrays import Dataset
from ..evaluation.evaluation_data import EvaluationData
from .console import Console
from .project import Project


def judging_data(args: argparse.Namespace, project: Project, console: Console) -> EvaluationData:
    """Read or split what is needed and check that nothing is used twice.

    Raises:
        DataError: Two of the data sets share rows.
        ConfigError: The validation data is too small to be halved.
    """
    selection, test = (
        load_like(path, project, args, console) if path is not None else None for path in (args.selection, args.test)
    )
    return EvaluationData.split(project.train, project.validation, selection, test, args.split_seed)


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
