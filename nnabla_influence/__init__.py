"""Influence of every training sample on the validation loss or error, for NNabla networks.

    from nnabla_influence import Project

    project = Project.open("results.nnp", train="training.csv", validation="validation.csv")
    cache = project.train("cache.h5")
    scores = project.score(cache)
    scores.to_csv("influence.csv")               # most harmful first; negative means harmful

Five nouns carry the package: a `Project` (network, settings, data) is trained into a `TrainingCache`, from which a
method makes `InfluenceScores`; retraining decides how many samples are worth removing, and the data set is cleansed of
them. Below `Project` lie its parts: `Dataset`, `Network`, `train`, the methods as classes, the derivatives.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` would take longer to load than this
    from typing import Any, List

__version__ = "0.1.0"

_HOMES = {
    # the nouns
    "Project": ".workflow.project",
    "Dataset": ".dataset.dataset",
    "Network": ".network",
    "TrainingCache": ".training",
    "InfluenceScores": ".scores",
    "ScoredData": ".scored_data",
    "RemovalCurve": ".evaluation.removal_curve",
    # settings of a project
    "TrainingOverrides": ".workflow.training_overrides",
    "ReadingSettings": ".workflow.data_reading",
    "Device": ".device",
    "Execution": ".execution",
    # which rows to remove
    "Count": ".cleansing",
    "Share": ".cleansing",
    "Below": ".cleansing",
    "Listed": ".cleansing",
    # requests, and the jobs that need no project
    "ChooseRequest": ".workflow.choose",
    "CleanseRequest": ".workflow.cleanse",
    "CompareRequest": ".workflow.compare",
    "ImportRequest": ".workflow.import_data",
    "NoiseRequest": ".workflow.noise",
    "ReportInputs": ".report",
    "add_noise": ".workflow.noise",
    "cleanse_data": ".workflow.cleanse",
    "compare": ".workflow.compare",
    "describe": ".workflow.describe",
    "import_data": ".workflow.import_data",
    "write_report": ".report",
    # unfinished work and decoded data on the disk
    "clear_data_cache": ".dataset.data_cache",
    "default_data_cache": ".dataset.data_cache",
    "discard": ".resume",
    "list_data_cache": ".dataset.data_cache",
    "trim_data_cache": ".dataset.cache_limit",
    # lower floor: training
    "TrainingConfig": ".config",
    "SolverConfig": ".config",
    "ScheduleConfig": ".config",
    "train": ".training",
    # lower floor: methods
    "InfluenceEstimator": ".estimators",
    "InfluenceFunction": ".estimators",
    "KnnShapley": ".estimators",
    "LastEpochInfluence": ".estimators",
    "LossBaseline": ".estimators",
    "MarginBaseline": ".estimators",
    "OutOfFold": ".estimators",
    "RandomBaseline": ".estimators",
    "SelfInfluence": ".estimators",
    "SgdInfluence": ".estimators",
    "SpectralInfluence": ".estimators",
    "TracIn": ".estimators",
    # lower floor: does it help?
    "EvaluationData": ".evaluation.evaluation_data",
    "NumberSearch": ".evaluation.number_search",
    "RemovalSweep": ".evaluation.removal_sweep",
    "Trial": ".evaluation.trial",
    "choose_number": ".evaluation.number_search",
    "run_removal_sweep": ".evaluation.removal_sweep",
    # lower floor: measures, rows, derivatives
    "LossOracle": ".autodiff",
    "cleanse": ".cleansed_frame",
    "mislabel_detection": ".evaluation.metrics",
    "overlapping_rows": ".dataset.overlap",
    "rank_agreement": ".evaluation.metrics",
    # errors
    "InfluenceError": ".errors",
    "RequestError": ".errors",
    "RunError": ".errors",
    "Interrupted": ".interrupts",
}

__all__ = [
    "Below",
    "ChooseRequest",
    "CleanseRequest",
    "CompareRequest",
    "Count",
    "Dataset",
    "Device",
    "EvaluationData",
    "Execution",
    "ImportRequest",
    "InfluenceError",
    "InfluenceEstimator",
    "InfluenceFunction",
    "InfluenceScores",
    "Interrupted",
    "KnnShapley",
    "LastEpochInfluence",
    "Listed",
    "LossBaseline",
    "LossOracle",
    "MarginBaseline",
    "Network",
    "NoiseRequest",
    "NumberSearch",
    "OutOfFold",
    "Project",
    "RandomBaseline",
    "ReadingSettings",
    "RemovalCurve",
    "RemovalSweep",
    "ReportInputs",
    "RequestError",
    "RunError",
    "ScheduleConfig",
    "ScoredData",
    "SelfInfluence",
    "SgdInfluence",
    "Share",
    "SolverConfig",
    "SpectralInfluence",
    "TracIn",
    "TrainingCache",
    "TrainingConfig",
    "TrainingOverrides",
    "Trial",
    "__version__",
    "add_noise",
    "choose_number",
    "cleanse",
    "cleanse_data",
    "clear_data_cache",
    "compare",
    "default_data_cache",
    "describe",
    "discard",
    "import_data",
    "list_data_cache",
    "mislabel_detection",
    "overlapping_rows",
    "rank_agreement",
    "run_removal_sweep",
    "train",
    "trim_data_cache",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def __dir__() -> List[str]:
    return sorted(__all__)
