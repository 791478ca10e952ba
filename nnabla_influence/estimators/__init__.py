"""Methods that turn a finished training into one score per training sample."""

from typing import Callable, Dict

from .base import InfluenceEstimator
from .baselines import LossBaseline, RandomBaseline
from .sgd_influence import RECURSIONS, LastEpochInfluence

__all__ = ["InfluenceEstimator", "LastEpochInfluence", "LossBaseline", "RandomBaseline", "METHODS", "RECURSIONS"]

METHODS: Dict[str, Callable[..., InfluenceEstimator]] = {
    "last-epoch": LastEpochInfluence, "loss": LossBaseline, "random": RandomBaseline}
