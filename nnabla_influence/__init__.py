"""Influence of every training sample on the validation loss, for NNabla networks.

    from nnabla_influence import Dataset, Network, SpectralInfluence, TrainingConfig, train

    network = Network.load("results.nnp")
    training, validation = Dataset.from_csv("training.csv"), Dataset.from_csv("validation.csv")
    config = TrainingConfig(solver=network.settings.solver, average_parameters=True)
    cache = train(network, training, config, "cache.h5")
    scores = SpectralInfluence().estimate(cache, training, validation)
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
    "Dataset": ".dataset.dataset",
    "Network": ".network",
    "TrainingCache": ".training",
    "InfluenceScores": ".scores",
    "ScoredData": ".scored_data",
    "RemovalCurve": ".evaluation.removal_curve",
    # settings
    "TrainingConfig": ".config",
    "SolverConfig": ".config",
    "ScheduleConfig": ".config",
    "Device": ".device",
    # verbs
    "train": ".training",
    "cleanse": ".cleansing",
    "overlapping_rows": ".dataset.overlap",
    # does it help?
    "EvaluationData": ".evaluation.evaluation_data",
    "Execution": ".execution",
    "NumberSearch": ".evaluation.number_search",
    "RemovalSweep": ".evaluation.removal_sweep",
    "Trial": ".evaluation.trial",
    "choose_number": ".evaluation.number_search",
    "run_removal_sweep": ".evaluation.removal_sweep",
    # measures
    "rank_agreement": ".evaluation.metrics",
    "mislabel_detection": ".evaluation.metrics",
    # methods
    "InfluenceEstimator": ".estimators",
    "InfluenceFunction": ".estimators",
    "LastEpochInfluence": ".estimators",
    "LossBaseline": ".estimators",
    "MarginBaseline": ".estimators",
    "RandomBaseline": ".estimators",
    "SelfInfluence": ".estimators",
    "SgdInfluence": ".estimators",
    "SpectralInfluence": ".estimators",
    "TracIn": ".estimators",
    "ReportInputs": ".report",
    "write_report": ".report",
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
    "EvaluationData",
    "Execution",
    "InfluenceError",
    "InfluenceEstimator",
    "InfluenceFunction",
    "InfluenceScores",
    "LastEpochInfluence",
    "LossBaseline",
    "LossOracle",
    "MarginBaseline",
    "Network",
    "NumberSearch",
    "RandomBaseline",
    "RemovalCurve",
    "RemovalSweep",
    "ReportInputs",
    "RequestError",
    "RunError",
    "ScheduleConfig",
    "ScoredData",
    "SelfInfluence",
    "SgdInfluence",
    "SolverConfig",
    "SpectralInfluence",
    "TracIn",
    "TrainingCache",
    "TrainingConfig",
    "Trial",
    "__version__",
    "choose_number",
    "cleanse",
    "mislabel_detection",
    "overlapping_rows",
    "rank_agreement",
    "run_removal_sweep",
    "train",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def __dir__() -> List[str]:
    return sorted(__all__)
