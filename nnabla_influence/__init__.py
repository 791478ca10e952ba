"""Influence of every training sample on the validation loss, for NNabla networks.

    from nnabla_influence import Dataset, LastEpochInfluence, Network, TrainingConfig, train

    network = Network.load("results.nnp")
    training, validation = Dataset.from_csv("training.csv"), Dataset.from_csv("validation.csv")
    cache = train(network, training, TrainingConfig(solver=network.settings.solver), "cache.h5")
    scores = LastEpochInfluence().estimate(cache.network, cache, training, validation)
    scores.to_csv("influence.csv", training.table)      # most harmful first; negative means harmful

Four nouns carry the package: a `Network` is trained into a `TrainingCache`, from which an estimator makes
`InfluenceScores`, by which the data set is cleansed. Names are loaded when they are first used, so that importing the
package costs nothing.
"""

import importlib
from typing import Any, List

__version__ = "0.1.0"

_HOMES = {
    # the nouns
    "Dataset": ".dataset.arrays",
    "Network": ".network",
    "TrainingCache": ".training",
    "InfluenceScores": ".scores",
    # settings
    "TrainingConfig": ".config",
    "SolverConfig": ".config",
    "ScheduleConfig": ".config",
    "Device": ".device",
    # verbs
    "train": ".training",
    "rank_agreement": ".evaluation.metrics",
    "mislabel_detection": ".evaluation.metrics",
    # methods
    "InfluenceEstimator": ".estimators",
    "LastEpochInfluence": ".estimators",
    "LossBaseline": ".estimators",
    "RandomBaseline": ".estimators",
    # derivatives
    "LossOracle": ".autodiff",
    # errors
    "InfluenceError": ".errors",
    "RequestError": ".errors",
    "RunError": ".errors",
}

__all__ = [
    "Dataset",
    "Device",
    "InfluenceError",
    "InfluenceEstimator",
    "InfluenceScores",
    "LastEpochInfluence",
    "LossBaseline",
    "LossOracle",
    "Network",
    "RandomBaseline",
    "RequestError",
    "RunError",
    "ScheduleConfig",
    "SolverConfig",
    "TrainingCache",
    "TrainingConfig",
    "__version__",
    "mislabel_detection",
    "rank_agreement",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def __dir__() -> List[str]:
    return sorted(__all__)
