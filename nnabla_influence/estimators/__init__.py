"""Methods that turn a finished training into one score per training sample."""

from typing import Callable, Dict

from .base import InfluenceEstimator
from .baselines import LossBaseline, RandomBaseline
from .sgd_influence import EPOCHS, RECURSIONS, LastEpochInfluence, SgdInfluence

__all__ = [
    "EPOCHS",
    "InfluenceEstimator",
    "LastEpochInfluence",
    "LossBaseline",
    "METHODS",
    "RECURSIONS",
    "RandomBaseline",
    "SgdInfluence",
]

METHODS: Dict[str, Callable[..., InfluenceEstimator]] = {
    "last-epoch": LastEpochInfluence,
    "sgd-influence": SgdInfluence,
    "loss": LossBaseline,
    "random": RandomBaseline,
}
