"""The request for a report: the files it is made from, and what is not in any of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Mapping, Optional, Union

from ..dataset.class_names import ClassNames
from ..errors import ConfigError

__all__ = ["ReportInputs"]


@dataclass(frozen=True)
class ReportInputs:
    """The files a report is made from, and what is not in any of them.

    Args:
        influence: The influence CSV that ``score`` or ``run`` wrote.
        curve: The removal curve that ``evaluate`` wrote.
        cache: The training cache.
        label: The variable with the classes; left out, ``y`` if it holds classes.
        details: Further figures to show under cost, e.g. ``{"training": "12 s"}``.
        next_step: The command to show beside the list of ticked rows, which leaves these out; ``{influence}`` and
            ``{ticked}`` in it become the two files. None shows no command.
        suspects: The list of suspicious validation rows that ``score`` or ``run`` wrote.
        classes: A CSV with the names of the classes; left out, ``classes.csv`` beside the influence CSV, if it is
            there.
        target: The CSV of validation rows that the scores ask about (``score --target rows=...``), to be shown beside
            the training rows that helped and harmed them.
        validation: The validation CSV, which has what the rows in `target` look like.

    Raises:
        ConfigError: `target` without `validation`.

    Example:
        >>> ReportInputs("influence.csv", curve="curve.csv").label is None
        True
    """

    influence: Union[str, Path]
    curve: Union[str, Path, None] = None
    cache: Union[str, Path, None] = None
    label: Optional[str] = None
    details: Mapping[str, str] = field(default_factory=dict)
    next_step: Optional[str] = None
    suspects: Union[str, Path, None] = None
    classes: Union[str, Path, None] = None
    target: Union[str, Path, None] = None
    validation: Union[str, Path, None] = None

    def __post_init__(self) -> None:
        if self.target is not None and self.validation is None:
            raise ConfigError(
                f"Expected the validation data beside the list of validation rows {self.target}, got none. Name the "
                "validation CSV: the list has row numbers only."
            )

    @property
    def files(self) -> List[Union[str, Path, None]]:
        """All files that are read, None for those that are not there."""
        return [self.influence, self.curve, self.cache, self.suspects, self.classes, self.target, self.validation]

    @property
    def class_names(self) -> ClassNames:
        """What the classes are called.

        Raises:
            DataError: The file that was named cannot be read.
        """
        return ClassNames.found(self.classes, Path(self.influence), self.label)
