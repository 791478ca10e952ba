"""What every influence estimator is: a method with settings that turns a finished training into scores."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Protocol

import numpy as np

from ..autodiff import LossOracle
from ..dataset.dataset import Dataset
from ..dataset.batches import consecutive_batches
from ..device import Device
from ..errors import CheckpointMissingError, ConfigError
from ..linalg import FunctionProduct
from ..scores import InfluenceScores
from ..training import FinishedTraining

LOGGER = logging.getLogger("nnabla_influence")
Progress = Callable[[int, int], None]


POINTS = ("auto", "final", "average")


class OracleSettings(NamedTuple):
    """How derivatives are taken: batch-norm policy and device."""

    batch_norm: str = "batch"
    device: Device = Device()


class Store(Protocol):
    """Where a long phase keeps its progress; `nnabla_influence.resume.PartialFolder` is one."""

    def load(self, name: str) -> Optional[Dict[str, np.ndarray]]:
        """The arrays saved under a name, None if there are none."""

    def save(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Saves arrays under a name."""


class InfluenceEstimator(ABC):
    """Base of the methods.

    Attributes:
        method: The name on the command line.
    """

    method: str = ""

    @abstractmethod
    def estimate(
        self,
        training: FinishedTraining,
        train: Dataset,
        validation: Dataset,
        progress: Optional[Progress] = None,
        store: Optional[Store] = None,
    ) -> InfluenceScores:
        """Scores every training sample.

        Args:
            training: What was trained: a `TrainingCache`, or the `FinalState` of a trained network file.
            train: The training `Dataset`.
            validation: The validation `Dataset`.
            progress: Called with (samples done, samples in all).
            store: Where methods that take long keep their progress, to go on after an interruption.

        Returns:
            N scores; positive is helpful, negative harmful.
        """

    def settings(self) -> Dict[str, str]:
        """The method and its settings, as plain values; they identify a scoring that was interrupted."""
        return {"method": self.method, **{name: str(value) for name, value in vars(self).items()}}


def in_batches(dataset: Any, batch_size: int) -> Iterator[Mapping[str, np.ndarray]]:
    """The whole data set in order, in batches whose sizes differ by at most one."""
    for rows in consecutive_batches(len(dataset), batch_size):
        yield dataset.batch(rows)


def all_rows(plan: Any, epoch: int) -> List[np.ndarray]:
    """Row numbers of batches that hold every sample once: those of an epoch, unless that skips or repeats samples."""
    found: List[np.ndarray] = plan.every_row(epoch)
    return found


def scoring_point(training: FinishedTraining, at: str) -> np.ndarray:
    """The parameters (P,) to score at.

    Args:
        cache: A `TrainingCache` or `FinalState`.
        at: ``final``, ``average`` (over the steps of the last epoch), or ``auto``: the average if training recorded
            it, else final; the log says which.

    Raises:
        ConfigError: None of the three.
        CheckpointMissingError: ``average`` was not recorded.
    """
    if at not in POINTS:
        raise ConfigError(f"Scores are taken at one of {', '.join(POINTS)} parameters, not '{at}'.")
    final: np.ndarray = training.final.theta
    if at == "final":
        return final
    try:
        average: np.ndarray = training.record("average")
    except CheckpointMissingError:
        if at == "average":
            raise
        LOGGER.info("scoring at the final parameters; their mean over the last epoch was not recorded")
        return final
    LOGGER.info("scoring at the mean of the last epoch's parameters")
    return average


def prepared_oracle(
    training: FinishedTraining, train: Dataset, theta: np.ndarray, settings: OracleSettings
) -> LossOracle:
    """An oracle of a batch-norm policy; ``frozen`` statistics are recomputed over the training data at theta."""
    oracle = LossOracle(training.network, settings.batch_norm, settings.device)
    if settings.batch_norm == "frozen":
        oracle.refresh_statistics(
            theta, (train.batch(rows) for rows in all_rows(training.plan, training.config.epochs - 1))
        )
    return oracle


def sample_products(
    oracle: LossOracle,
    theta: np.ndarray,
    training: FinishedTraining,
    train: Dataset,
    direction: np.ndarray,
    progress: Optional[Progress] = None,
) -> np.ndarray:
    """``<grad l_i, direction>`` (N,) of every training sample, in the batches of the last epoch."""
    found, done = np.zeros(len(train)), 0
    for rows in all_rows(training.plan, training.config.epochs - 1):
        found[rows] = oracle.sample_products(theta, train.batch(rows), direction)
        done += len(rows)
        if progress:
            progress(done, len(train))
    return found


def note_negative_curvature(found: FunctionProduct) -> None:
    """Says in the log that negative Ritz values were taken as 0, if they are more than noise."""
    largest = float(found.ritz_values.max(initial=0.0))
    if -found.most_negative > 0.01 * largest:
        LOGGER.info(
            "curvature: %d negative Ritz values, down to %.3g, are taken as 0", found.negative, found.most_negative
        )
