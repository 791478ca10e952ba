"""The noun *cleansing effect*: did training on the cleansed data help? Measured, with an interval, in one sentence.

The network is trained from new parameters with S seeds on the original data and with the same seeds on the cleansed
data, and both are measured on the same m rows. The change of the error is a `Gain`, whose interval covers rows and
trainings, and it is held against the same two numbers as a decision (see `decision`): a change counts if it is at least
`WORTH` and its 95 % interval lies on one side of zero. The answer is one of five: it helps; it does harm; it makes no
difference worth the name; nobody can tell by so few rows and seeds; or one seed is no measure at all.

The error of a row is the one that decisions go by, between 0 and 1 (see `row_figures.row_errors`).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from enum import Enum
from typing import List, Optional, Sequence

import numpy as np

from ..array import Array
from ..objective import Objective
from .decision import LEVEL, WORTH
from .gain import Gain
from .interval import Interval
from .performance import Performance
from .row_figures import row_errors

__all__ = ["CleansingEffect", "Effect"]


class Effect(Enum):
    """An answer; its value is how the sentence begins."""

    HELPS = "Training on the cleansed data helps"
    HARMS = "Training on the cleansed data does harm"
    NONE = "Training on the cleansed data makes no difference worth the name"
    UNDECIDED = "Whether training on the cleansed data helps cannot be told yet"
    UNKNOWN = "Whether training on the cleansed data helps cannot be told"


@dataclass(frozen=True)
class CleansingEffect:
    """What training on the cleansed data changed.

    Attributes:
        original: The error after training on the original data, over the seeds.
        cleansed: The same after training on the cleansed data.
        gain: The fall of the error, paired by seed and row.
        original_accuracy: Share of rows whose class is predicted right; None where no class is predicted.
        cleansed_accuracy: Likewise.
        accuracy_change: Cleansed minus original, paired by seed; None likewise.
        judged: Which rows were measured: ``validation`` or ``test``.
    """

    original: Interval
    cleansed: Interval
    gain: Gain
    original_accuracy: Optional[Interval]
    cleansed_accuracy: Optional[Interval]
    accuracy_change: Optional[Interval]
    judged: str

    @classmethod
    def of(
        cls, original: Sequence[Performance], cleansed: Sequence[Performance], scale: Optional[float], judged: str
    ) -> CleansingEffect:
        """Compare performances of the same seeds, in the same order.

        Args:
            original: After training on the original data.
            cleansed: After training on the cleansed data.
            scale: By what -log p is multiplied to give the loss; None if the loss is something else.
            judged: Which rows were measured.
        """
        objective = Objective.of_real_values(original[0].rows[0]) if scale is None else Objective("error", scale)
        before, after = (
            np.stack([row_errors(*performance.rows, objective, scale is not None) for performance in performances])
            for performances in (original, cleansed)
        )  # (S, m) each
        accuracies = [_accuracies(performances) for performances in (original, cleansed)]
        first, second = (None if values is None else Interval.of(values) for values in accuracies)
        change = None
        if accuracies[0] is not None and accuracies[1] is not None:
            change = Interval.of([new - old for old, new in zip(*accuracies)])
        return cls(_mean(before), _mean(after), _gain(before, after), first, second, change, judged)

    def __repr__(self) -> str:
        return f"<CleansingEffect: {self.sentence}>"

    @property
    def change(self) -> Interval:
        """The change of the error, which is minus the gain: negative is better."""
        interval = self.gain.interval()
        return dataclasses.replace(interval, mean=-interval.mean)

    @property
    def effect(self) -> Effect:
        """The answer."""
        gain = self.gain
        if gain.seeds < 2 or not math.isfinite(gain.error):
            return Effect.UNKNOWN
        if gain.mean >= WORTH and gain.is_real(LEVEL):
            return Effect.HELPS
        if -gain.mean >= WORTH and dataclasses.replace(gain, mean=-gain.mean).is_real(LEVEL):
            return Effect.HARMS
        interval = gain.interval()
        inside = abs(interval.mean) + interval.half <= WORTH
        return Effect.NONE if inside or (abs(gain.mean) < WORTH and interval.decided) else Effect.UNDECIDED

    @property
    def sentence(self) -> str:
        """The answer in words."""
        effect = self.effect
        if effect is Effect.UNKNOWN and self.gain.seeds < 2:
            return (
                f"{effect.value}: one training of each kind cannot tell chance from effect; train with 3 seeds or more."
            )
        if effect is Effect.UNKNOWN:
            return f"{effect.value}: a training diverged, so there is no error to compare."
        rows = f"{self.gain.rows:,} rows of the {self.judged} data"
        levels = f"from {self.original.mean:.3g} to {self.cleansed.mean:.3g}"
        text = (
            f"{effect.value}: the error on {rows} goes {levels}, a change of {self.change.text('+.3g')} "
            f"({self.gain.seeds} trainings of each kind)"
        )
        if effect is Effect.NONE:
            return f"{text}; {WORTH:g} would be worth it."
        if effect is Effect.UNDECIDED:
            return f"{text}; zero lies within that, and more seeds or more rows would narrow it."
        return f"{text}."


def _accuracies(performances: Sequence[Performance]) -> Optional[List[float]]:
    """Return the accuracies by seed; NaN where a training diverged, None where no class is predicted."""
    values = [performance.accuracy for performance in performances]
    return None if None in values else [float(value) for value in values if value is not None]


def _mean(errors: Array) -> Interval:
    return Interval.of(errors.mean(axis=1).tolist())


def _gain(before: Array, after: Array) -> Gain:
    with np.errstate(invalid="ignore"):  # trainings that diverged on both sides
        return Gain.between(before, after)
