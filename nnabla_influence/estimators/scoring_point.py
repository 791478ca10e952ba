"""The parameters that a method scores at where one set of them is enough."""

from __future__ import annotations

import logging

from ..array import Array
from ..choices import POINTS
from ..errors import CheckpointMissingError, ConfigError
from ..training import FinishedTraining

__all__ = ["scoring_point"]

LOGGER = logging.getLogger("nnabla_influence")


def scoring_point(training: FinishedTraining, at: str) -> Array:
    """Return the parameters (P,) to score at.

    Args:
        training: A finished training.
        at: ``final``, ``average`` (over the steps of the last epoch), or ``auto``: the average if training recorded
            it, else final; the log says which.

    Raises:
        ConfigError: None of the three.
        CheckpointMissingError: ``average`` was not recorded.
    """
    if at not in POINTS:
        raise ConfigError(f"Scores are taken at one of {', '.join(POINTS)} parameters, not '{at}'.")
    if at == "final":
        return training.final.theta
    try:
        average = training.record("average")
    except CheckpointMissingError:
        if at == "average":
            raise
        LOGGER.info("scoring at the final parameters; their mean over the last epoch was not recorded")
        return training.final.theta
    LOGGER.info("scoring at the mean of the last epoch's parameters")
    return average
