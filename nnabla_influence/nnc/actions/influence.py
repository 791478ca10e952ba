"""The plugin *Influence*: scores the training data of a training result.

What is scored is a cache, the trained network as it is, or one more epoch (`finished_training`). Out-of-fold
predictions come from networks that are trained anew, with or without a cache. Where the mean over several trainings is
asked for, or the parameters of every epoch, the project is trained anew (`trained_anew`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional

from ...announcements import write_influence_csv
from ...choices import DEFAULT_OBJECTIVE
from ...errors import ConfigError
from ...files import refuse_overwriting
from ...messenger import Messenger
from ...remedies import remedy
from ...training import TrainingCache
from ...workflow.score import ScoreRequest, has_objective, score_project, scoring_passport
from ..host.fields import Fields
from .finished_training import finished_training
from .own_outputs import own_outputs
from .result_folder import ResultFields, TrainedResult
from .trained_anew import NEEDS_EPOCHS, TrainedAnew
from .workspace import own_progress, workspace

__all__ = ["InfluenceRequest", "run"]


@dataclass(frozen=True)
class InfluenceRequest:
    """What the fields ask for.

    Args:
        result: What was trained.
        method: How to score.
        objective: What harm is; a method that does not ask the validation data takes the field's default for nothing.
        output: The influence CSV to write.
        trials: How many trainings the scores are the mean of; 1: the result itself is scored.
        batch_size: Samples of a batch; None: the project's.

    Raises:
        ConfigError: There is no trial, or no sample in a batch.
    """

    result: ResultFields
    method: str
    objective: str
    output: Path
    trials: int = 1
    batch_size: Optional[int] = None

    def __post_init__(self) -> None:
        for name, number in (("trials", self.trials), ("batch_size", self.batch_size)):
            if number is not None and number < 1:
                raise ConfigError(f"Expected in the field {name} 1 or more, got {number}.")

    @property
    def settings(self) -> Dict[str, str]:
        """The method's settings; one that it lacks is among them if somebody chose it, to be refused."""
        chosen = has_objective(self.method) or self.objective != DEFAULT_OBJECTIVE
        return {"objective": self.objective} if chosen else {}


def run(fields: Fields, console: Messenger) -> None:
    """Score and write the influence CSV.

    Args:
        fields: ``model``, ``train``, ``validation``, ``cache``, ``method``, ``objective``, ``trials``, ``batch_size``
            and ``output``.
        console: Where progress is said.

    Raises:
        KeyboardInterrupt: Interrupted; the message says what is left.
        InfluenceError: The result cannot be scored.
    """
    trials = fields.number("trials")
    asked = InfluenceRequest(
        ResultFields.of(fields),
        fields.text("method"),
        fields.text("objective"),
        fields.path("output"),
        1 if trials is None else trials,
        fields.number("batch_size"),
    )
    _score(asked, console)


def _score(asked: InfluenceRequest, console: Messenger) -> None:
    result = TrainedResult.read(asked.result)
    request = ScoreRequest(asked.method, asked.settings, device=result.device)
    output = asked.output
    refuse_overwriting([output], result.inputs)
    with own_outputs("influence", output), workspace(output, None, remedy("go-on-scoring")):
        if asked.trials > 1 or (request.method == NEEDS_EPOCHS and not _has_epochs(result)):
            anew = TrainedAnew(result, request, asked.trials, asked.batch_size, output)
            write_influence_csv(console, anew.scores(console), output, overwrite=True)
            return
        training, project = finished_training(result, request.method, asked.batch_size, output, console)
        refuse_overwriting([output], project.data_files)
        passport = scoring_passport(request.estimator(), training, project.train, project.validation)
        own_progress(output, passport, "scoring")
        scores = score_project(project, training, request, output=output, overwrite=True, reporter=console)
        write_influence_csv(console, scores, output, overwrite=True)


def _has_epochs(result: TrainedResult) -> bool:
    """Tell whether there is a cache with the parameters at the end of every epoch."""
    if result.cache is None:
        return False
    cache = TrainingCache.open(result.cache)
    return {cache.plan.first_step(epoch + 1) for epoch in range(cache.config.epochs)} <= set(cache.kept)
