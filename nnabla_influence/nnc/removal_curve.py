"""The plugin *Removal curve*: does removing the most harmful samples help?

Half of the validation data scores, the other half judges (and test data, if there is any). The most harmful samples by
every method are removed, as many at random are, and the network is trained again, several times with other batch orders
(from scratch also with other first parameters). The log ends with what that means, in plain words.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from ..cleansing import Amount, amount_from
from ..cli.console import Console
from ..cli.judging import JudgingData, judging_data
from ..cli.scoring import estimator, score
from ..errors import ConfigError
from ..evaluation.removal_curve import RemovalCurve
from ..evaluation.sweep import EvaluationData, Sweep, Trial, removal_curve
from ..files import refuse_overwriting
from ..scores import InfluenceScores
from .conclusion import conclusion
from .libraries import require_library
from .manifest import METHODS
from .retrainable import TrainedResult, read_result, workspace

__all__ = ["run"]

RANDOM = "random"


@dataclass(frozen=True)
class _Wanted:
    """What the fields ask for."""

    methods: Sequence[str]
    amounts: Sequence[Amount]
    trials: int

    @classmethod
    def read(cls, args: Namespace) -> _Wanted:
        """Checks the fields.

        Raises:
            ConfigError: A field holds something else than it should.
        """
        methods = _listed(args.methods)
        unknown = [name for name in methods if name not in (*METHODS, RANDOM)]
        if unknown or not methods:
            raise ConfigError(
                f"Expected in the field methods some of {', '.join((*METHODS, RANDOM))}, with commas between them; got "
                f"'{unknown[0] if unknown else args.methods}'."
            )
        if not args.trials:
            raise ConfigError(f"Expected in the field trials 1 or more, got {args.trials}.")
        return cls(methods, [_amount(text) for text in _listed(args.counts)], args.trials)

    def counts(self, samples: int) -> List[int]:
        """Numbers of samples, ascending.

        Raises:
            ConfigError: There is none, or not so many samples.
        """
        found = sorted({wanted.of(samples) for wanted in self.amounts} - {0})
        if not found:
            raise ConfigError(f"Nothing of the field counts is a sample of {samples}; give higher numbers.")
        Sweep(found).check(samples)
        return found


def run(args: Namespace, console: Console) -> None:
    """Retrain, and write the picture and the table.

    Raises:
        MissingExtraError: matplotlib is not installed.
        KeyboardInterrupt: Interrupted; the message says how to go on.
        InfluenceError: A field is wrong, or the result cannot be trained again.
    """
    require_library("matplotlib", "the picture")
    wanted, picture, table = _Wanted.read(args), Path(args.output), Path(args.table)
    result = read_result(args, args.start, console)
    options, project = result.options, result.project
    read = [Path(options.network), options.train, options.validation, *([options.test] if options.test else [])]
    refuse_overwriting([picture, table], read)
    judged = judging_data(options, project, console)
    sweep = Sweep(wanted.counts(len(judged.train)), [args.start], device=result.device)
    data = EvaluationData(judged.train, judged.selection, judged.test)
    with workspace(table, _passport(result, judged)) as folder:
        trials = _trials(result, judged, wanted, folder, console)
        with console.progress("retraining", "trainings") as progress:
            curve = removal_curve(trials, data, sweep, folder / table.name, progress)
        _draw(curve, picture)
        curve.to_csv(table)
    console.info(f"every retraining: {table} ({len(curve.rows)} rows)")
    console.info(f"picture: {picture}")
    for line in conclusion(curve):
        console.result(line)


def _passport(result: TrainedResult, judged: JudgingData) -> Dict[str, Any]:
    """What a started curve may not differ in; methods, numbers and trials may."""
    prints = [data.fingerprint for data in judged if data is not None]
    return {**result.passport, "start": result.start, "seed": result.options.seed, "data": prints}


def _trials(result: TrainedResult, judged: JudgingData, wanted: _Wanted, folder: Path, console: Console) -> List[Trial]:
    """One per batch order; all judge the same scores, but each its own random samples."""
    cache, options = result.repeatable(folder, console), result.options
    path = Path(cache.path).absolute()

    def scored(method: str, seed: int) -> InfluenceScores:
        made = estimator(Namespace(**{**vars(options), "seed": seed}), method)
        return score(made, cache, judged.train, judged.scoring, console, folder / f"scores.{method}")

    shared = {method: scored(method, options.seed) for method in wanted.methods if method != RANDOM}
    trials = []
    for seed in range(options.seed, options.seed + wanted.trials):
        scores = {m: shared[m] if m in shared else scored(m, seed) for m in wanted.methods}
        trials.append(Trial(path, cache.config.seed, scores, order_seed=seed))
    return trials


def _draw(curve: RemovalCurve, picture: Path) -> None:
    from ..report.curve_figure import curve_figure
    from ..report.figures import LIGHT, drawing
    from ..report.most_harmful import write_png

    with drawing():
        write_png(curve_figure(curve, LIGHT), picture)


def _listed(text: str) -> Tuple[str, ...]:
    """The parts between commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _amount(text: str) -> Amount:
    try:
        return amount_from(text.replace(" ", ""))
    except ConfigError as error:
        raise ConfigError(
            f"Expected in the field counts numbers or percentages with commas between them, such as 10,5%, "
            f"got '{text}'."
        ) from error
