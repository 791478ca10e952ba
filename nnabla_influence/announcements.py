"""What commands and plugins say alike about results: the influence CSV that was written, and what classes lose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .cleansing import ClassLosses
from .files import atomic_path, refuse_existing
from .messenger import Messenger
from .scores import InfluenceScores

if TYPE_CHECKING:
    from .evaluation.suspicious_rows import SuspiciousRows

__all__ = ["announce_classes", "write_influence_csv", "write_influence_csv_and_suspects"]


def write_influence_csv(
    messenger: Messenger, scores: InfluenceScores, output: Path, *, overwrite: bool = False
) -> None:
    """Write the influence CSV and say what is in it.

    Raises:
        OutputExistsError: The file exists and may not be replaced, or is the training CSV itself.
    """
    for notice in scores.to_csv(output, overwrite=overwrite):
        messenger.warn(notice)
    asked = f"; objective: {scores.objective.words}" if scores.objective else ""
    messenger.info(
        f"influence CSV: {output} ({len(scores.values)} rows, most harmful first; {scores.harmful} have a negative "
        f"score: harmful{asked})"
    )


def write_influence_csv_and_suspects(
    messenger: Messenger,
    scores: InfluenceScores,
    output: Path,
    suspects: SuspiciousRows,
    listed: Path,
    *,
    overwrite: bool = False,
) -> None:
    """Write the influence CSV and the list of suspicious validation rows, both or none, and say what is in them.

    Args:
        messenger: Says it.
        scores: The scores.
        output: The influence CSV.
        suspects: The suspicious rows.
        listed: Their list; no file that is read.
        overwrite: Replace files that are there.

    Raises:
        RequestError: The validation data are arrays in memory.
        OutputExistsError: A file exists and may not be replaced, or the influence CSV is the training CSV itself.
    """
    refuse_existing([listed], overwrite)
    with atomic_path(listed) as part:  # has its name once the influence CSV is there
        notices = suspects.to_csv(part)
        write_influence_csv(messenger, scores, output, overwrite=overwrite)
    for notice in notices:
        messenger.warn(notice)
    messenger.info(
        f"suspicious validation rows: {listed} ({len(suspects.rows)} of {len(suspects.noise.predicted)}, most "
        f"suspicious first; estimated share of wrong labels {100 * suspects.share:.1f} %)"
    )


def announce_classes(messenger: Messenger, losses: ClassLosses, verb: str) -> None:
    """Say what the classes lose, and warn where it is more than half.

    Args:
        messenger: Says it.
        losses: What they lose.
        verb: What happened to the rows, e.g. ``removed``.
    """
    for loss in losses.severe:
        messenger.warn(
            f"class {loss.called} loses {loss.lost} of its {loss.samples} samples, "
            f"{'all of them' if loss.lost == loss.samples else 'more than half'}; look at the {verb} rows before "
            "you train on the rest"
        )
    if losses.largest:
        more = f"; {losses.others} more classes" if losses.others else ""
        parts = ", ".join(f"class {loss.called}: {loss.lost} of {loss.samples}" for loss in losses.largest)
        messenger.info(f"{verb}: {parts}{more}")
