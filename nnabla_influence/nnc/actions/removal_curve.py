"""The plugin *Removal curve*: does removing the most harmful samples help?

Half of the validation data scores, the other half judges (and test data, if there is any). The most harmful samples by
every method are removed, as many at random are, and the network is trained again, several times with other batch orders
(from scratch also with other first parameters). The log ends with what that means, in plain words.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Tuple

from ...choices import SCRATCH
from ...cleansing import Amount, amount_from
from ...errors import ConfigError
from ...evaluation.decision import decisions
from ...evaluation.evaluation_data import EvaluationData
from ...evaluation.noise_excess import FOLDS
from ...evaluation.removal_curve import RemovalCurve
from ...evaluation.removal_sweep import RemovalSweep, run_removal_sweep
from ...evaluation.trial import Trial
from ...files import refuse_overwriting
from ...messenger import Messenger
from ...remedies import remedy
from ...scores import InfluenceScores
from ...training import TrainingCache
from ...workflow.changed_inputs import warn_of_changes
from ...workflow.choose import evaluation_data
from ...workflow.score import ScoreRequest, score_training
from ..host.fields import Fields
from ..host.libraries import require_library
from ..host.manifest import METHODS
from .announced_cost import AnnouncedCost
from .own_outputs import own_outputs
from .result_folder import ResultFields, TrainedResult, data_file
from .retrainable import TRAINING, RetrainableResult
from .workspace import workspace

__all__ = ["CurveRequest", "run"]

RANDOM = "random"


@dataclass(frozen=True)
class CurveRequest:
    """What the fields ask for.

    Args:
        result: What was trained.
        test: CSV of the data that judges; empty: none.
        picture: The picture to write.
        table: The table to write.
        methods: Names of methods, with commas between them.
        amounts: Numbers or shares of samples, likewise.
        trials: How many batch orders.
        seed: The first seed.
        start: Where retraining starts.

    Raises:
        ConfigError: A field holds something else than it should.
    """

    result: ResultFields
    test: str
    picture: Path
    table: Path
    methods: str
    amounts: str
    trials: int
    seed: int
    start: str

    def __post_init__(self) -> None:
        unknown = [name for name in self.method_names if name not in (*METHODS, RANDOM)]
        if unknown or not self.method_names:
            raise ConfigError(
                f"Expected in the field methods some of {', '.join((*METHODS, RANDOM))}, with commas between them; got "
                f"'{unknown[0] if unknown else self.methods}'."
            )
        if not self.trials:
            raise ConfigError(f"Expected in the field trials 1 or more, got {self.trials}.")
        self._amounts()  # it refuses what is neither a number nor a share

    @property
    def method_names(self) -> Tuple[str, ...]:
        """The methods, each once; NNC Desktop passes what was typed, `Spectral` as well."""
        return _listed(self.methods.lower())

    def _amounts(self) -> List[Amount]:
        return [_amount(text) for text in _listed(self.amounts)]

    def trainings(self, counts: int) -> int:
        """Return how often is trained in all, given how many numbers of samples are removed."""
        folds = FOLDS if self.start == SCRATCH else 0
        return self.trials * (1 + len(self.method_names) * counts) + folds

    def counts(self, samples: int) -> List[int]:
        """Return numbers of samples, ascending.

        Raises:
            ConfigError: There is none, or not so many samples.
        """
        counts = sorted({amount.of(samples) for amount in self._amounts()} - {0})
        if not counts:
            raise ConfigError(f"Nothing of the field counts is a sample of {samples}; give higher numbers.")
        RemovalSweep(counts).check(samples)
        return counts


def run(fields: Fields, console: Messenger) -> None:
    """Retrain, and write the picture and the table.

    Args:
        fields: ``model``, ``train``, ``validation``, ``test``, ``cache``, ``output``, ``table``, and those of
            `CurveRequest`.
        console: Where progress is said.

    Raises:
        MissingExtraError: matplotlib is not installed.
        KeyboardInterrupt: Interrupted; the message says how to go on.
        InfluenceError: A field is wrong, or the result cannot be trained again.
    """
    require_library("matplotlib", "the picture")
    request = CurveRequest(
        ResultFields.of(fields),
        fields.text("test"),
        fields.path("output"),
        fields.path("table"),
        fields.text("methods"),
        fields.text("counts"),
        fields.number("trials") or 0,
        fields.number("seed") or 0,
        fields.text("start"),
    )
    _retrain(request, console)


def _retrain(request: CurveRequest, console: Messenger) -> None:
    picture = request.picture
    table = request.table
    test = data_file(request.test, "test")
    folder_result = TrainedResult.read(request.result)
    result = RetrainableResult.open(folder_result, request.start, request.seed, console)
    refuse_overwriting([picture, table], [folder_result.file, folder_result.train, folder_result.validation, test])
    data = evaluation_data(result.project, test=test, reporter=console)
    sweep = RemovalSweep(
        request.counts(len(data.train)), [request.start], device=result.project.device, folds=request.start == SCRATCH
    )
    # What a started curve may not differ in; methods, numbers and trials may.
    passport = {**result.passport, "start": request.start, "seed": request.seed, "data": data.fingerprints}
    with own_outputs("removal_curve", picture, table), workspace(table, passport, remedy("go-on-plugin")) as folder:
        cost = AnnouncedCost(request.trainings(len(sweep.counts)), result, picture, console)
        cost.begin()
        cache = cost.first(lambda: result.repeatable(folder, console), folder / TRAINING)
        trials = _trials(cache, result, data, request, folder, console)
        with console.progress("retraining", "trainings") as progress:
            curve = run_removal_sweep(trials, data, sweep, folder / table.name, progress)
        warn_of_changes(*data.parts)
        _draw(curve, picture)
        curve.to_csv(table, overwrite=True)
    console.info(f"every retraining: {table} ({len(curve.rows)} rows)")
    console.info(f"picture: {picture}")
    if curve.label_noise:
        console.info(f"labels: {curve.label_noise}")
    for decision in decisions(curve):
        console.result(decision.sentence)


def _trials(
    cache: TrainingCache,
    result: RetrainableResult,
    data: EvaluationData,
    request: CurveRequest,
    folder: Path,
    console: Messenger,
) -> List[Trial]:
    """Return one trial per batch order; all judge the same scores, but each its own random samples."""
    path = Path(cache.path).absolute()

    def scored(method: str, seed: int) -> InfluenceScores:
        """Score by a method; the progress is kept beside the curve."""
        scoring = ScoreRequest(method, seed=seed, device=result.project.device)
        return score_training(
            cache, data.train, data.scoring, scoring, beside=folder / f"scores.{method}", reporter=console
        )

    shared = {method: scored(method, request.seed) for method in request.method_names if method != RANDOM}
    trials = []
    for seed in range(request.seed, request.seed + request.trials):
        scores = {m: shared[m] if m in shared else scored(m, seed) for m in request.method_names}
        trials.append(Trial(path, cache.config.seed, scores, order_seed=seed))
    return trials


def _draw(curve: RemovalCurve, picture: Path) -> None:
    from ...report.curve_figure import curve_figure
    from ...report.figures import LIGHT, drawing
    from ...report.most_harmful import write_png

    with drawing():
        write_png(curve_figure(curve, LIGHT), picture)


def _listed(text: str) -> Tuple[str, ...]:
    """Return the parts between commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _amount(text: str) -> Amount:
    try:
        return amount_from(text.replace(" ", ""))
    except ConfigError as error:
        raise ConfigError(
            f"Expected in the field counts numbers or percentages with commas between them, such as 10,5%, "
            f"got '{text}'."
        ) from error
