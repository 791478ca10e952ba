"""The noun *evaluation data*: which data is trained on, which scores, which chooses, and which judges.

Whoever scores samples, chooses how many to remove and judges the result with the same rows flatters himself three
times. So the validation data is halved by a seed (one half scores, the other half chooses), or the data that chooses is
given; test data judges the choice, once. Rows that occur in two of the parts are looked for by their values: rows that
choose may not have been seen before at all; of the test data of a table, a few may be equal by accident (a row of few
columns happens twice) and are left out.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

import numpy as np

from ..dataset.dataset import Dataset
from ..dataset.overlap import overlapping_rows
from ..errors import ConfigError, DataError
from ..remedies import remedy

__all__ = ["SELECTION", "TEST", "EvaluationData"]

SELECTION = "selection"
TEST = "test"
ACCIDENTAL = {"test data": 0.01, "selection data": 0.0}
"""Share of equal rows that data which judges may well have by accident."""

LOGGER = logging.getLogger("nnabla_influence")


@dataclass(frozen=True)
class EvaluationData:
    """The data of an evaluation; made of whole data sets by `split`.

    Example:
        >>> import numpy as np
        >>> from nnabla_influence import Dataset
        >>> train = Dataset.from_arrays({"x": np.arange(8), "y": np.arange(8) % 2})
        >>> validation = Dataset.from_arrays({"x": np.arange(8, 14), "y": np.arange(6) % 2})
        >>> data = EvaluationData.split(train, validation)
        >>> len(data.train), len(data.scoring), len(data.selection), data.test
        (8, 3, 3, None)

    Args:
        train: What is trained on.
        scoring: Validation rows the scores are computed with.
        selection: What chooses the number of samples; neither trained on nor scored with.
        test: What judges the choice, if there is any.
    """

    train: Dataset
    scoring: Dataset
    selection: Dataset
    test: Optional[Dataset] = None

    @property
    def parts(self) -> Tuple[Dataset, ...]:
        """All of its data sets."""
        return (self.train, self.scoring, self.selection, *(() if self.test is None else (self.test,)))

    @classmethod
    def split(
        cls,
        train: Dataset,
        validation: Dataset,
        selection: Optional[Dataset] = None,
        test: Optional[Dataset] = None,
        split_seed: int = 0,
    ) -> EvaluationData:
        """Halve the validation data unless selection data is given, and check that nothing is used twice.

        Args:
            train: What is trained on.
            validation: What scores; without `selection`, one half of it.
            selection: What chooses; None for the other half of the validation data.
            test: What judges, if there is any.
            split_seed: Draws the halves.

        Raises:
            DataError: Two of the data sets share rows.
            ConfigError: The validation data is too small to be halved.
        """
        if selection is None:
            scoring, chooses = halves(validation, split_seed)
        else:
            scoring = validation
            chooses = _disjoint("selection data", selection, {"training data": train, "validation data": validation})
        data = cls(train, scoring, chooses)
        return data if test is None else data.judged_by(test, validation)

    def judged_by(self, test: Dataset, validation: Dataset) -> EvaluationData:
        """Return the same data with what judges the choice.

        Args:
            test: What judges.
            validation: The validation data that was split.

        Raises:
            DataError: It shares rows with other data.
        """
        others = {"training data": self.train, "validation data": validation}
        if self.scoring is validation:  # else the selection data is half of it
            others["selection data"] = self.selection
        return dataclasses.replace(self, test=_disjoint("test data", test, others))

    @property
    def measured(self) -> Dict[str, Dataset]:
        """The data sets that retrained networks are measured on, by name."""
        return {SELECTION: self.selection, **({TEST: self.test} if self.test is not None else {})}

    @property
    def fingerprints(self) -> List[str]:
        """The fingerprints of all parts: training, scoring, selection and, if there is any, test data."""
        return [data.fingerprint for data in (self.train, self.scoring, *self.measured.values())]


def halves(validation: Dataset, seed: int) -> Tuple[Dataset, Dataset]:
    """Draw the rows that score and the rows that choose; the first half has one more of an odd number.

    Raises:
        ConfigError: There are fewer than two rows.
    """
    if len(validation) < 2:
        raise ConfigError(
            f"{validation.path} has {len(validation)} row and cannot be halved;", remedy("give-selection")
        )
    order = np.random.default_rng(seed).permutation(len(validation))
    middle = (len(validation) + 1) // 2
    LOGGER.info(
        "validation data: %d rows score, the other %d choose how many to remove (seed %d)",
        middle,
        len(validation) - middle,
        seed,
    )
    return validation.subset(np.sort(order[:middle])), validation.subset(np.sort(order[middle:]))


def _disjoint(name: str, evaluated: Dataset, others: Dict[str, Dataset]) -> Dataset:
    """Return the data to evaluate on, without rows that are in others.

    Raises:
        DataError: More of the rows are in both than `ACCIDENTAL` allows.
    """
    for other, dataset in others.items():
        evaluated = _without_shared_rows(name, evaluated, other, dataset)
    return evaluated


def _without_shared_rows(name: str, evaluated: Dataset, other: str, dataset: Dataset) -> Dataset:
    pairs = overlapping_rows(dataset, evaluated)  # (k, 2): row of the other, row of the evaluated data
    if not len(pairs):
        return evaluated
    examples = ", ".join(f"{b} = {a}" for a, b in pairs[:5]) + (", ..." if len(pairs) > 5 else "")
    shared = f"{len(pairs)} of the {len(evaluated)} rows of the {name} ({evaluated.path}) are also in the {other}"
    if len(pairs) > ACCIDENTAL[name] * len(evaluated):
        raise DataError(f"{shared} ({dataset.path}): rows {examples}. Data that judges must be new; give other data.")
    LOGGER.warning("%s and are left out: rows %s", shared, examples)
    return evaluated.subset(np.setdiff1d(np.arange(len(evaluated)), pairs[:, 1]))
