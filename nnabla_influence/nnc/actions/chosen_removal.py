"""``auto`` of the plugin *Remove harmful samples*: how many to remove, decided by training again.

The scores of the influence CSV saw all validation data, so none of it could judge them. One half scores again, the
other half chooses the number; the files that show how are kept beside the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Tuple

from ...announcements import write_influence_csv
from ...choices import DEFAULT_METHOD
from ...cleansing import Count, Removal
from ...files import refuse_overwriting
from ...messenger import Messenger
from ...remedies import remedy
from ...scored_data import ScoredData
from ...workflow.choose import ChooseRequest, choose, evaluation_data
from ...workflow.score import ScoreRequest
from ..host.desktop_result import beside
from .announced_cost import AnnouncedCost
from .own_outputs import own_outputs
from .result_folder import NETWORKS, ResultFields, TrainedResult
from .retrainable import TRAINING, RetrainableResult
from .workspace import workspace

__all__ = ["ChosenRemovalRequest", "chosen_removal"]

METHOD = DEFAULT_METHOD
SEED = 0
PLUGIN = "remove_harmful_samples"


@dataclass(frozen=True)
class ChosenRemovalRequest:
    """What the fields ask for.

    Args:
        influence: The influence CSV.
        model: The trained network; empty: beside the influence CSV.
        output: The cleansed data to write.
        removed: The removed samples to write.
        confirm: Where retraining starts, one of `choices.STARTS`.
    """

    influence: Path
    model: str
    output: Path
    removed: Path
    confirm: str


def chosen_removal(request: ChosenRemovalRequest, console: Messenger) -> Tuple[Path, Removal]:
    """Score with half of the validation data, let the other half choose.

    Args:
        request: What the fields ask for.
        console: Shows progress.

    Returns:
        The influence CSV of the ranking that was judged, and how many of its first samples to remove.

    Raises:
        KeyboardInterrupt: Interrupted; the message says how to go on.
        InfluenceError: The trained network is missing or cannot be trained again, or is of other data.
    """
    influence = request.influence
    output = request.output
    ranking = beside(output, "auto_influence.csv")
    table = beside(output, "auto_retrainings.csv")
    refuse_overwriting([output, request.removed, ranking, table], [influence])
    model = request.model or str(influence.with_name(NETWORKS[0]))
    result = RetrainableResult.open(TrainedResult.read(ResultFields(model)), request.confirm, SEED, console)
    project = result.project
    ScoredData.read(influence, project.train.path)  # refuses an influence CSV of other data
    console.info(
        f"auto: scores the samples again ({METHOD}) with one half of the validation data; the other half chooses how "
        "many to remove"
    )
    data = evaluation_data(project, reporter=console)
    prints = [data.scoring.fingerprint, data.selection.fingerprint]
    passport = {**result.passport, "data": prints}
    with own_outputs(PLUGIN, ranking, table), workspace(request.removed, passport, remedy("go-on-plugin")) as folder:
        number = ChooseRequest(start=request.confirm, confirm=request.confirm)
        cost = AnnouncedCost(number.search().trainings(len(project.train)), result, output, console)
        cost.begin()
        cache = cost.first(lambda: result.repeatable(folder, console), folder / TRAINING)
        chosen = choose(
            cache,
            data,
            ScoreRequest(METHOD, seed=SEED, device=project.device),
            number,
            project=project,
            beside=folder / "scores",
            table=folder / table.name,
            reporter=console,
        )
        write_influence_csv(console, chosen.scores, ranking, overwrite=True)
        chosen.curve.to_csv(table, overwrite=True)
    console.info(f"every retraining: {table}")
    console.result(f"auto: {chosen.decision.sentence}")
    return ranking, Count(chosen.removed)
