"""Asks what influences one class, or some validation rows, instead of the mean over all of them.

Every method's question is the mean loss over the validation data; another question is other validation data. So a
target is a subset of the validation rows, with a fingerprint of its own, and nothing else changes. The rows may also be
asked about one by one, see `estimators.row_scores`.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple, Union

import numpy as np

from ..array import IntArray
from ..choices import METHODS_WITHOUT_VALIDATION
from ..dataset.class_names import ClassNames
from ..dataset.dataset import Dataset
from ..dataset.indexed_column import listed_samples
from ..errors import ConfigError, DataError
from ..evaluation.finding import listed
from ..files import FilePath
from ..network import Network
from ..remedies import remedy
from ..similar_names import did_you_mean
from .request_checks import require_whole

__all__ = ["ValidationTarget", "narrowed", "refuse_target"]

LOGGER = logging.getLogger("nnabla_influence")
MOST_CLASSES_SHOWN = 50
CLASS_SIGN = "class="


@dataclass(frozen=True)
class ValidationTarget:
    """The validation rows that are asked about.

    Args:
        value: The number or the name of a class; the numbers of validation rows; or a CSV whose column
            ``datasource_index`` lists them.
        each: Ask about each row by itself as well, not only about their mean; not for a class.

    Raises:
        ConfigError: A number is negative or no whole number, there is no row, or each row of a class is asked about.

    Example:
        >>> ValidationTarget(3).kind, ValidationTarget("dog").kind, ValidationTarget((1, 5)).kind
        ('class', 'class', 'rows')
        >>> ValidationTarget(Path("rows.csv")).kind
        'rows'
    """

    value: Union[int, str, Path, Tuple[int, ...]]
    each: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.value, tuple):
            if not self.value:
                raise ConfigError("Expected the numbers of validation rows as a target, got none.")
            for row in self.value:
                require_whole("the row number of a target", row, 0)
        elif self.kind == "class" and self.each:
            raise ConfigError("Each row is asked about where rows are named, not of a class. Name its rows.")
        elif not isinstance(self.value, (str, Path)):
            require_whole("the class number of a target", self.value, 0)

    @classmethod
    def of(cls, value: Union[int, FilePath, Sequence[int], None], each: bool = False) -> Optional[ValidationTarget]:
        """Make a target of what a Python user gives.

        Args:
            value: A class number, ``"class=dog"`` for one that has a name, numbers of rows, the name of a CSV, or None.
            each: Whether each row is asked about by itself.

        Raises:
            ConfigError: Each row is asked about where there is no target.

        Example:
            >>> ValidationTarget.of("class=dog").value, ValidationTarget.of("class=3").value
            ('dog', 3)
        """
        if value is None:
            if each:
                raise ConfigError("Each row is asked about where rows are named; give their numbers as target.")
            return None
        if isinstance(value, str) and value.startswith(CLASS_SIGN):
            return dataclasses.replace(cls.of_class(value[len(CLASS_SIGN) :]), each=each)
        if isinstance(value, (str, Path)):
            return cls(Path(value), each)
        if not isinstance(value, int):
            return cls(tuple(value), each)
        return cls(value, each)

    @classmethod
    def of_class(cls, name: str) -> ValidationTarget:
        """Make a target of a class as somebody types it; what is all digits is its number, as data sets have it."""
        return cls(int(name) if name.isdecimal() else name)

    @property
    def file(self) -> Optional[Path]:
        """The file it reads, if any."""
        return self.value if isinstance(self.value, Path) else None

    @property
    def kind(self) -> str:
        """``class`` or ``rows``."""
        return "rows" if isinstance(self.value, (Path, tuple)) else "class"

    @property
    def rows(self) -> List[int]:
        """The numbers of the rows that are named, ascending, each once.

        Raises:
            DataError: The list is missing or broken.
        """
        named = listed_samples(self.value) if isinstance(self.value, Path) else self.value
        return sorted(set(named)) if isinstance(named, (list, tuple)) else []

    @property
    def columns(self) -> List[str]:
        """The columns of scores that each row gets; empty where only their mean is asked about."""
        return [f"row_{row}" for row in self.rows] if self.each else []

    def absolute(self) -> ValidationTarget:
        """Return the same target with an absolute path."""
        return self if self.file is None else dataclasses.replace(self, value=self.file.absolute())


def refuse_target(target: Optional[ValidationTarget], method: str) -> None:
    """Refuse a target for a method that never looks at the validation data.

    Raises:
        ConfigError: It is one of `choices.METHODS_WITHOUT_VALIDATION`.
    """
    if target is not None and method in METHODS_WITHOUT_VALIDATION:
        raise ConfigError("", remedy("method-has-no-target", method=method))


def narrowed(validation: Dataset, network: Network, target: Optional[ValidationTarget]) -> Dataset:
    """Return the validation rows that are asked about.

    Args:
        validation: The validation data.
        network: Knows the label column.
        target: None for all rows.

    Raises:
        DataError: There is no such class, the labels are no class numbers, or the list is broken or names a row there
            is not.
    """
    if target is None:
        return validation
    if isinstance(target.value, (int, str)):
        rows = _rows_of_class(validation, network, _class_number(target.value, validation))
    else:
        rows = np.array(target.rows, dtype=np.int64)
        if rows[-1] >= len(validation):
            where = f"{target.file}: expected" if target.file else "Expected as target"
            raise DataError(
                f"{where} rows of {validation.path} from 0 to {len(validation) - 1}, found {rows[-1]}. List validation "
                "rows, not training rows."
            )
    named = target.value if not isinstance(target.value, tuple) else ",".join(map(str, target.value))
    LOGGER.info("target: %d of %d validation rows (%s=%s)", len(rows), len(validation), target.kind, named)
    return validation.subset(rows)


def _class_number(asked: Union[int, str], validation: Dataset) -> int:
    """Return the number of a class.

    Raises:
        DataError: No class has that name.
    """
    names = validation.class_names
    numbers = {name: number for number, name in names.items()}
    if isinstance(asked, str):
        if asked not in numbers:
            known = listed([repr(name) for name in numbers]) if numbers else "none: there is no classes.csv beside it"
            raise DataError(
                f"{validation.path}: expected a class called '{asked}', found {known}.{did_you_mean(asked, numbers)}",
                None if numbers else remedy("name-classes"),
            )
        return numbers[asked]
    if str(asked) != names.get(asked, str(asked)) and str(asked) in numbers:
        LOGGER.warning(
            "class %d is the class with that number, called '%s'; the class called '%d' has the number %d",
            asked,
            names[asked],
            asked,
            numbers[str(asked)],
        )
    return asked


def _rows_of_class(validation: Dataset, network: Network, number: int) -> IntArray:
    role = network.roles.validation.losses[0]
    column = role.target or network.loss_role.target
    if column is None or validation.shapes[column] != (1,):
        raise DataError("", remedy("target-needs-class-numbers", number=number, network=network.path))
    labels = validation.column(column)[:, 0]  # (N,)
    rows: IntArray = np.flatnonzero(labels == number)
    if not len(rows):
        values, counts = np.unique(labels, return_counts=True)
        if (values != values.round()).any():
            example = f"{values[values != values.round()][0]:g}"
            raise DataError(
                "",
                remedy("target-found-real-values", data=validation.path, number=number, column=column, example=example),
            )
        called = [_called(value, validation.class_names) for value in values[:MOST_CLASSES_SHOWN]]
        shown = ", ".join(f"{name} ({n} rows)" for name, n in zip(called, counts))
        more = ", ..." if len(values) > MOST_CLASSES_SHOWN else ""
        raise DataError(
            f"{validation.path}: expected rows of class {number} in column {column}, found none. The classes there "
            f"are: {shown}{more}."
        )
    return rows


def _called(value: float, names: ClassNames) -> str:
    """Return a class number, as it is asked for, and its name where it has one."""
    return f"{value:g} {names[int(value)]}" if int(value) in names else f"{value:g}"
