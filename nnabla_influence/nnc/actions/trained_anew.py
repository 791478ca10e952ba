"""Scores of the project trained anew: once for each seed, and their mean.

The selected result is one training with one order of the batches, and an influence cache keeps its last epoch. The mean
over several trainings says more about a sample than one training does, and *TracIn* asks for the parameters of every
epoch. So the project is trained from new parameters here, in the folder of the scoring's progress, which goes when the
scores are written. The selected result itself is not scored.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

from ...choices import DEFAULT_POLICY
from ...files import refuse_overwriting
from ...messenger import Messenger
from ...resume import partial_folder
from ...scores import InfluenceScores
from ...training import run_passport
from ...workflow.opened_project import OpenedProject, open_project
from ...workflow.project_request import ProjectRequest
from ...workflow.score import ScoreRequest
from ...workflow.training_overrides import TrainingOverrides
from ...workflow.trials import TrialsRequest, mean_scores
from .result_folder import TrainedResult
from .workspace import own_progress

__all__ = ["NEEDS_EPOCHS", "TrainedAnew"]

LOGGER = logging.getLogger("nnabla_influence")
NEEDS_EPOCHS = "tracin"
"""The method that needs the parameters of every epoch, which no influence cache of a plugin keeps."""


@dataclass(frozen=True)
class TrainedAnew:
    """Trainings of a project, by the seeds 0, 1, ...

    Args:
        result: Whose project is trained.
        scoring: How each training is scored.
        trials: How many trainings.
        batch_size: Samples of a batch; None: the project's.
        output: The influence CSV that is to be written.
    """

    result: TrainedResult
    scoring: ScoreRequest
    trials: int
    batch_size: Optional[int]
    output: Path

    def scores(self, console: Messenger) -> InfluenceScores:
        """Train and score; return the mean of the scores.

        Raises:
            KeyboardInterrupt: Interrupted; the message says how to go on.
            InfluenceError: The project cannot be trained or scored.
        """
        policy = "epochs" if self.scoring.method == NEEDS_EPOCHS else DEFAULT_POLICY
        training = TrainingOverrides(batch_size=self.batch_size, from_scratch=True, policy=policy)
        result = self.result
        request = ProjectRequest(
            result.network, result.train, result.validation, device=result.device, training=training
        )
        project = open_project(request, console)
        refuse_overwriting([self.output], project.data_files)
        self._own(project)
        LOGGER.info(
            "the project is trained from new parameters %s, %d epochs each; the selected result is not scored",
            "once" if self.trials == 1 else f"{self.trials} times",
            project.config.epochs,
        )
        again = replace(request, train=project.train, validation=project.validation)
        beside = partial_folder(self.output) / self.output.name
        trials = TrialsRequest(again, beside, (self.scoring,), self.trials)
        return mean_scores(trials, reporter=console, begun=self._begun)

    def _own(self, project: OpenedProject) -> None:
        """Remove the progress of another scoring; what a started one may not differ in is everything but the trials."""
        passport = run_passport(project.network, project.train, project.config)
        trained = {name: passport[name] for name in ("config", "network", "training_data")}
        scored = {"scoring": self.scoring.estimator().settings(), "validation": project.validation.fingerprint}
        own_progress(self.output, {**trained, **scored, "method": self.scoring.method}, "scoring")

    def _begun(self, number: int) -> None:
        if self.trials > 1:
            LOGGER.info("training %d of %d, seed %d", number + 1, self.trials, number)
