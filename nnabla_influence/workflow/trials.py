"""The job *trials*: trains over several seeds and scores each training by some methods, here or in other processes.

A *trial* is one seed. Its training cache stays beside the output and is used again, so an interrupted run goes on.
`run_trials` returns the trials, `mean_scores` the mean of their scores.
"""

from __future__ import annotations

import dataclasses
import logging
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable, List, Optional, Tuple

from ..dataset.dataset import Dataset
from ..errors import ConfigError, RunError
from ..estimators import require_one_class, sample_columns
from ..evaluation.trial import Trial
from ..execution import Execution, completed
from ..files import refuse_existing, refuse_overwriting
from ..interrupts import resumable
from ..remedies import remedy
from ..scores import LABEL_COLUMN, InfluenceScores
from .changed_inputs import warn_of_changes
from .data_reading import csv_of
from .opened_project import OpenedProject, open_project
from .preflight import preflight
from .progress_reporter import SILENT, ProgressReporter
from .project_request import ProjectRequest
from .request_checks import require_whole
from .score import ScoreRequest, score_training
from .train import train_project
from .validation_target import narrowed

__all__ = ["TrialsRequest", "cache_path", "mean_scores", "run_trials", "scores_path"]

LOGGER = logging.getLogger("nnabla_influence")


@dataclass(frozen=True)
class TrialsRequest:
    """What is trained and scored, over how many seeds.

    Args:
        project: The project; its seed is the first one.
        output: The file all of this is for; caches lie beside it.
        methods: How each training is scored.
        trials: How many seeds.
        scoring: The validation rows that score; None: those of the project that the methods' target asks about.
        overwrite: Replace an output that exists, and caches of other runs.
        labels: Predicts the labels that every method's scores carry and retrainings may use, in place of the trained
            network.
        progress: Suffix of the files that scorings keep their progress beside; None: the method's name.
        data: Fingerprints of the training and the validation data that every trial must read; empty: what the first
            one that is finished has read.

    Raises:
        ConfigError: There is no method or no trial, a method is named twice, or several share one progress.

    Example:
        >>> request = TrialsRequest(ProjectRequest("builtin:cnn", seed=5), Path("influence.csv"), (ScoreRequest(),), 3)
        >>> list(request.seeds)
        [5, 6, 7]
    """

    project: ProjectRequest
    output: Path
    methods: Tuple[ScoreRequest, ...]
    trials: int = 1
    scoring: Optional[Dataset] = None
    overwrite: bool = False
    progress: Optional[str] = None
    data: Tuple[str, ...] = ()
    labels: Optional[ScoreRequest] = None

    def __post_init__(self) -> None:
        require_whole("trials", self.trials, 1)
        names = [method.method for method in self.methods]
        if not names or len(set(names)) < len(names):
            raise ConfigError(f"Expected some methods, each once, got {', '.join(names) or 'none'}.")
        if self.progress is not None and len({*names, *([self.labels.method] if self.labels else [])}) > 1:
            raise ConfigError(f"Scorings of {', '.join(names)} cannot share one progress, '{self.progress}'.")

    @property
    def inputs(self) -> List[Optional[Path]]:
        """The files that are named, which nobody may write to."""
        return [*self.project.inputs, *(method.target.file for method in self.methods if method.target)]

    @property
    def seeds(self) -> range:
        """The seeds, one for each trial."""
        return range(self.project.seed, self.project.seed + self.trials)

    def one(self, seed: int) -> TrialsRequest:
        """Return the request of one trial."""
        methods = tuple(dataclasses.replace(method, seed=seed) for method in self.methods)
        labels = dataclasses.replace(self.labels, seed=seed) if self.labels else None
        return dataclasses.replace(self, project=self.project.with_seed(seed), methods=methods, trials=1, labels=labels)

    def absolute(self) -> TrialsRequest:
        """Return the same request with absolute paths, for machines that only share the disk."""
        methods = tuple(
            dataclasses.replace(method, target=method.target.absolute() if method.target else None)
            for method in self.methods
        )
        return dataclasses.replace(
            self, project=self.project.absolute(), output=self.output.absolute(), methods=methods
        )


def run_trials(
    request: TrialsRequest,
    execution: Execution = Execution(),
    *,
    reporter: ProgressReporter = SILENT,
    begun: Optional[Callable[[int], None]] = None,
    finished: Optional[Callable[[int, Trial], None]] = None,
) -> List[Trial]:
    """Train and score every trial.

    Args:
        request: What.
        execution: Where.
        reporter: Shows how far the work in this process is.
        begun: Called with a trial's number, from 0, before it runs; where it runs elsewhere, in that process.
        finished: Called with how many are finished, and the trial that just was.

    Returns:
        The trials, in the order of their seeds.

    Raises:
        OutputExistsError: The output is one of the files that are read.
        RunError: The data was changed between two trials.
        InfluenceError: A trial cannot be trained or scored.
    """
    refuse_overwriting([request.output], request.inputs)
    portable = request.absolute() if execution.scheduler else request
    jobs = list(enumerate(portable.one(seed) for seed in portable.seeds))
    here = partial(_trial, reporter=reporter, begun=begun)
    function = partial(_silent_trial, begun=begun) if execution.elsewhere else here
    trials = {}
    data = request.data
    with closing(completed(function, jobs, execution)) as results:
        for number, trial in results:
            data = data or trial.data
            _refuse_other_data(request.project, data, trial)
            trials[number] = trial
            if finished:
                finished(len(trials), trial)
    return [trials[number] for number in sorted(trials)]


def _refuse_other_data(project: ProjectRequest, data: Tuple[str, ...], trial: Trial) -> None:
    """Refuse a trial of other data than what was read before: each reads its files by itself.

    Raises:
        RunError: It is of other data.
    """
    names = (csv_of(project.train) or "the training data", csv_of(project.validation) or "the validation data")
    changed = [str(name) for name, before, now in zip(names, data, trial.data) if now != before]
    if changed:
        raise RunError(
            f"{' and '.join(changed)}: expected the same data in every trial, got other data in that of seed "
            f"{trial.seed}: it was changed while trials ran. Trials of different data have no mean; run again, and "
            "leave the data as it is meanwhile."
        )


def mean_scores(
    request: TrialsRequest,
    execution: Execution = Execution(),
    *,
    reporter: ProgressReporter = SILENT,
    begun: Optional[Callable[[int], None]] = None,
    finished: Optional[Callable[[int, Trial], None]] = None,
) -> InfluenceScores:
    """Train and score every trial, and return the mean of the scores of the request's first method.

    Args:
        request: What.
        execution: Where.
        reporter: Shows how far it is.
        begun: See `run_trials`.
        finished: See `run_trials`.

    Raises:
        OutputExistsError: The output exists and may not be replaced, or is one of the files that are read.
        Interrupted: Ctrl-C, with how to go on.
        InfluenceError: A trial cannot be trained or scored.
    """
    refuse_overwriting([request.output], request.inputs)
    refuse_existing([request.output], request.overwrite)
    if not execution.elsewhere:
        return _mean(request, run_trials(request, execution, reporter=reporter, begun=begun, finished=finished))
    # Opened here first: what is wrong is said at once, and the data is decoded once for all workers.
    project = open_project(request.project, reporter)
    refuse_overwriting([request.output], project.data_files)
    request = dataclasses.replace(request, data=project.fingerprints)
    kept = f"the trials' progress lies beside '{request.output}'."
    with resumable(kept, remedy("go-on-or-discard")), reporter.progress("trials", "trials") as progress:

        def counted(count: int, trial: Trial) -> None:
            """Show that one more trial has finished, and tell the caller."""
            progress(count, request.trials)
            if finished:
                finished(count, trial)

        trials = run_trials(request, execution, begun=begun, finished=counted)
    return dataclasses.replace(_mean(request, trials), table=project.train.table)


def _mean(request: TrialsRequest, trials: List[Trial]) -> InfluenceScores:
    return InfluenceScores.mean([trial.scores[request.methods[0].method] for trial in trials])


def _silent_trial(job: Tuple[int, TrialsRequest], begun: Optional[Callable[[int], None]] = None) -> Trial:
    """Run a trial in a worker process; the data set's text, which everybody has, does not travel back."""
    trial = _trial(job, begun=begun)
    light = {name: dataclasses.replace(scores, table=None) for name, scores in trial.scores.items()}
    return dataclasses.replace(trial, scores=light)


def _trial(
    job: Tuple[int, TrialsRequest],
    reporter: ProgressReporter = SILENT,
    begun: Optional[Callable[[int], None]] = None,
) -> Trial:
    """Train and score with one seed."""
    number, request = job
    if begun:
        begun(number)
    project = open_project(request.project, reporter)
    refuse_overwriting([request.output], project.data_files)
    seed = project.config.seed
    # A method that predicts the labels may be one of those that are asked for.
    named = {method.method: method for method in (*([request.labels] if request.labels else []), *request.methods)}
    scored = [(method, _asked(project, request, method)) for method in named.values()]
    for method in named.values():
        method.estimator().check_network(project.network)
    if request.labels:
        require_one_class(project.network)
    target = cache_path(request.output, seed)
    cache = train_project(project, target, overwrite=request.overwrite, reporter=reporter)
    first = request.methods[0].method
    preflight(cache, project.train, project.validation, project.device, method=first, with_data=number == 0)
    scores = {}
    for method, validation in scored:
        beside = scores_path(request.output, seed, request.progress or method.method)
        scores[method.method] = score_training(
            cache, project.train, validation, method, beside=beside, reporter=reporter
        )
    columns = sample_columns(cache, project.train, project.device)
    warn_of_changes(project.train, project.validation)
    if request.labels:
        columns[LABEL_COLUMN] = scores[request.labels.method].columns[LABEL_COLUMN]
    table = project.train.table
    asked = {method.method: scores[method.method].with_columns(columns) for method in request.methods}
    complete = {name: dataclasses.replace(s, table=table) for name, s in asked.items()}
    labels = columns.get(LABEL_COLUMN)
    return Trial(cache.path.absolute(), seed, complete, labels, data=project.fingerprints)


def _asked(project: OpenedProject, request: TrialsRequest, method: ScoreRequest) -> Dataset:
    """Return the validation rows a method asks about."""
    if request.scoring is not None:
        return request.scoring
    return narrowed(project.validation, project.network, method.target)


def cache_path(output: Path, seed: int) -> Path:
    """Return where a trial's training cache lies: beside the output."""
    return output.with_name(f"{output.stem}.seed{seed}.h5")


def scores_path(output: Path, seed: int, suffix: str) -> Path:
    """Return the file that a trial's scoring keeps its progress beside."""
    return output.with_name(f"{output.stem}.seed{seed}.{suffix}")
