"""The noun *Project*: network, settings and data, and everything that can be done with them.

What a command or a click does, a Python user does with one method each. A method makes a request and hands it to the
job of the same name in this package, so numbers and files are the same at every door.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Sequence, Tuple, Union

from ..choices import DEFAULT_METHOD, STARTS
from ..cleansing import Amount, Count, Removal
from ..config import TrainingConfig
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import ConfigError
from ..evaluation.removal_curve import RemovalCurve
from ..execution import Execution
from ..network import Network
from ..remedies import remedy
from ..scores import InfluenceScores
from ..training import FinishedTraining, TrainingCache
from .choose import ChooseRequest, Chosen, choose, evaluation_data
from .data_reading import ReadingSettings
from .evaluate import DEFAULT_SHARES, EvaluateRequest, evaluated_curve, trained_and_scored
from .opened_project import OpenedProject, open_cached_project, open_project
from .progress_reporter import SILENT, ProgressReporter
from .project_request import Data, ProjectRequest
from .score import ScoreRequest, final_state, score_training, with_sample_columns
from .train import train_project
from .training_overrides import TrainingOverrides
from .trials import TrialsRequest, run_trials
from .validation_target import ValidationTarget, narrowed

__all__ = ["Project"]

FilePath = Union[str, Path]
GivenData = Union[str, Path, Dataset, None]


class Project:
    """A training and its data; made by `open` or `from_cache`.

    Attributes:
        request: What was asked for.
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

    def __init__(self, request: ProjectRequest, opened: OpenedProject) -> None:
        self.request = request
        self._opened = opened

    @classmethod
    def open(
        cls,
        network: Union[FilePath, Network],
        train: GivenData = None,
        validation: GivenData = None,
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
            reading: How the data is read.
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
        train: GivenData,
        validation: GivenData,
        *,
        device: str = "cpu",
        reporter: ProgressReporter = SILENT,
    ) -> Tuple[Project, TrainingCache]:
        """Open the project of a finished training, and its cache.

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
        request = ProjectRequest(
            opened.network, opened.train, opened.validation, opened.config.seed, opened.device, opened.reading
        )
        return cls(request, opened), opened_cache

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

    def train(self, cache: FilePath, *, overwrite: bool = False, reporter: ProgressReporter = SILENT) -> TrainingCache:
        """Train, and write the training cache; an identical finished training is opened as it is.

        Args:
            cache: The file to write; progress lives beside it, so the same call goes on after an interruption.
            overwrite: Replace a cache of other settings.
            reporter: Shows how far it is.

        Raises:
            CacheMismatchError: The file holds another training.
        """
        return train_project(self._opened, Path(cache), overwrite=overwrite, reporter=reporter)

    def score(
        self,
        training: Optional[FinishedTraining] = None,
        method: str = DEFAULT_METHOD,
        *,
        target: Union[int, FilePath, None] = None,
        reporter: ProgressReporter = SILENT,
        **settings: Any,
    ) -> InfluenceScores:
        """Score every training sample.

        Args:
            training: What was trained, from `train`; left out, the trained network file itself.
            method: One of `choices.METHODS`.
            target: A class number, or a CSV that lists validation rows, in place of all validation rows.
            reporter: Shows how far it is.
            settings: The method's own settings, such as ``through="all"``.

        Returns:
            The scores; `InfluenceScores.to_csv` writes them.

        Raises:
            CheckpointMissingError: The training did not keep what the method needs; the message says what to train.
        """
        request = self._scoring(method, target, settings)
        if training is None:
            if not self.network.trained:
                raise ConfigError(f"'{self.network.path}' holds no trained parameters.", remedy("train-first"))
            training = final_state(self._opened)
        asked = narrowed(self.validation_data, self.network, request.target)
        scores = score_training(training, self.train_data, asked, request, reporter=reporter)
        return with_sample_columns(scores, training, self.train_data, self._opened.device)

    def trials(
        self,
        output: FilePath,
        trials: int,
        method: str = DEFAULT_METHOD,
        *,
        execution: Execution = Execution(),
        overwrite: bool = False,
        reporter: ProgressReporter = SILENT,
        **settings: Any,
    ) -> InfluenceScores:
        """Train and score over several seeds, and return the mean of the scores.

        Args:
            output: The file all of this is for; each trial's training cache lies beside it.
            trials: How many seeds, from the project's own.
            method: One of `choices.METHODS`.
            execution: Where the trials run.
            overwrite: Replace caches of other runs.
            reporter: Shows how far it is.
            settings: The method's own settings.
        """
        request = TrialsRequest(
            self.request, Path(output), (self._scoring(method, None, settings),), trials, overwrite=overwrite
        )
        scores = [trial.scores[method] for trial in run_trials(request, execution, reporter=reporter)]
        return InfluenceScores.mean(scores)

    def choose(
        self,
        cache: TrainingCache,
        method: str = DEFAULT_METHOD,
        *,
        selection: Optional[FilePath] = None,
        test: Optional[FilePath] = None,
        request: ChooseRequest = ChooseRequest(),
        table: Optional[FilePath] = None,
        reporter: ProgressReporter = SILENT,
    ) -> Tuple[InfluenceScores, Chosen]:
        """Score with one half of the validation rows and let the other half choose how many samples to remove.

        Args:
            cache: The training.
            method: How samples are ranked.
            selection: CSV of data that chooses instead; then all validation rows score.
            test: CSV of data that judges the choice.
            request: How the number is looked for.
            table: CSV that keeps every retraining.
            reporter: Shows how far it is.

        Returns:
            The ranking that was judged, and the choice.
        """
        data = evaluation_data(
            self._opened,
            selection=Path(selection) if selection is not None else None,
            test=Path(test) if test is not None else None,
            reporter=reporter,
        )
        scoring = self._scoring(method, None, {})
        scores = score_training(cache, data.train, data.scoring, scoring, reporter=reporter)
        chosen = choose(
            cache,
            data,
            scores,
            request,
            project=self._opened,
            table=Path(table) if table is not None else None,
            reporter=reporter,
        )
        return with_sample_columns(scores, cache, data.train, self._opened.device), chosen

    def evaluate(
        self,
        output: FilePath,
        methods: Sequence[str] = (),
        *,
        amounts: Sequence[Amount] = DEFAULT_SHARES,
        trials: int = 3,
        starts: Sequence[str] = STARTS[:1],
        selection: Optional[FilePath] = None,
        test: Optional[FilePath] = None,
        execution: Execution = Execution(),
        overwrite: bool = False,
        reporter: ProgressReporter = SILENT,
    ) -> RemovalCurve:
        """Train, score, retrain without the most harmful samples and measure: does removing them help?

        Args:
            output: CSV with one row per retraining; what it holds is not done again.
            methods: Names of methods; none: those that are usually compared.
            amounts: Numbers (`Count`) or shares (`Share`) of samples to remove.
            trials: How many seeds.
            starts: Where retraining starts, some of `choices.STARTS`.
            selection: CSV of data that chooses the number; None: half of the validation rows.
            test: CSV of data that judges the choice.
            execution: Where trainings run.
            overwrite: Replace the output and caches of other runs.
            reporter: Shows how far it is.
        """
        request = EvaluateRequest(
            self.request,
            Path(output),
            tuple(methods),
            amounts=tuple(amounts),
            trials=trials,
            starts=tuple(starts),
            selection=Path(selection) if selection is not None else None,
            test=Path(test) if test is not None else None,
            execution=execution,
            overwrite=overwrite,
        )
        return evaluated_curve(request, trained_and_scored(request, reporter), reporter)

    def cleansed(self, scores: InfluenceScores, removal: Union[int, Removal]) -> Dataset:
        """Return the training data without its most harmful rows, as a view: nothing is copied or written.

        Args:
            scores: The ranking.
            removal: A number of rows, or a rule such as `Share(0.02)`.
        """
        rule = Count(removal) if isinstance(removal, int) else removal
        gone = set(rule.rows(scores).tolist())
        return self.train_data.subset([row for row in range(len(self.train_data)) if row not in gone])

    def _scoring(self, method: str, target: Union[int, FilePath, None], settings: Any) -> ScoreRequest:
        asked = None if target is None else ValidationTarget(target if isinstance(target, int) else Path(target))
        return ScoreRequest(method, settings, asked, self.config.seed, self._opened.device)


def _data(given: GivenData) -> Data:
    return Path(given) if isinstance(given, str) else given
