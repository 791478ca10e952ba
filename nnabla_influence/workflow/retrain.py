"""The job *retrain*: train on the cleansed data and on the original over several seeds, and compare.

Both begin with new parameters, the same ones for the same seed, with the project's own settings; a smaller data set has
fewer batches in an epoch. What is finished is kept beside the output, if there is one, so that the same call goes on.
"""

from __future__ import annotations

import dataclasses
import logging
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ContextManager, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from ..dataset.csv import write_csv
from ..dataset.dataset import Dataset
from ..errors import DataError
from ..estimators import likelihood_scale
from ..evaluation.cleansing_effect import CleansingEffect
from ..evaluation.evaluation_data import EvaluationData
from ..evaluation.fresh_run import MEASURED, FreshRun, run_fresh
from ..evaluation.performance import Performance
from ..evaluation.retraining import RetrainingResult
from ..execution import Execution, check_cluster, completed
from ..files import refuse_existing, refuse_overwriting
from ..interrupts import resumable
from ..remedies import remedy
from ..resume import PartialFolder, discard, partial_folder, working_on
from ..training import run_passport
from .changed_inputs import warn_of_changes
from .data_reading import Data, GivenData, csv_of
from .opened_project import OpenedProject, open_project
from .progress_reporter import SILENT, ProgressReporter
from .project_request import ProjectRequest
from .request_checks import require_whole

__all__ = ["RetrainRequest", "retrain"]

LOGGER = logging.getLogger("nnabla_influence")
DATA = ("original", "cleansed")
HEADER = ("data", "seed", "loss", "accuracy", "seconds", "cpu")
Finished = Dict[Tuple[str, int], RetrainingResult]
"""The trainings by data set and seed."""


@dataclass(frozen=True)
class RetrainRequest:
    """What is compared.

    Args:
        project: The project with the original training data; its seed is the first one.
        cleansed: The cleansed training data.
        output: CSV to write with one row per training; progress is kept beside it. None keeps nothing.
        test: The data that judges; None: the validation rows.
        trials: How many seeds.
        execution: Where the trainings run.
        overwrite: Replace an output that exists, and the progress of another run.

    Raises:
        ConfigError: There is no trial.

    Example:
        >>> RetrainRequest(ProjectRequest("builtin:cnn", seed=3), Path("cleansed.csv"), trials=2).seeds
        range(3, 5)
    """

    project: ProjectRequest
    cleansed: GivenData
    output: Optional[Path] = None
    test: Data = None
    trials: int = 5
    execution: Execution = field(default_factory=Execution)
    overwrite: bool = False

    def __post_init__(self) -> None:
        require_whole("trials", self.trials, 1)

    @property
    def seeds(self) -> range:
        """The seeds, one for each pair of trainings."""
        return range(self.project.seed, self.project.seed + self.trials)

    def on(self, train: Data) -> ProjectRequest:
        """Return the project on some training data, from new parameters, with nothing kept."""
        training = dataclasses.replace(self.project.training, from_scratch=True)
        return dataclasses.replace(self.project, train=train, training=training)


class _Compared(NamedTuple):
    """The same project on two data sets, and the rows that judge."""

    original: OpenedProject
    cleansed: OpenedProject
    judge: Dataset


def retrain(request: RetrainRequest, reporter: ProgressReporter = SILENT) -> CleansingEffect:
    """Train on both data sets with every seed, and compare.

    Args:
        request: What.
        reporter: Shows how far it is.

    Raises:
        DataError: The cleansed data is the original, or the test data shares rows with the training data.
        OutputExistsError: The output exists and may not be replaced, or is one of the files that are read.
        Interrupted: Ctrl-C, with how to go on.
        ComputationError: NNabla failed at a batch.
    """
    check_cluster(request.execution)
    outputs = [request.output] if request.output is not None else []
    named = [*request.project.inputs, csv_of(request.cleansed), csv_of(request.test)]
    refuse_overwriting(outputs, named)
    refuse_existing(outputs, request.overwrite)
    compared = _opened(request, reporter)
    refuse_overwriting(outputs, compared.original.data_files)
    with _kept(request.output):
        finished = _trained(request, compared, reporter)
    warn_of_changes(compared.original.train, compared.cleansed.train, compared.original.validation, compared.judge)
    scale = likelihood_scale(compared.original.network.roles.validation.losses)
    before, after = ([_of(finished[data, seed]) for seed in request.seeds] for data in DATA)
    if request.output is not None:
        _write(request.output, finished)
    return CleansingEffect.of(before, after, scale, "validation" if request.test is None else "test")


def _opened(request: RetrainRequest, reporter: ProgressReporter) -> _Compared:
    original, cleansed = (_open(request, data, reporter) for data in (request.project.train, request.cleansed))
    if original.train.fingerprint == cleansed.train.fingerprint:
        raise DataError(
            f"{cleansed.train.path or 'The cleansed data'}: expected other rows than those of the original training "
            "data, got the same. Give the data set that cleansing wrote; where nothing was worth removing, there is "
            "nothing to compare."
        )
    if request.test is None:
        LOGGER.warning(
            "validation rows that made the scores flatter what was cleansed by them; test data judges without that"
        )
        return _Compared(original, cleansed, original.validation)
    validation = original.validation
    test = original.read_further(request.test, reporter)
    judged = EvaluationData(original.train, validation, validation).judged_by(test, validation)
    return _Compared(original, cleansed, judged.test or test)


def _open(request: RetrainRequest, data: Data, reporter: ProgressReporter) -> OpenedProject:
    """Open the project on some training data, without the text of what is read here: nobody needs it, two are large."""
    project = open_project(request.on(data), reporter)
    train = project.train if isinstance(data, Dataset) else project.train.without_text()
    return dataclasses.replace(project, train=train)


def _kept(output: Optional[Path]) -> ContextManager[Any]:
    """Say after Ctrl-C where the trainings are kept, if they are."""
    if output is None:
        return nullcontext()
    return resumable(f"the finished trainings are in '{partial_folder(output)}'.", remedy("go-on"))


def _trained(request: RetrainRequest, compared: _Compared, reporter: ProgressReporter) -> Finished:
    if request.output is None:
        return _completed(request, compared, None, reporter)
    if request.overwrite:
        discard(request.output)
    with working_on(request.output):
        store = PartialFolder(request.output, _passport(compared))
        finished = _completed(request, compared, store, reporter)
        discard(request.output)
    return finished


def _completed(
    request: RetrainRequest, compared: _Compared, store: Optional[PartialFolder], reporter: ProgressReporter
) -> Finished:
    """Perform the trainings that are missing."""
    wanted = [(data, seed) for seed in request.seeds for data in DATA]
    finished = {key: result for key in wanted for result in _saved(store, key)}
    missing = [key for key in wanted if key not in finished]
    jobs = [_job(compared, *key) for key in missing]
    with reporter.progress("training on both", "trainings") as progress:
        progress(len(finished), len(wanted))
        with closing(completed(run_fresh, jobs, request.execution)) as results:
            for number, result in results:
                finished[missing[number]] = result
                if store is not None:
                    store.save(_name(missing[number]), _arrays(result))
                progress(len(finished), len(wanted))
    return finished


def _job(compared: _Compared, data: str, seed: int) -> FreshRun:
    project = compared.original if data == DATA[0] else compared.cleansed
    network = project.network if seed == project.config.seed else project.network.initialized(seed)
    config = dataclasses.replace(project.config, seed=seed, record_margins=False, average_parameters=False)
    return FreshRun(network, project.train, config, compared.judge, project.device)


def _passport(compared: _Compared) -> Dict[str, Any]:
    """Return what a run that goes on may not differ in; the number of seeds may."""
    passport: Dict[str, Any] = {"judge": compared.judge.fingerprint}
    for data, project in zip(DATA, (compared.original, compared.cleansed)):
        run = run_passport(project.network, project.train, project.config)
        passport[data] = {key: run[key] for key in ("config", "network", "training_data")}
    return passport


def _name(key: Tuple[str, int]) -> str:
    return f"{key[0]}.seed{key[1]}"


def _of(result: RetrainingResult) -> Performance:
    return result.performance[MEASURED]


def _arrays(result: RetrainingResult) -> Dict[str, Any]:
    losses, right = _of(result).rows
    known = {} if right is None else {"right": right}
    return {"losses": losses, **known, "seconds": np.array(result.seconds), "cpu": np.array(result.cpu)}


def _saved(store: Optional[PartialFolder], key: Tuple[str, int]) -> List[RetrainingResult]:
    """Return a training that was finished before, if it was."""
    arrays = store.load(_name(key)) if store is not None else None
    if arrays is None:
        return []
    losses = arrays["losses"]
    right = arrays.get("right")
    accuracy = None if right is None else float(right.mean())
    diverged = bool(np.isposinf(losses).all())
    performance = (
        Performance.of_diverged(len(losses))
        if diverged
        else Performance(float(losses.mean()), accuracy, (), (losses, right))
    )
    return [RetrainingResult({MEASURED: performance}, float(arrays["seconds"]), str(arrays["cpu"]))]


def _write(output: Path, finished: Finished) -> None:
    """Write one row per training."""
    rows = []
    for (data, seed), result in sorted(finished.items(), key=lambda item: (item[0][1], DATA.index(item[0][0]))):
        performance = _of(result)
        accuracy = "" if performance.accuracy is None else f"{performance.accuracy:.9g}"
        figures = (f"{performance.loss:.9g}", accuracy, f"{result.seconds:.3g}", result.cpu)
        rows.append([data, str(seed), *figures])
    write_csv(output, list(HEADER), rows)
