"""What a user may say about a source; the rest is found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Optional, Tuple

__all__ = ["ImportSettings"]


@dataclass(frozen=True)
class ImportSettings:
    """What a user says.

    Args:
        labels: The label columns of a table; empty: guess.
        ignore: Columns, or class folders, to leave out.
        task: ``classification`` or ``regression``; None: by the labels.
        validation: The share of the validation data.
        test: The share of the test data; 0: none.
        seed: Draws the parts.
        colours: Convert images of another kind, see `choices.COLOURS`; None: take them as they are.
        progress: Called with (files done, files in all) while images are looked at.
    """

    labels: Tuple[str, ...] = ()
    ignore: Tuple[str, ...] = ()
    task: Optional[str] = None
    validation: float = 0.2
    test: float = 0.0
    seed: int = 0
    colours: Optional[str] = None
    progress: Optional[Callable[[int, int], None]] = None

    @property
    def shares(self) -> Dict[str, float]:
        """The share of each part but the training data."""
        return {"validation": self.validation, **({"test": self.test} if self.test else {})}
