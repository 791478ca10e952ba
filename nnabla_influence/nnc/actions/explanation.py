"""What both forms of the plugin *Why this result?* do: the training samples behind the network's result at one sample.

The question is that of the plugin *Influence*, asked about one evaluated sample instead of the mean over all of them:
by how much would the loss at this sample change if a training sample were left out? The objective is the loss; for a
single sample of a classification the expected error gives the same order, on another scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Tuple

import numpy as np

from ...array import Array
from ...dataset.added_columns import write_with_columns
from ...dataset.csv import Table
from ...errors import ConfigError, DataError
from ...estimators import sample_columns
from ...files import refuse_overwriting
from ...messenger import Messenger
from ...objective import LOSS
from ...remedies import remedy
from ...scores import InfluenceScores
from ...workflow.score import ScoreRequest, has_objective, score_project, scoring_passport
from ...workflow.validation_target import ValidationTarget, narrowed
from ..host.fields import Fields
from ..host.libraries import require_library
from .finished_training import finished_training
from .own_outputs import own_outputs
from .result_folder import ResultFields, TrainedResult
from .workspace import own_progress, workspace

__all__ = ["ExplanationRequest", "explain"]

MOST_SHOWN = 200
NAMED = 5  # rows that the log names of each kind


@dataclass(frozen=True)
class ExplanationRequest:
    """What the fields ask for.

    Args:
        plugin: The plugin's name in the manifest.
        result: What was trained.
        method: How to score.
        samples: How many samples that helped, and how many that harmed, to show at most.
        picture: The picture to write.
        table: The CSV to write.

    Raises:
        ConfigError: So many samples cannot be shown.
    """

    plugin: str
    result: ResultFields
    method: str
    samples: int
    picture: Path
    table: Path

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= MOST_SHOWN:
            raise ConfigError(f"Expected in the field samples a number from 1 to {MOST_SHOWN}, got {self.samples}.")

    @classmethod
    def of(cls, plugin: str, fields: Fields) -> ExplanationRequest:
        """Read the fields that both forms have."""
        return cls(
            plugin,
            ResultFields.of(fields),
            fields.text("method"),
            fields.number("samples") or 0,
            fields.path("output"),
            fields.path("table"),
        )


def explain(asked: ExplanationRequest, find: Callable[[Table], int], console: Messenger) -> None:
    """Score for one evaluated sample; write the picture and the CSV.

    Args:
        asked: What the fields ask for.
        find: Returns the row of the sample in the evaluated data, from 0.
        console: Where progress is said.

    Raises:
        MissingExtraError: matplotlib is not installed.
        KeyboardInterrupt: Interrupted; the message says what is left.
        InfluenceError: The sample is not there, or the result cannot be scored.
    """
    require_library("matplotlib", "the picture")
    result = TrainedResult.read(asked.result)
    refuse_overwriting([asked.picture, asked.table], result.inputs)
    evaluated = Table.read(result.validation)
    row = find(evaluated)
    with own_outputs(asked.plugin, asked.picture, asked.table):
        with workspace(asked.table, None, remedy("go-on-scoring")):
            scores, said = _scored(asked, result, row, console)
            _write_table(asked.table, scores, asked.samples, console)
        _draw(asked, evaluated, row, said, console)


def _scored(
    asked: ExplanationRequest, result: TrainedResult, row: int, console: Messenger
) -> Tuple[InfluenceScores, Dict[str, Array]]:
    """Return the scores, and what the network makes of the sample."""
    settings = {"objective": LOSS.name} if has_objective(asked.method) else {}
    target = ValidationTarget((row,))
    request = ScoreRequest(asked.method, settings, target, device=result.device)
    training, project = finished_training(result, asked.method, None, asked.table, console)
    refuse_overwriting([asked.picture, asked.table], project.data_files)
    sample = narrowed(project.validation, training.network, target)
    own_progress(asked.table, scoring_passport(request.estimator(), training, project.train, sample), "scoring")
    scores = score_project(project, training, request, output=asked.table, overwrite=True, reporter=console)
    return scores, sample_columns(training, sample, result.device)


def _write_table(table: Path, scores: InfluenceScores, most: int, console: Messenger) -> None:
    harmed, helped = _extremes(scores.values, most)
    if not harmed and not helped:
        raise DataError(
            "Expected training samples that helped or harmed, found scores of zero alone. Choose another method, or "
            "look whether the network has learnt anything."
        )
    added = {scores.score_header: scores.values, **scores.columns}
    rows = np.array([*harmed, *reversed(helped)], dtype=np.int64)
    for notice in write_with_columns(table, scores.table, added, rows, "training data"):
        console.warn(notice)
    for verb, chosen in (("helped", helped), ("harmed", harmed)):
        named = ", ".join(f"{number} ({scores.values[number]:.2e})" for number in chosen[:NAMED])
        console.info(f"training rows that {verb} most, counted from 0: {named or 'none'}")
    console.info(f"CSV of {len(harmed)} training samples that harmed and {len(helped)} that helped: {table}")


def _extremes(values: Array, most: int) -> Tuple[List[int], List[int]]:
    """Return the rows that harmed, and those that helped, the strongest first."""
    order = np.argsort(values, kind="stable")
    harmed = [int(number) for number in order[:most] if values[number] < 0]
    helped = [int(number) for number in order[::-1][:most] if values[number] > 0]
    return harmed, helped


def _draw(asked: ExplanationRequest, evaluated: Table, row: int, said: Dict[str, Array], console: Messenger) -> None:
    from ...report.explanation_sheet import write_explanation

    drawn = write_explanation(
        asked.table, evaluated, row, {name: float(v[0]) for name, v in said.items()}, asked.picture
    )
    console.info(f"asked about row {row + 1} of {evaluated.path}: {drawn.asked}")
    if drawn.unreadable:
        console.warn(f"{drawn.unreadable} files of samples could not be read, the first: {drawn.reason}")
    console.info(f"picture: {asked.picture}")
