"""The names of a data set's classes: ``classes.csv`` with the columns ``number,name`` beside the data set.

NNC's data sets are numeric, so a class is a number in them; the file says what people call it. Whatever shows results
to people looks for it; what is written for NNC stays numeric.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from ..errors import DataError

__all__ = ["CLASSES_FILE", "NO_NAMES", "ClassNames", "class_names_csv"]

CLASSES_FILE = "classes.csv"
HEADER = ["number", "name"]
DEFAULT_LABEL = "y"


def class_names_csv(folder: Path, names: Sequence[str]) -> Tuple[Path, List[str], List[List[str]]]:
    """Return the file of the names of classes 0, 1, 2, ... beside a data set: path, header, rows; see `write_csvs`."""
    return folder / CLASSES_FILE, HEADER, [[str(number), name] for number, name in enumerate(names)]


class ClassNames(Mapping[int, str]):
    """The name of each class by its number.

    Args:
        names: What is known; a class without a name is called by its number, see `say`.

    Example:
        >>> names = ClassNames({0: "cat", 1: "dog"})
        >>> names.say(1), names.say(2)
        ('dog', '2')
    """

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names: Dict[int, str] = dict(names)

    @classmethod
    def read(cls, path: Union[str, Path]) -> ClassNames:
        """Read a file of names.

        Raises:
            DataError: It cannot be read, or a line is no number and a name.
        """
        try:
            with open(str(path), encoding="utf-8-sig", newline="") as stream:
                rows = list(csv.reader(stream))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{path}: expected the names of classes, got the error: {error}.") from error
        return cls(dict(_entry(path, line, row) for line, row in _entries(rows)))

    @classmethod
    def beside(cls, data: Optional[Path]) -> ClassNames:
        """Read the file beside a data set; no names where there is none, or it is another kind of file."""
        path = None if data is None else data.parent / CLASSES_FILE
        if path is None or not path.is_file():
            return NO_NAMES
        try:
            return cls.read(path)
        except DataError:  # not asked for: any file may be called so
            return NO_NAMES

    @classmethod
    def found(cls, named: Union[str, Path, None], data: Optional[Path], label: Optional[str] = None) -> ClassNames:
        """Read the file that somebody named, else the one beside a data set.

        Args:
            named: The file; None: nobody named one.
            data: The data set.
            label: The label column that is asked for; the file beside a data set is about `DEFAULT_LABEL`.

        Raises:
            DataError: The file that was named cannot be read.
        """
        if named is not None:
            return cls.read(named)
        return cls.beside(data) if label in (None, DEFAULT_LABEL) else NO_NAMES

    def say(self, number: int) -> str:
        """Return what a class is called: its name, or its number."""
        return self._names.get(int(number), str(int(number)))

    def __getitem__(self, number: int) -> str:
        return self._names[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


NO_NAMES = ClassNames({})
"""Of data whose classes nobody named."""


def _entries(rows: List[List[str]]) -> Iterator[tuple[int, List[str]]]:
    """Yield the lines with content behind a header, if there is one."""
    for line, row in enumerate(rows, start=1):
        if row and not (line == 1 and not row[0].strip().isdecimal()):
            yield line, row


def _entry(path: Union[str, Path], line: int, row: List[str]) -> tuple[int, str]:
    if len(row) != 2 or not row[0].strip().isdecimal():
        raise DataError(f"{path}: line {line}: expected a class number and its name, got {','.join(row)!r}.")
    return int(row[0]), row[1].strip()
