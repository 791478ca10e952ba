"""The noun *Project*: network, settings and data, and everything that can be done with them.

What a command or a click does, a Python user does with one method each. A method makes a request and hands it to the
job of the same name in this package, so numbers and files are the same at every door. What needs no project (compare
influence CSVs, describe files, flip labels, write a report) are functions beside it.
"""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import ContextManager, List, Mapping, Optional, Sequence, Union

from ..choices import DEFAULT_METHOD, DIVISORS, LABELS, STARTS, TREATMENTS
from ..cleansing import Amount, Count, Removal
from ..config import TrainingConfig
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import ConfigError, DataError
from ..evaluation.cleansing_effect import CleansingEffect
from ..evaluation.group_plan import GROUP_METRICS
from ..evaluation.removal_curve import RemovalCurve
from ..evaluation.suspicious_rows import SuspiciousRows
from ..execution import Execution
from ..files import FilePath, refuse_existing, refuse_overwriting
from ..interrupts import resumable
from ..network import Network
from ..remedies import remedy
from ..scores import InfluenceScores
from ..training import FinishedTraining, TrainingCache
from .choose import ChooseRequest, Chosen, choose, evaluation_data
from .cleanse import Cleansed, CleanseRequest, cleanse_data
from .data_reading import Data, ReadingSettings, csv_of
from .evaluate import (
    DEFAULT_GROUPS,
    DEFAULT_SHARES,
    AttributionResult,
    EvaluateRequest,
    attribution_results,
    evaluated_curve,
    trained_and_scored,
)
from .opened_project import OpenedProject, open_cached_project, open_project
from .progress_reporter import SILENT, ProgressReporter
from .project_request import ProjectRequest
from .request_checks import require_choice
from .retrain import RetrainRequest, retrain
from .score import MethodSetting, ScoreRequest, final_state, score_project
from .suspects import suspicious_rows
from .train import train_project
from .training_overrides import TrainingOverrides, training_config
from .trials import TrialsRequest, mean_scores
from .validation_target import ValidationTarget

__all__ = ["Project"]

DataSource = Union[FilePath, Dataset]
Target = Union[int, FilePath, Sequence[int], None]


class Project:
    """A training and its data; made by `open` or `from_cache`.

    Attributes:
        network: The network.
        config: The run's configuration.
        train_data: The training data.
        validation_data: The validation data.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Project, TrainingOverrides
    >>> random = np.random.default_rng(0)
    >>> x = random.normal(size=(40, 2))
    >>> data = Dataset.from_arrays({"x": x, "y": (x.sum(axis=1) > 0).astype(int)})
    >>> training = TrainingOverrides(epochs=1)
    >>> project = Project.open("builtin:mlp", data.subset(range(30)), data.subset(range(30, 40)), training=training)
    >>> project
    Project(builtin:mlp, 30 training rows, 10 validation rows, Sgd, 1 epoch)
    """

    def __init__(self, request: ProjectRequest, opened: OpenedProject, cache: Optional[TrainingCache] = None) -> None:
        self._request = request
        self._opened = opened
        self._cache = cache  # of a training that is finished already

    # -- where projects come from --------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        network: Union[FilePath, Network],
        train: Optional[DataSource] = None,
        validation: Optional[DataSource] = None,
        *,
        training: TrainingOverrides = TrainingOverrides(),
        reading: ReadingSettings = ReadingSettings(),
        seed: int = 0,
        device: str = "cpu",
        reporter: ProgressReporter = SILENT,
    ) -> Project:
        """Open a project.

        Args:
            network: ``results.nnp`` or ``net.nntxt`` of an NNC project, a built-in such as ``builtin:cnn``, or a
                `Network`.
            train: Training data: a CSV or a `Dataset`; left out, the project's own.
            validation: Validation data, likewise.
            training: What replaces the network's own training settings.
            reading: How CSVs are read.
            seed: Of initial parameters, batch order, augmentation and dropout.
            device: ``cpu``, ``cudnn`` or ``cudnn:1``.
            reporter: Shows how far it is.

        Raises:
            RequestError: Something does not fit; the message names it.
        """
        request = ProjectRequest(
            network if isinstance(network, Network) else str(network),
            _data(train),
            _data(validation),
            seed,
            Device(device),
            reading,
            training,
        )
        return cls(request, open_project(request, reporter))

    @classmethod
    def from_cache(
        cls,
        cache: FilePath,
        train: DataSource,
        validation: DataSource,
        *,
        device: str = "cpu",
        reporter: ProgressReporter = SILENT,
    ) -> Project:
        """Open the project of a finished training, to score it or to choose how many samples to remove.

        Args:
            cache: The training cache.
            train: The data it was trained with.
            validation: The validation data.
            device: Where to compute.
            reporter: Shows how far it is.

        Raises:
            CacheMismatchError: The training data is not that of the cache.
        """
        opened_cache, opened = open_cached_project(
            Path(cache), _data(train), _data(validation), device=Device(device), reporter=reporter
        )
        request = ProjectRequest(opened.network, opened.train, opened.validation, opened.config.seed, opened.device)
        return cls(request, opened, opened_cache)

    def __repr__(self) -> str:
        epochs = self.config.epochs
        return (
            f"Project({self.network.path}, {len(self.train_data)} training rows, {len(self.validation_data)} "
            f"validation rows, {self.config.solver.name}, {epochs} epoch{'s' if epochs > 1 else ''})"
        )

    @property
    def network(self) -> Network:
        """The network, with initial or trained parameters."""
        return self._opened.network

    @property
    def config(self) -> TrainingConfig:
        """The run's configuration."""
        return self._opened.config

    @property
    def train_data(self) -> Dataset:
        """The training data."""
        return self._opened.train

    @property
    def validation_data(self) -> Dataset:
        """The validation data."""
        return self._opened.validation

    # -- what is done with them ----------------------------------------------------------------------------------

    def train(
        self,
        cache: FilePath,
        *,
        policy: Optional[str] = None,
        record_margins: Optional[bool] = None,
        average_parameters: Optional[bool] = None,
        overwrite: bool = False,
        reporter: ProgressReporter = SILENT,
    ) -> TrainingCache:
        """Train, and write the training cache; an identical finished training is opened as it is.

        What the cache keeps can be said here; it changes no number of the training.

        Args:
            cache: The file to write; progress lives beside it, so the same call goes on after an interruption.
            policy: Which parameters it keeps, one of `choices.POLICIES`; None: as the project was opened.
            record_margins: Keep every sample's logit margin, likewise.
            average_parameters: Keep the last epoch's mean parameters, likewise.
            overwrite: Replace a cache of other settings.
            reporter: Shows how far it is.

        Raises:
            CacheMismatchError: The file holds another training.
            OutputExistsError: The file is one of those that are read.
            Interrupted: Ctrl-C, with how to go on.
        """
        self._refuse_finished()
        overrides = self._request.training.keeping(policy, record_margins, average_parameters)
        config = training_config(overrides, self.network, self.config.seed)
        opened = dataclasses.replace(self._opened, config=config)
        return train_project(opened, Path(cache), overwrite=overwrite, reporter=reporter)

    def score(
        self,
        training: Optional[FinishedTraining] = None,
        method: str = DEFAULT_METHOD,
        *,
        target: Target = None,
        each: bool = False,
        labels: str = LABELS[0],
        output: Optional[FilePath] = None,
        overwrite: bool = False,
        workers: int = 1,
        scheduler: Optional[str] = None,
        reporter: ProgressReporter = SILENT,
        **settings: MethodSetting,
    ) -> InfluenceScores:
        """Score every training sample.

        Args:
            training: What was trained, from `train`; left out, the cache this project was made from, or the trained
                network file itself.
            method: One of `choices.METHODS`.
            target: In place of all validation rows: a class number, ``"class=dog"`` for one that has a name, a list of
                row numbers, or a CSV that lists them.
            each: Ask about each of these rows by itself: the scores get a column for each, such as ``row_5`` in
                `InfluenceScores.columns`, and are the mean over them.
            labels: Who predicts the labels that the scores carry, for `relabel`: the trained ``network``, or networks
                that never saw the sample (``out-of-fold``).
            output: The influence CSV to write; progress is kept beside it, so that the same call goes on after an
                interruption. Left out, the scores are only returned; `InfluenceScores.to_csv` writes them.
            overwrite: Replace an output that exists.
            workers: Processes of this machine that share the batches; the scores are the same to the last bit. A script
                needs its main part under ``if __name__ == "__main__"``.
            scheduler: Address of a Dask scheduler whose workers share them instead; needs an `output` in a folder that
                every machine sees.
            reporter: Shows how far it is.
            settings: The method's own settings, such as ``through="all"`` or ``objective="error"``.

        Raises:
            CheckpointMissingError: The training did not keep what the method needs; the message says what to train.
            OutputExistsError: The output exists and `overwrite` is off, or it is one of the files that are read.
            Interrupted: Ctrl-C, with how to go on.
        """
        request = self._scoring(method, ValidationTarget.of(target, each), settings, labels)
        finished = self._finished(training)
        path = _path(output)
        if path is not None and isinstance(finished, TrainingCache):
            refuse_overwriting([path], [finished.path])
        where = Execution(workers, scheduler)
        scores = score_project(
            self._opened, finished, request, output=path, overwrite=overwrite, execution=where, reporter=reporter
        )
        if path is not None:
            scores.to_csv(path, overwrite=overwrite)
        return scores

    def suspects(
        self,
        training: Optional[FinishedTraining] = None,
        *,
        output: Optional[FilePath] = None,
        overwrite: bool = False,
    ) -> SuspiciousRows:
        """Find validation rows that look mislabelled to the trained network, which never saw them.

        Args:
            training: What was trained, see `score`.
            output: The CSV to write, most suspicious first; left out, the rows are only returned.
            overwrite: Replace an output that exists.

        Raises:
            UnsupportedError: The network does not predict one class per row.
            DataError: The validation data is the training data.
            OutputExistsError: The output exists and `overwrite` is off, or it is one of the files that are read.
        """
        finished = self._finished(training)
        path = _path(output)
        if path is not None:
            read = finished.path if isinstance(finished, TrainingCache) else None
            refuse_overwriting([path], [*self._opened.inputs, read])
            refuse_existing([path], overwrite)
        suspects = suspicious_rows([finished], self.train_data, self.validation_data, self._opened.device)
        if path is not None:
            suspects.to_csv(path, overwrite=overwrite)
        return suspects

    def trials(
        self,
        output: FilePath,
        trials: int,
        method: str = DEFAULT_METHOD,
        *,
        target: Target = None,
        labels: str = LABELS[0],
        execution: Execution = Execution(),
        overwrite: bool = False,
        reporter: ProgressReporter = SILENT,
        **settings: MethodSetting,
    ) -> InfluenceScores:
        """Train and score over several seeds, write the mean of the scores, and return it.

        Args:
            output: The influence CSV to write; each trial's training cache lies beside it.
            trials: How many seeds, from the project's own.
            method: One of `choices.METHODS`.
            target: See `score`.
            labels: See `score`.
            execution: Where the trials run.
            overwrite: Replace an output that exists, and caches of other runs.
            reporter: Shows how far it is.
            settings: The method's own settings.

        Raises:
            OutputExistsError: The output exists and `overwrite` is off, or it is one of the files that are read.
            Interrupted: Ctrl-C, with how to go on.
        """
        self._refuse_finished()
        path = Path(output)
        scoring = self._scoring(method, ValidationTarget.of(target), settings, labels)
        request = TrialsRequest(self._request, path, (scoring,), trials, overwrite=overwrite)
        scores = mean_scores(request, execution, reporter=reporter)
        scores.to_csv(path, overwrite=overwrite)
        return scores

    def choose(
        self,
        cache: Optional[TrainingCache] = None,
        method: str = DEFAULT_METHOD,
        *,
        scores: Optional[InfluenceScores] = None,
        selection: Optional[DataSource] = None,
        test: Optional[DataSource] = None,
        split_seed: int = 0,
        request: ChooseRequest = ChooseRequest(),
        table: Optional[FilePath] = None,
        reporter: ProgressReporter = SILENT,
        **settings: MethodSetting,
    ) -> Chosen:
        """Score with one half of the validation rows; let the other half choose and confirm how many to remove.

        Args:
            cache: The training; left out, the cache this project was made from.
            method: How samples are ranked.
            scores: A ranking that was made already; needs `selection`, because it saw all validation rows.
            selection: Data that chooses instead of the other half; then all validation rows score.
            test: Data that judges the choice.
            split_seed: Draws the parts of the validation rows.
            request: Seeds, where retraining starts, and where it runs.
            table: CSV that keeps every retraining, so that the same call goes on after an interruption.
            reporter: Shows how far it is.
            settings: The method's own settings, such as ``objective="error"``.

        Returns:
            The decision (``decision.sentence`` says it), every retraining, and the ranking that was judged.

        Raises:
            ConfigError: Scores without selection data.
            DataError: Two of the data sets share rows.
            OutputExistsError: The table is one of the files that are read.
            RequestError: The network learnt nothing.
        """
        if scores is not None and selection is None:
            raise ConfigError("Scores that were made already saw all validation rows. Give selection: other data.")
        if scores is not None and settings:
            raise ConfigError(f"Scores that were made already have their settings. Leave {', '.join(settings)} out.")
        finished = self._finished_cache(cache)
        chooses = _data(selection)
        judges = _data(test)
        path = _path(table)
        if path is not None:
            refuse_overwriting([path], [*self._opened.inputs, finished.path, csv_of(chooses), csv_of(judges)])
        with _kept_in(path):
            data = evaluation_data(
                self._opened, selection=chooses, test=judges, split_seed=split_seed, reporter=reporter
            )
            return choose(
                finished,
                data,
                self._scoring(method, None, settings) if scores is None else scores,
                request,
                project=self._opened,
                beside=path,
                table=path,
                split_seed=split_seed,
                reporter=reporter,
            )

    def evaluate(
        self,
        output: FilePath,
        methods: Sequence[str] = (),
        *,
        amounts: Sequence[Union[int, Amount]] = DEFAULT_SHARES,
        trials: int = 3,
        starts: Sequence[str] = STARTS[:1],
        treatments: Sequence[str] = TREATMENTS[:1],
        labels: str = LABELS[0],
        controls: Sequence[str] = (),
        selection: Optional[DataSource] = None,
        test: Optional[DataSource] = None,
        split_seed: int = 0,
        execution: Execution = Execution(),
        overwrite: bool = False,
        objective: Optional[str] = None,
        reporter: ProgressReporter = SILENT,
    ) -> RemovalCurve:
        """Train, score, retrain without the most harmful samples and measure: does removing them help?

        Args:
            output: CSV with one row per retraining; what it holds is not done again.
            methods: Names of methods; none: those that are usually compared.
            amounts: Numbers (`Count`) or shares (`Share`) of samples to remove.
            trials: How many seeds.
            starts: Where retraining starts, some of `choices.STARTS`.
            treatments: What is done with the samples, some of `choices.TREATMENTS`.
            labels: Who predicts the labels of treatment ``relabel``, see `score`.
            controls: Some of `choices.CONTROLS`, to be measured beside the methods.
            selection: Data that chooses the number; None: half of the validation rows.
            test: Data that judges the choice.
            split_seed: Draws the halves of the validation rows.
            execution: Where trainings run.
            overwrite: Replace the output and caches of other runs.
            objective: ``error`` or ``loss``, for the methods that ask the validation data; None: their default.
            reporter: Shows how far it is.

        Raises:
            CacheMismatchError: The output holds another experiment.
            OutputExistsError: The output is one of the files that are read.
            Interrupted: Ctrl-C, with how to go on.
        """
        self._refuse_finished()
        request = EvaluateRequest(
            self._request,
            Path(output),
            tuple(methods),
            amounts=tuple(Count(amount) if isinstance(amount, int) else amount for amount in amounts),
            trials=trials,
            starts=tuple(starts),
            treatments=tuple(treatments),
            selection=_data(selection),
            test=_data(test),
            split_seed=split_seed,
            execution=execution,
            overwrite=overwrite,
            objective=objective,
            labels=labels,
            controls=tuple(controls),
        )
        return evaluated_curve(request, trained_and_scored(request, reporter), reporter)

    def attribution(
        self,
        output: FilePath,
        metric: str,
        methods: Sequence[str] = (),
        *,
        groups: int = DEFAULT_GROUPS,
        trials: int = 3,
        starts: Sequence[str] = STARTS[:1],
        selection: Optional[DataSource] = None,
        split_seed: int = 0,
        execution: Execution = Execution(),
        overwrite: bool = False,
        objective: Optional[str] = None,
        divisor: str = DIVISORS[0],
        reporter: ProgressReporter = SILENT,
    ) -> List[AttributionResult]:
        """Train, score, retrain without groups of samples and correlate: do scores predict what leaving out does?

        Args:
            output: CSV with one row per retraining; with several starts, one CSV for each is named after it.
            metric: ``lds`` (random halves) or ``leave-one-out``.
            methods: Names of methods; none: those that are usually compared.
            groups: How many groups are left out for each training.
            trials: How many seeds.
            starts: Where retraining starts, some of `choices.STARTS`.
            selection: Data that is set aside; None: half of the validation rows. The other half scores and measures.
            split_seed: Draws groups and halves.
            execution: Where trainings run.
            overwrite: Replace the outputs and caches of other runs.
            objective: ``error`` or ``loss``, for the methods that ask the validation data; None: their default.
            divisor: ``batch``: a batch without its samples of the group is divided by its whole size, which is what
                scores predict; ``remaining``: by what is left of it, as training on fewer samples does.
            reporter: Shows how far it is.

        Returns:
            One result for each start.

        Raises:
            ConfigError: The metric is none of the two, or there are too few groups.
            OutputExistsError: The output is one of the files that are read.
            Interrupted: Ctrl-C, with how to go on.
        """
        self._refuse_finished()
        require_choice("metric", metric, GROUP_METRICS)
        request = EvaluateRequest(
            self._request,
            Path(output),
            tuple(methods),
            trials=trials,
            starts=tuple(starts),
            metric=metric,
            groups=groups,
            selection=_data(selection),
            split_seed=split_seed,
            execution=execution,
            overwrite=overwrite,
            objective=objective,
            divisor=divisor,
        )
        return attribution_results(request, trained_and_scored(request, reporter), reporter)

    # -- what comes of the scores --------------------------------------------------------------------------------

    def cleanse(
        self,
        scores: InfluenceScores,
        removal: Union[int, Removal],
        output: FilePath,
        removed: FilePath,
        *,
        label: Optional[str] = None,
        test: Optional[FilePath] = None,
        overwrite: bool = False,
    ) -> Cleansed:
        """Write the training data without its most harmful rows, and the removed rows.

        Args:
            scores: The ranking.
            removal: A number of rows, or a rule such as `Share(0.02)`.
            output: The cleansed CSV to write: original columns in the original order.
            removed: The CSV to write with the removed rows.
            label: The variable with the class numbers; None: ``y`` if it has any.
            test: A CSV that must share no row with the training data.
            overwrite: Replace outputs that exist.

        Raises:
            DataError: Nothing would be left, or the test set was trained on.
            OutputExistsError: An output exists and `overwrite` is off, is one of the files that are read, or both are
                the same file.
        """
        return self._cleanse(scores, removal, output, removed, False, label, test, overwrite)

    def relabel(
        self,
        scores: InfluenceScores,
        removal: Union[int, Removal],
        output: FilePath,
        changed: FilePath,
        *,
        label: Optional[str] = None,
        test: Optional[FilePath] = None,
        overwrite: bool = False,
    ) -> Cleansed:
        """Write the training data with the predicted label in its most harmful rows, and the rows that change.

        Args:
            scores: The ranking, with predicted labels, as `score` returns it.
            removal: Which rows, see `cleanse`.
            output: The CSV to write, with all rows.
            changed: The CSV to write with the rows that change, and their old and new label.
            label: The variable with the class numbers; None: ``y``.
            test: A CSV that must share no row with the training data.
            overwrite: Replace outputs that exist.

        Raises:
            DataError: There are no predicted labels, or the test set was trained on.
            OutputExistsError: An output exists and `overwrite` is off, is one of the files that are read, or both are
                the same file.
        """
        return self._cleanse(scores, removal, output, changed, True, label, test, overwrite)

    def cleansed(self, scores: InfluenceScores, removal: Union[int, Removal]) -> Dataset:
        """Return the training data without its most harmful rows, as a view: nothing is copied or written.

        Args:
            scores: The ranking.
            removal: A number of rows, or a rule such as `Share(0.02)`.

        Raises:
            DataError: Nothing would be left, or the scores are of other data.
        """
        gone = set(_removal(removal).rows(self._own(scores)).tolist())
        return self.train_data.subset([row for row in range(len(self.train_data)) if row not in gone])

    def retrain(
        self,
        cleansed: DataSource,
        *,
        test: Optional[DataSource] = None,
        trials: int = 5,
        output: Optional[FilePath] = None,
        execution: Execution = Execution(),
        overwrite: bool = False,
        reporter: ProgressReporter = SILENT,
    ) -> CleansingEffect:
        """Train from new parameters on the original and on the cleansed data, and compare: did cleansing help?

        Args:
            cleansed: The cleansed training data: the CSV that was written, or what `cleansed` returned.
            test: The data that judges; left out, the validation rows do, which flatter if they made the scores.
            trials: How many seeds each data set is trained with, from the project's own.
            output: CSV to write with one row per training; progress is kept beside it, so that the same call goes on
                after an interruption.
            execution: Where the trainings run.
            overwrite: Replace an output that exists, and the progress of another run.
            reporter: Shows how far it is.

        Returns:
            Errors and accuracies of both with their intervals; ``sentence`` says what they mean.

        Raises:
            DataError: The cleansed data is the original, or the test data shares rows with other data.
            OutputExistsError: The output exists and `overwrite` is off, or it is one of the files that are read.
            Interrupted: Ctrl-C, with how to go on.
        """
        self._refuse_finished()
        compared = _data(cleansed)
        if compared is None:
            raise ConfigError("Expected the cleansed data, got none. Give its CSV or the Dataset.")
        request = RetrainRequest(self._request, compared, _path(output), _data(test), trials, execution, overwrite)
        return retrain(request, reporter)

    # -- inside --------------------------------------------------------------------------------------------------

    def _cleanse(
        self,
        scores: InfluenceScores,
        removal: Union[int, Removal],
        output: FilePath,
        second: FilePath,
        relabels: bool,
        label: Optional[str],
        test: Optional[FilePath],
        overwrite: bool,
    ) -> Cleansed:
        own = self._own(scores)
        refuse_overwriting([Path(output), Path(second)], self._opened.inputs)
        reading = self._opened.reading.like(self.train_data)
        request = CleanseRequest(
            own,
            _removal(removal),
            output,
            second,
            relabels,
            label=label,
            test=test,
            reading=reading,
            overwrite=overwrite,
        )
        return cleanse_data(request)

    def _own(self, scores: InfluenceScores) -> InfluenceScores:
        """Return scores with the cells of the training data.

        Raises:
            DataError: They are of other data.
        """
        if len(scores.values) != len(self.train_data):
            raise DataError(
                f"Expected scores of the {len(self.train_data)} training rows, got {len(scores.values)} scores."
            )
        return dataclasses.replace(scores, table=self.train_data.table)

    def _scoring(
        self,
        method: str,
        target: Optional[ValidationTarget] = None,
        settings: Mapping[str, MethodSetting] = MappingProxyType({}),
        labels: str = LABELS[0],
    ) -> ScoreRequest:
        return ScoreRequest(method, settings, target, self._request.seed, self._opened.device, labels)

    def _finished(self, training: Optional[FinishedTraining]) -> FinishedTraining:
        """Return what is scored: what was given, the project's cache, or its trained network file."""
        if training is not None:
            return training
        return self._cache if self._cache is not None else final_state(self._opened)

    def _finished_cache(self, cache: Optional[TrainingCache]) -> TrainingCache:
        """Return the cache that was given, or the project's.

        Raises:
            ConfigError: There is none.
        """
        finished = self._cache if cache is None else cache
        if finished is None:
            raise ConfigError("Retraining needs a training cache.", remedy("make-a-cache"))
        return finished

    def _refuse_finished(self) -> None:
        """Refuse to train what was trained: its network holds the parameters of the end, not those of the start.

        Raises:
            ConfigError: The project was made from a cache.
        """
        if self._cache is not None:
            raise ConfigError(
                f"This project is the finished training of '{self._cache.path}'. To train, open the network it "
                "started from with Project.open."
            )


def _kept_in(table: Optional[Path]) -> ContextManager[None]:
    """Say after Ctrl-C where the retrainings are kept, if they are."""
    if table is None:
        return nullcontext()
    return resumable(f"what is finished lies in '{table}' and in the files named after it.", remedy("go-on"))


def _removal(removal: Union[int, Removal]) -> Removal:
    return Count(removal) if isinstance(removal, int) else removal


def _path(file: Optional[FilePath]) -> Optional[Path]:
    return None if file is None else Path(file)


def _data(given: Optional[DataSource]) -> Data:
    return Path(given) if isinstance(given, str) else given
