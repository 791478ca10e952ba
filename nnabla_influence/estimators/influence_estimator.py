"""What every influence estimator is: a method with settings that turns a finished training into scores."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from typing import Dict, Optional

from ..autodiff import HERE, Sweep
from ..dataset.dataset import Dataset
from ..network import Network
from ..progress import ProgressCallback, ProgressStore
from ..scores import InfluenceScores
from ..training import FinishedTraining
from .reused_work import ReusedWork
from .scoring_task import ScoringTask

__all__ = ["InfluenceEstimator"]


class InfluenceEstimator(ABC):
    """Base of the methods.

    A method has a name, settings that its constructor keeps under their own names, and `_scores`, where it says how it
    scores; everybody else calls `estimate`.

    Attributes:
        method: The name on the command line.

    >>> import numpy as np
    >>> class Position(InfluenceEstimator):
    ...     method = "position"
    ...
    ...     def _scores(self, task):
    ...         return InfluenceScores(np.arange(len(task.train), dtype=float), self.method)
    >>> Position().settings()
    {'method': 'position'}
    """

    method: str = ""

    def estimate(
        self,
        training: FinishedTraining,
        train: Dataset,
        validation: Dataset,
        progress: Optional[ProgressCallback] = None,
        store: Optional[ProgressStore] = None,
        sweep: Sweep = HERE,
        reused: Optional[ReusedWork] = None,
    ) -> InfluenceScores:
        """Score every training sample.

        Args:
            training: What was trained: a `TrainingCache`, or the `FinalState` of a trained network file.
            train: The training data.
            validation: The validation data.
            progress: Called with (samples done, samples in all).
            store: Where methods that take long keep their progress, to go on after an interruption.
            sweep: Asks about batches of data, here or in workers; the scores are the same to the last bit.
            reused: What other scorings of the same training have computed already.

        Returns:
            N scores, together with the training data's table; positive is helpful, negative harmful.

        Raises:
            CheckpointMissingError: The method needs parameters, or a record, that the training did not keep.
            CacheMismatchError: The method needs a solver's state that the training did not keep.
            UnsupportedError: The method cannot score this network, see `check_network`; or it has layers whose
                derivatives the method needs and NNabla does not have.
            DivergenceError: The method grew without bound; no scores.
            ComputationError: NNabla failed at a batch.
        """
        self.check_network(training.network)
        work = reused or ReusedWork()
        scores = self._scores(ScoringTask(training, train, validation, progress, store, sweep, work))
        return dataclasses.replace(
            scores, table=train.table, fingerprint=train.fingerprint, seeds=(training.config.seed,)
        )

    def check_network(self, network: Network) -> None:
        """Refuse a network that the method cannot score; asked before anything is trained.

        Raises:
            UnsupportedError: It is one.
        """
        return None  # most methods score any

    @abstractmethod
    def _scores(self, task: ScoringTask) -> InfluenceScores:
        """Score every training sample of a task, see `estimate`."""

    def settings(self) -> Dict[str, str]:
        """Return the method and its settings, as plain values; they identify a scoring that was interrupted."""
        return {"method": self.method, **{name: str(value) for name, value in vars(self).items()}}
