"""The noun *decision*: is removing samples worth it, and how many? One decision and one sentence for every door.

Three questions are asked of three kinds of rows, and no row answers two of them: some validation rows made the scores,
some choose the number (see `choice`), and others confirm it. Confirmed is a number if the error of networks trained
without those samples lies below the error without removal, by at least `SHARE` of it, *and* below the error after
removing as many at random, each with zero outside the 95 % interval, whose standard error covers rows and trainings
(see `gain`). A ranking that knows nothing passes that in at most one case in forty, however many numbers were tried,
because one number is confirmed, not the best of many.

So that few rows are needed, those that did not score are halved, and each half confirms what the other one chose; the
number to remove is what both together choose, but not more than the larger of the two: of more nobody has confirmed
that it does no harm. Where test data is given, it confirms, and all other rows choose.

The error is one of probabilities (see `row_figures`). A network that is far from having learnt its data grows surer
without some samples, and may answer no better, or worse. So nothing is removed either where the share of right answers
falls by more than a standard error.

The answer is one of four: remove so many; nothing is worth removing; the rows are too few to tell (and how many would
do); or nobody can tell, because a number was tried with one training only, or the table came without the figures of its
rows. In doubt nothing is removed.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from enum import Enum
from typing import Callable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..array import Array
from ..choices import TREATMENTS
from .choice import best_number
from .cross_fit import CrossFit, cross_fit
from .evaluation_data import SELECTION, TEST
from .gain import Gain
from .noise_excess import NoiseExcess
from .removal_curve import WHOLE, RemovalCurve

__all__ = ["Decision", "Outcome", "Pick", "chosen_numbers", "chosen_picks", "decide", "decisions"]

RANDOM = "random"
Line = Tuple[str, str, str]
"""Method, treatment and start: one line of a curve."""

DONE = {"remove": "without", "relabel": "with new labels for"}
AT_RANDOM = {"remove": "removing", "relabel": "relabelling"}


class Pick(NamedTuple):
    """What is done, and with how many samples."""

    treatment: str
    number: int


Picks = Tuple[Pick, Tuple[Pick, ...]]
"""What all choosing rows choose, and what each part of them chooses."""

LEVEL = 0.025
"""How often a gain may be seen where there is none; one end of the 95 % interval, so that what is decided is shown."""

WORTH = 0.005
"""The smallest fall of the error that counts as one."""

SHARE = 0.05
"""The smallest fall, as a share of the error without removal, that data is removed for.

Every data set has samples that a network is better off without by a hundredth or two of its error: doubtful, not wrong.
Leaving them out makes the data less like what will come."""


class Outcome(Enum):
    """An answer; its value is the cell of a table."""

    REMOVE = "remove"
    NOTHING = "nothing worth removing"
    TOO_FEW = "too few rows to tell"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True)
class Decision:
    """What was decided about one ranking.

    Example:
        >>> gain = Gain(0.03, 0.005, 0.002, 0.001, 40.0, 400, 5)
        >>> decision = Decision(Outcome.REMOVE, "spectral", "remove", "scratch", 30, (30,), "test", gain)
        >>> decision.sentence[:110]
        'spectral: remove 30 samples. Trained from scratch without the 30 most harmful samples, the error on 400 rows o'

    Attributes:
        outcome: The answer.
        method: Whose ranking.
        treatment: What is done with the samples: ``remove`` or ``relabel``.
        start: Where the trainings that confirm started.
        number: How many samples; 0 unless the outcome is `Outcome.REMOVE`.
        confirmed: The numbers that were confirmed: what each half of the rows chose for the other half.
        data: Which rows confirmed, ``selection`` or ``test``.
        gain: The fall of the error against no removal; None if no number was worth a look.
        against_random: The same against removing as many at random; None if that was not trained.
        largest: Whether the number is the largest that was tried.
        treatments: What was confirmed: what each half of the rows chose to do with the samples.
        wrong: The fall of the share of wrong answers against no removal; None without classes.
        error: The error without removal, mean over the rows that confirm.
    """

    outcome: Outcome
    method: str
    treatment: str
    start: str
    number: int
    confirmed: Tuple[int, ...]
    data: str
    gain: Optional[Gain] = None
    against_random: Optional[Gain] = None
    largest: bool = False
    treatments: Tuple[str, ...] = TREATMENTS[:1]
    wrong: Optional[Gain] = None
    error: float = 0.0

    @property
    def worth(self) -> float:
        """The smallest fall of the error that data is removed for."""
        return max(WORTH, SHARE * self.error)

    @property
    def _gains(self) -> List[Gain]:
        return [gain for gain in (self.gain, self.against_random) if gain is not None]

    def judged(self) -> Outcome:
        """Return the outcome that the gains stand for."""
        gains = self._gains
        if not gains:
            return Outcome.NOTHING
        if any(gain.seeds < 2 for gain in gains):
            return Outcome.UNKNOWN
        if self.gain is None or self.gain.mean < self.worth or self._costs_answers:
            return Outcome.NOTHING
        if all(gain.is_real(LEVEL) for gain in gains):
            return Outcome.REMOVE
        return Outcome.TOO_FEW if math.isfinite(self.rows_needed) else Outcome.NOTHING

    @property
    def _costs_answers(self) -> bool:
        """Whether fewer answers are right, by more than a standard error."""
        return self.wrong is not None and self.wrong.mean < -self.wrong.error

    @property
    def rows_needed(self) -> float:
        """How many rows would confirm gains of this size; infinite if none would."""
        return max((gain.rows_needed(LEVEL) for gain in self._gains), default=math.inf)

    @property
    def sentence(self) -> str:
        """The decision in words."""
        gain = self.gain
        if gain is not None and self.outcome is Outcome.REMOVE:
            most = " It is the largest number that was tried." if self.largest else ""
            return f"{self.method}: {self.treatment} {self.number:,} samples. {self._evidence(gain)}.{most}"
        if gain is None and self.outcome is Outcome.UNKNOWN:
            return (
                f"{self.method}: nothing can be decided, because the figures of the rows (.rows.npz) do not lie beside "
                "the table."
            )
        if gain is None:
            return (
                f"{self.method}: nothing is worth removing; no number lowers the error on the rows that choose beyond "
                "chance."
            )
        if self.outcome is Outcome.UNKNOWN:
            return (
                f"{self.method}: one training of each kind cannot tell chance from effect, so nothing is removed; use "
                "3 trials or more."
            )
        if self.outcome is Outcome.NOTHING:
            why = f"; {self.worth:.2g} would be worth it" if 0 < gain.mean < self.worth else ""
            if self.wrong is not None and self._costs_answers:
                why = f"; but the share of wrong answers changes by {_change(self.wrong)}"
            return f"{self.method}: nothing is worth removing. {self._evidence(gain)}{why}."
        return (
            f"{self.method}: the validation rows are too few to tell, and in doubt nothing is removed. "
            f"{self._evidence(gain)}; about {self.rows_needed:,.0f} such rows would show gains of this size."
        )

    def _evidence(self, gain: Gain) -> str:
        """Say what the confirming rows show, as changes of the error: negative is better."""
        trained = "Trained from scratch" if self.start == "scratch" else "With the last epoch trained again"
        samples = f"the {' or '.join(f'{n:,}' for n in self.confirmed)} most harmful samples"
        changed = " or ".join(f"{DONE[treatment]} {samples}" for treatment in self.treatments)
        which = "of the test data" if self.data == TEST else "that neither scored nor chose"
        text = (
            f"{trained} {changed}, the error on {gain.rows:,} rows {which} changes by {_change(gain)} "
            "against removing nothing"
        )
        if self.against_random is not None:
            control = " or ".join(AT_RANDOM[treatment] for treatment in self.treatments)
            text += f" and by {_change(self.against_random)} against {control} as many at random"
        return f"{text} ({gain.seeds} trainings of each kind)"


def _change(gain: Gain) -> str:
    """Write the change of the error, which is minus the gain."""
    interval = gain.interval()
    return dataclasses.replace(interval, mean=-interval.mean).text("+.3g")


Rule = Callable[[Mapping[int, Array], Optional[NoiseExcess]], int]
"""From the errors of every number, see `choice.best_number`, to the number that some rows choose."""


def chosen_numbers(
    curve: RemovalCurve, line: Line, cross: CrossFit, rule: Rule = best_number
) -> Tuple[int, Tuple[int, ...]]:
    """Return the number that all choosing rows choose, and what each part of them chooses.

    Args:
        curve: The retrainings.
        line: Method, treatment and start.
        cross: Which rows choose; each part asks its own rows alone how many labels are wrong.
        rule: `choice.best_number` of those that were tried, or `choice.likeliest_number`.
    """
    method, treatment, start = line
    numbers = [0, *curve.numbers(method, treatment, start)]
    errors = curve.errors([(method, treatment, number) for number in numbers], start, SELECTION)
    if not errors:
        return 0, (0,) * len(cross.parts)
    everything = np.arange(errors[0].shape[1])
    best, *parts = (
        rule(
            dict(zip(numbers, (of_rows[:, rows] for of_rows in errors))),
            curve.noise_excess(rows),
        )
        for rows in (everything, *(rows for rows, _ in cross.parts))
    )
    return best, tuple(parts)


def chosen_picks(curve: RemovalCurve, method: str, start: str, cross: CrossFit) -> Picks:
    """Return what all choosing rows choose, and what each part of them: a number, and what is done with the samples.

    The number is that of removal. Where new labels were tried for as many, they are taken if the error with them is
    lower by more than a standard error of the difference, on the rows that choose.

    Args:
        curve: The retrainings.
        method: Whose ranking.
        start: Where they started.
        cross: Which rows choose.
    """
    candidate, parts = chosen_numbers(curve, (method, "remove", start), cross)
    everything = np.concatenate([rows for rows, _ in cross.parts]) if cross.data == SELECTION else cross.parts[0][0]
    own_rows = [rows for rows, _ in cross.parts]
    best, *of_parts = (
        Pick(_treatment(curve, method, number, start, rows), number)
        for number, rows in zip((candidate, *parts), (everything, *own_rows))
    )
    return best, tuple(of_parts)


def _treatment(curve: RemovalCurve, method: str, number: int, start: str, rows: Array) -> str:
    """Return whether some rows are better off with the samples removed or with new labels for them."""
    both = [(method, treatment, number) for treatment in TREATMENTS]
    errors = curve.errors(both, start, SELECTION) if number else []
    if not errors:
        return TREATMENTS[0]
    won = Gain.between(*(of_rows[:, rows] for of_rows in errors))
    return TREATMENTS[1] if won.mean > won.error else TREATMENTS[0]


def decide(
    choosing: RemovalCurve,
    line: Line,
    confirming: RemovalCurve,
    start: str,
    cross: CrossFit,
    picks: Optional[Picks] = None,
) -> Decision:
    """Decide whether removing samples by a ranking, or giving them new labels, is worth it.

    Args:
        choosing: Retrainings for several numbers.
        line: Whose ranking, what is done with the samples, and where the retrainings that choose started.
        confirming: Retrainings with the numbers that are chosen, without removal, and by the method ``random``; those
            of the choosing curve itself, or better fresh ones: a number may be chosen for the luck of its trainings.
        start: Where the retrainings that confirm started.
        cross: Which rows choose and which confirm.
        picks: What was chosen; left out, a number for the line's own treatment is.
    """
    method, treatment, first = line
    if picks is None:
        candidate, numbers = chosen_numbers(choosing, line, cross)
        picks = Pick(treatment, candidate), tuple(Pick(treatment, number) for number in numbers)
    best, parts = picks
    nothing = Decision(Outcome.NOTHING, method, best.treatment, start, 0, (), cross.data)
    if not choosing.errors([WHOLE], first, SELECTION):
        return dataclasses.replace(nothing, outcome=Outcome.UNKNOWN)
    tried = [pick for pick in parts if pick.number]
    if best.number == 0 or not tried:
        return nothing
    number = min(best.number, max(pick.number for pick in tried))
    ours = [(method, pick.treatment, pick.number) for pick in parts]
    own = confirming.errors([WHOLE, *ours], start, cross.data)
    if not own:
        return nothing
    against_random = None
    at_random = [(RANDOM, pick.treatment, pick.number) for pick in parts]
    paired = confirming.errors([*at_random, *ours], start, cross.data)
    if paired:
        against_random = Gain.between(*_confirmed(paired[: len(parts)], paired[len(parts) :], cross))
    before, after = _confirmed(own[:1] * len(parts), own[1:], cross)
    answers = confirming.wrong([WHOLE, *ours], start, cross.data)
    decided = dataclasses.replace(
        nothing,
        confirmed=tuple(sorted({pick.number for pick in tried})),
        treatments=tuple(sorted({pick.treatment for pick in tried}, key=TREATMENTS.index)),
        gain=Gain.between(before, after),
        error=float(before.mean()),
        against_random=against_random,
        wrong=Gain.between(*_confirmed(answers[:1] * len(parts), answers[1:], cross)) if answers else None,
        largest=number == max(choosing.numbers(method, line[1], first)),
    )
    outcome = decided.judged()
    return dataclasses.replace(decided, outcome=outcome, number=number if outcome is Outcome.REMOVE else 0)


def _confirmed(before: Sequence[Array], after: Sequence[Array], cross: CrossFit) -> Tuple[Array, Array]:
    """Put the rows that confirm each part's number side by side: two arrays (S, m)."""
    rows = [confirm for _, confirm in cross.parts]
    first, second = (
        np.concatenate([errors[:, part] for errors, part in zip(of_parts, rows)], axis=1)
        for of_parts in (before, after)
    )
    return first, second


def decisions(curve: RemovalCurve, seed: int = 0) -> List[Decision]:
    """Decide about every line of a curve but ``random``, each confirmed by the curve's own retrainings."""
    lines = [(*series, start) for start in curve.starts for series in curve.series if series[0] != RANDOM]
    return [decide(curve, line, curve, line[2], cross_fit(curve, line[2], seed)) for line in lines]
