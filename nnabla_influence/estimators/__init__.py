"""Methods that turn a finished training into one score per training sample."""

from typing import Callable, Dict

from .baselines import LossBaseline, MarginBaseline, RandomBaseline
from .given_labels import given_labels, learns_one_class, require_one_class
from .influence_estimator import InfluenceEstimator
from .influence_function import InfluenceFunction
from .knn_shapley import KnnShapley
from .labelled_influence import LabelledInfluence
from .last_epoch_influence import LastEpochInfluence
from .objective import likelihood_scale
from .out_of_fold import OutOfFold
from .row_scores import estimate_rows
from .sample_columns import labels_of, predicted_labels, sample_columns
from .scoring_task import ScoringTask
from .self_influence import SelfInfluence
from .sgd_influence import SgdInfluence
from .spectral_influence import SpectralInfluence
from .tracin import TracIn

__all__ = [
    "InfluenceEstimator",
    "InfluenceFunction",
    "KnnShapley",
    "LabelledInfluence",
    "LastEpochInfluence",
    "LossBaseline",
    "METHODS",
    "MarginBaseline",
    "OutOfFold",
    "RandomBaseline",
    "ScoringTask",
    "SelfInfluence",
    "SgdInfluence",
    "SpectralInfluence",
    "TracIn",
    "estimate_rows",
    "given_labels",
    "labels_of",
    "learns_one_class",
    "likelihood_scale",
    "predicted_labels",
    "require_one_class",
    "sample_columns",
]

METHODS: Dict[str, Callable[..., InfluenceEstimator]] = {
    estimator.method: estimator
    for estimator in (
        SpectralInfluence,
        LastEpochInfluence,
        SgdInfluence,
        InfluenceFunction,
        TracIn,
        SelfInfluence,
        LossBaseline,
        MarginBaseline,
        OutOfFold,
        KnnShapley,
        RandomBaseline,
    )
}
"""The estimators by their names, in the order of `choices.METHODS`."""
