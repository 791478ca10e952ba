"""``auto`` of the plugin *Remove harmful samples*: how many to remove, decided by training again.

The scores of the influence CSV saw all validation data, so none of it could judge them. One half scores again, the
other half chooses the number; the files that show how are kept beside the output.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Tuple

from ...cleansing import Count, Removal
from ...cli.console import Console
from ...cli.judging import judging_data
from ...cli.scoring import estimator, report, score, with_columns
from ...evaluation.choice import Choice
from ...evaluation.number_search import NumberSearch, choose_number
from ...evaluation.removal_sweep import RemovalSweep
from ...evaluation.trial import Trial
from ...files import refuse_overwriting
from ...scored_data import ScoredData
from ..host.manifest import METHODS
from ..host.protocol import beside
from .result_folder import NETWORKS
from .retrainable import LAST_EPOCH, read_result, workspace

__all__ = ["choose"]

METHOD, SEED = METHODS[0], 0


def choose(args: Namespace, console: Console) -> Tuple[Path, Removal]:
    """The influence CSV of the ranking that was judged, and how many of its first samples to remove.

    Args:
        args: The fields of the plugin.
        console: Shows progress.

    Raises:
        KeyboardInterrupt: Interrupted; the message says how to go on.
        InfluenceError: The trained network is missing or cannot be trained again, or is of other data.
    """
    influence, output = Path(args.influence), Path(args.output)
    ranking, table = beside(output, "auto_influence.csv"), beside(output, "auto_retrainings.csv")
    refuse_overwriting([output, Path(args.removed), ranking, table], [influence])
    result = read_result(_fields(args), LAST_EPOCH, console)
    ScoredData.read(influence, result.project.train.path)  # refuses an influence CSV of other data
    console.info(
        f"auto: scores the samples again ({METHOD}) with one half of the validation data; the other half chooses how "
        "many to remove"
    )
    judged = judging_data(result.options, result.project, console)
    prints = [judged.scoring.fingerprint, judged.selection.fingerprint]
    with workspace(Path(args.removed), {**result.passport, "data": prints}) as folder:
        cache = result.repeatable(folder, console)
        method = estimator(result.options, METHOD)
        scores = score(method, cache, judged.train, judged.scoring, console, folder / "scores")
        trial = Trial(Path(cache.path).absolute(), cache.config.seed, {METHOD: scores})
        sweep = RemovalSweep((), (LAST_EPOCH,), device=result.device)
        with console.progress("retraining", "trainings") as progress:
            choice, curve = choose_number(trial, judged, NumberSearch(), sweep, folder / table.name, progress)
        report(with_columns(scores, cache, judged.train, result.device), judged.train, ranking, console)
        curve.to_csv(table)
    _say(choice, table, console)
    return ranking, Count(choice.removed)


def _fields(args: Namespace) -> Namespace:
    """The fields of the plugin *Removal curve* that say what was trained."""
    model = args.model or str(Path(args.influence).with_name(NETWORKS[0]))
    return Namespace(model=model, train="", validation="", test="", cache="", seed=SEED, output=args.output)


def _say(choice: Choice, table: Path, console: Console) -> None:
    console.info(f"every retraining: {table}")
    if choice.removed:
        console.result(f"auto: {choice.removed} samples; without them the loss changes by {choice.selection.text()}")
    else:
        console.result("auto: nothing is worth removing; no number is better than 0 on the data that chooses")
