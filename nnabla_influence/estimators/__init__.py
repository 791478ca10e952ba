"""Methods that turn a finished training into one score per training sample."""

from typing import Callable, Dict

from .base import POINTS, InfluenceEstimator
from .baselines import LossBaseline, MarginBaseline, RandomBaseline
from .influence_function import SOLVERS, InfluenceFunction
from .outcomes import labels_of, predicted_labels, sample_columns
from .self_influence import SelfInfluence
from .sgd_influence import EPOCHS, RECURSIONS, LastEpochInfluence, SgdInfluence
from .spectral import SpectralInfluence
from .tracin import TracIn

__all__ = [
    "EPOCHS",
    "InfluenceEstimator",
    "InfluenceFunction",
    "LastEpochInfluence",
    "LossBaseline",
    "METHODS",
    "MarginBaseline",
    "POINTS",
    "RECURSIONS",
    "RandomBaseline",
    "SOLVERS",
    "SelfInfluence",
    "SgdInfluence",
    "SpectralInfluence",
    "TracIn",
    "labels_of",
    "predicted_labels",
    "sample_columns",
]

METHODS: Dict[str, Callable[..., InfluenceEstimator]] = {
    "spectral": SpectralInfluence,
    "last-epoch": LastEpochInfluence,
    "sgd-influence": SgdInfluence,
    "influence-function": InfluenceFunction,
    "tracin": TracIn,
    "self-influence": SelfInfluence,
    "loss": LossBaseline,
    "margin": MarginBaseline,
    "random": RandomBaseline,
}
