"""What commands and plugins say alike about results: the influence CSV that was written, and what classes lose."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

from .cleansing import ClassLoss
from .messenger import Messenger
from .scores import InfluenceScores

__all__ = ["announce_classes", "write_influence_csv"]

MOST_CLASSES_SHOWN = 20


def write_influence_csv(messenger: Messenger, scores: InfluenceScores, output: Path) -> None:
    """Write the influence CSV and say what is in it.

    Raises:
        OutputExistsError: The file is the training CSV itself.
    """
    for notice in scores.to_csv(output):
        messenger.warn(notice)
    harmful = int((scores.values < 0).sum())
    messenger.info(
        f"influence CSV: {output} ({len(scores.values)} rows, most harmful first; {harmful} have a negative "
        "score: harmful)"
    )


def announce_classes(messenger: Messenger, losses: Sequence[ClassLoss], verb: str) -> None:
    """Say what every class loses, and warn where it is more than half.

    Args:
        messenger: Says it.
        losses: What every class loses.
        verb: What happened to the rows, e.g. ``removed``.
    """
    affected = [loss for loss in losses if loss.lost]
    for loss in affected:
        if loss.severe:
            messenger.warn(
                f"class {loss.label} loses {loss.lost} of its {loss.samples} samples, "
                f"{'all of them' if loss.lost == loss.samples else 'more than half'}; look at the {verb} rows before "
                "you train on the rest"
            )
    shown = sorted(affected, key=lambda loss: -loss.lost)[:MOST_CLASSES_SHOWN]
    if shown:
        more = f"; {len(affected) - len(shown)} more classes" if len(affected) > len(shown) else ""
        parts = ", ".join(f"class {loss.label}: {loss.lost} of {loss.samples}" for loss in shown)
        messenger.info(f"{verb}: {parts}{more}")
