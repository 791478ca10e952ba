"""One retraining as a row of a removal curve's CSV: written with nine digits, read with the place of what is wrong."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple, Union, get_type_hints

from ..dataset.csv import Table, write_csv
from ..dataset.text_cells import safe_text, text_behind
from ..errors import DataError

__all__ = ["COLUMNS", "CurveRow", "read_rows", "write_rows"]


@dataclass(frozen=True)
class CurveRow:
    """One retraining.

    Attributes:
        method: Whose ranking chose the samples; `removal_curve.NOTHING` without removal.
        treatment: ``remove``, ``relabel`` for giving the samples their predicted label, or one of `choices.CONTROLS`.
        removed: How many samples.
        start: ``last-epoch`` or ``scratch``.
        seed: The training's seed.
        selection_loss: Mean loss on the data that chooses.
        selection_accuracy: NaN unless the labels are class numbers.
        test_loss: NaN without test data.
        test_accuracy: NaN without test data or classes.
        seconds: Duration.
        cpu: CPU model it was computed on.
        job: Identifies everything the figures depend on.
        experiment: Identifies what all rows of a curve share: data, network, configuration.
    """

    method: str
    treatment: str
    removed: int
    start: str
    seed: int
    selection_loss: float
    selection_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float
    cpu: str
    job: str
    experiment: str

    @property
    def key(self) -> Tuple[str, str, int, str, int]:
        """The question a retraining answers; a curve has one row for each."""
        return self.method, self.treatment, self.removed, self.start, self.seed


COLUMNS = tuple(field.name for field in dataclasses.fields(CurveRow))


def read_rows(path: Union[str, Path]) -> List[CurveRow]:
    """Read what `write_rows` wrote.

    Raises:
        DataError: The file is missing, lacks a column, or a cell is not what it should be.
    """
    table = Table.read(path)
    missing = [name for name in COLUMNS if name not in table.header]
    if missing:
        raise DataError(
            f"{table.path}: expected a removal curve, but the column {missing[0]} is missing. Give the CSV that "
            "evaluate wrote for removal."
        )
    return [_parsed(table, number) for number in range(len(table.rows))]


def write_rows(path: Union[str, Path], rows: Sequence[CurveRow]) -> None:
    """Write one line per retraining, whole or not at all."""
    cells = ([_cell(getattr(row, name)) for name in COLUMNS] for row in rows)
    write_csv(Path(path).absolute(), list(COLUMNS), cells)


def _cell(value: object) -> str:
    return f"{value:.9g}" if isinstance(value, float) else safe_text(str(value))


def _parsed(table: Table, number: int) -> CurveRow:
    kinds: Dict[str, Callable[[str], object]] = get_type_hints(CurveRow)
    values = {}
    for name in COLUMNS:
        cell = table.rows[number][table.header.index(name)]
        try:
            values[name] = kinds[name](text_behind(cell))
        except ValueError as error:
            raise DataError(
                f"{table.path}, line {table.line(number)}, column {name}: expected a number, found '{cell}'. Give the "
                "CSV that evaluate wrote."
            ) from error
    return CurveRow(**values)  # type: ignore[arg-type]
