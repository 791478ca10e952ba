"""What the network is to predict: which columns, classes or values, and how classes are numbered.

One column of text is a class. One column of whole numbers is a class too if the numbers repeat: at most
`MOST_UNORDERED` different ones, or as many as there may be if they count without a gap from 0 or 1. Other numbers are
values to predict. Several columns of 0 and 1 are one class (one 1 in every row: one-hot) or several labels. Classes are
numbered from 0 in the order of their numbers or their names, and the names are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from ...array import Array, IntArray
from ...choices import TASKS
from ...errors import DataError
from ...remedies import remedy
from .column_cells import ColumnCells
from .import_note import ImportNote, listed

__all__ = ["LabelPlan", "plan_labels"]

CLASSIFICATION, REGRESSION = TASKS[:2]
MOST_UNORDERED = 30
MOST_COUNTED = 1000
ROWS_PER_CLASS = 5  # on average; below it, numbers are values


@dataclass(frozen=True)
class LabelPlan:
    """The labels of all rows.

    Args:
        columns: Their columns in the source.
        values: (N, k) numbers; NaN where a label is missing.
        classes: The name of every class in the order of the numbers; empty if the labels are no classes.
        headers: The names of the k numbers.
        notes: What is to be said.
    """

    columns: Tuple[str, ...]
    values: Array
    classes: Tuple[str, ...] = ()
    headers: Tuple[str, ...] = ()
    notes: List[ImportNote] = field(default_factory=list)

    @property
    def regression(self) -> bool:
        """Whether the labels are values to predict: neither classes nor zeros and ones of several labels."""
        several = self.values.shape[1] > 1 and bool(np.isin(self.values[self.present], (0, 1)).all())
        return not self.classes and not several

    @property
    def present(self) -> Array:
        """(N,) which rows have all their labels."""
        whole: Array = ~np.isnan(self.values).any(axis=1)
        return whole

    def require_trained(self, rows: IntArray) -> None:
        """Refuse classes that the training rows lack; a source that states its parts may have such.

        Raises:
            DataError: There is one.
        """
        trained = set(self.values[rows, 0]) if self.classes else set()
        lost = [name for number, name in enumerate(self.classes) if number not in trained]
        if lost:
            raise DataError(f"Expected training rows of every class, got none of {listed(lost)}.")

    def strata(self, rows: Union[IntArray, List[int]]) -> Optional[IntArray]:
        """Return the classes of some rows that have one, to be spread evenly; None where there are no classes."""
        return self.values[rows, 0].astype(np.int64) if self.classes else None


def plan_labels(cells: Mapping[str, ColumnCells], task: Optional[str] = None) -> LabelPlan:
    """Decide what the labels are.

    Args:
        cells: The label columns by name.
        task: ``classification`` or ``regression``; None: by the cells.

    Raises:
        DataError: There are no labels or one class only, or they do not fit the task.
    """
    names = tuple(cells)
    empty = [name for name in names if cells[name].missing.all()]
    if empty:
        raise DataError(f"Expected labels in column {empty[0]!r}, got empty cells only. Name another column.")
    plan = _one_column(names[0], cells[names[0]], task) if len(names) == 1 else _several_columns(cells, task)
    without = int((~plan.present).sum())
    if without:
        plan.notes.append(ImportNote(f"rows left out, without a label: {without:,}"))
    if len(plan.classes) == 1:
        raise DataError(
            f"Expected at least two classes in column {', '.join(names)}, got {plan.classes[0]!r} in every row. Name "
            "another column."
        )
    return plan


def _one_column(name: str, cells: ColumnCells, task: Optional[str]) -> LabelPlan:
    numbers = cells.numbers
    if numbers is None:
        if task == REGRESSION:
            raise DataError(
                f"Expected numbers to predict in column {name!r}, got text such as {cells.text[~cells.missing][0]!r}."
            )
        return _named_classes(name, cells)
    if task == CLASSIFICATION or (task is None and _are_classes(numbers[~cells.missing])):
        return _numbered_classes(name, numbers, task)
    note = ImportNote("values to predict (regression)", name)
    return LabelPlan((name,), numbers[:, None], (), (name,), [*cells.notes, note])


def _are_classes(numbers: Array) -> bool:
    if not len(numbers) or (numbers != np.round(numbers)).any():
        return False
    distinct = np.unique(numbers)
    if len(distinct) * ROWS_PER_CLASS > len(numbers):
        # A table of a few rows is too small to tell; two or three values are classes all the same.
        return len(distinct) <= 3 and len(distinct) < len(numbers)
    counted = distinct[0] in (0, 1) and distinct[-1] - distinct[0] == len(distinct) - 1
    return len(distinct) <= (MOST_COUNTED if counted else MOST_UNORDERED)


def _named_classes(name: str, cells: ColumnCells) -> LabelPlan:
    names = sorted(set(cells.text[~cells.missing]))
    numbers = {text: float(number) for number, text in enumerate(names)}
    values = np.array([numbers.get(text, np.nan) for text in cells.text])
    return LabelPlan((name,), values[:, None], tuple(names), (name,), [_said(name, names), *_alike(name, names)])


def _alike(name: str, classes: Sequence[str]) -> List[ImportNote]:
    """Say which names differ in capital letters only: one class, most likely, that somebody typed in two ways."""
    spelled: Dict[str, List[str]] = {}
    for each in classes:
        spelled.setdefault(each.lower(), []).append(each)
    twice = [each for spellings in spelled.values() if len(spellings) > 1 for each in spellings]
    return [ImportNote(f"classes that differ in capital letters only: {listed(twice)}", name)] if twice else []


def _numbered_classes(name: str, numbers: Array, task: Optional[str]) -> LabelPlan:
    present = numbers[~np.isnan(numbers)]
    if (present != np.round(present)).any():
        raise DataError(
            f"Expected class numbers in column {name!r}, got {present[present != np.round(present)][0]:g}.",
            remedy("import-as-values"),
        )
    distinct = np.unique(present)
    names = [f"{number:.0f}" for number in distinct]
    values = np.searchsorted(distinct, numbers).astype(np.float64)
    values[np.isnan(numbers)] = np.nan
    notes = [_said(name, names)]
    if not np.array_equal(distinct, np.arange(len(distinct))):
        notes.append(ImportNote(f"classes {listed(names)} are numbered 0 to {len(names) - 1}", name))
    if task is None and len(distinct) > 3:
        notes.append(ImportNote("whole numbers that repeat are taken as classes", name))
    return LabelPlan((name,), values[:, None], tuple(names), (name,), notes)


def _several_columns(cells: Mapping[str, ColumnCells], task: Optional[str]) -> LabelPlan:
    names = tuple(cells)
    text = [name for name in names if cells[name].numbers is None]
    if text:
        raise DataError(f"Expected numbers in several label columns, got text in {text[0]!r}. Name one column of text.")
    values = np.stack([np.asarray(cells[name].numbers) for name in names], axis=1)  # (N, k)
    whole = values[~np.isnan(values).any(axis=1)]
    if task != REGRESSION and np.isin(whole, (0, 1)).all():
        if (whole.sum(axis=1) == 1).all():
            return _one_hot(names, values)
        note = ImportNote(
            f"{len(names)} label columns of 0 and 1, any number of 1 in a row: several labels (multi-label)"
        )
        return LabelPlan(names, values, (), names, [note])
    if task == CLASSIFICATION:
        raise DataError(f"Expected 0 and 1 in the label columns {listed(names)}, got other numbers.")
    return LabelPlan(
        names, values, (), names, [ImportNote(f"{len(names)} label columns: values to predict (regression)")]
    )


def _one_hot(names: Tuple[str, ...], values: Array) -> LabelPlan:
    classes = _without_prefix(names)
    numbers = np.where(np.isnan(values).any(axis=1), np.nan, np.nan_to_num(values).argmax(axis=1))
    note = ImportNote(f"{len(names)} label columns with one 1 in every row: one class each ({listed(classes)})")
    return LabelPlan(names, numbers[:, None], tuple(classes), ("label",), [note])


def _without_prefix(names: Sequence[str]) -> List[str]:
    """Leave out what all names begin with, up to a sign that joins words: ``label_cat`` becomes ``cat``."""
    shared = 0
    while all(len(name) > shared + 1 for name in names) and len({name[: shared + 1] for name in names}) == 1:
        shared += 1
    start = max((names[0].rfind(sign, 0, shared) + 1 for sign in "_=.- :"), default=0)
    return [name[start:] for name in names]


def _said(name: str, classes: Sequence[str]) -> ImportNote:
    return ImportNote(f"{len(classes)} classes ({listed(classes)})", name)
