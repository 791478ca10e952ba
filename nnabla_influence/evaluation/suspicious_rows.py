"""The noun *suspicious rows*: validation rows whose labels are likely wrong, by a network that never saw them.

`confident_learning` says which. The CSV has every column of the validation data with its cells unchanged, then
``predicted_label``, ``self_confidence`` (the predicted probability of the row's own label) and ``datasource_index``
(the row's number in the validation CSV, from 0), most suspicious first; Neural Network Console opens it as a data set.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional, Union

from ..array import IntArray
from ..dataset.added_columns import write_with_columns
from ..dataset.csv import Table
from ..errors import OutputExistsError, RequestError
from ..files import refuse_existing
from ..scores import LABEL_COLUMN
from .confident_learning import LabelNoise

__all__ = ["CONFIDENCE_COLUMN", "SuspiciousRows"]

CONFIDENCE_COLUMN = "self_confidence"


@dataclass(frozen=True)
class SuspiciousRows:
    """Validation rows that look mislabelled.

    Args:
        noise: What was estimated.
        table: The validation data's raw cells; None for data made from arrays.

    >>> import numpy as np
    >>> from nnabla_influence.evaluation.confident_learning import estimate_label_noise
    >>> noise = estimate_label_noise(np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.9, 0.1]]), np.array([0, 0, 1, 1]))
    >>> SuspiciousRows(noise)
    <SuspiciousRows: 1 of 4 validation rows, estimated share of wrong labels 25.0 %>
    """

    noise: LabelNoise
    table: Optional[Table] = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        return (
            f"<SuspiciousRows: {len(self.rows)} of {len(self.noise.predicted)} validation rows, estimated share of "
            f"wrong labels {100 * self.share:.1f} %>"
        )

    @property
    def rows(self) -> IntArray:
        """Their row numbers, most suspicious first."""
        return self.noise.rows

    @property
    def share(self) -> float:
        """The estimated share of wrong labels among all validation rows."""
        return self.noise.share

    def to_csv(self, path: Union[str, Path], *, overwrite: bool = False) -> List[str]:
        """Write them.

        Args:
            path: File to write, whole or not at all.
            overwrite: Replace a file that is there.

        Returns:
            Notices: columns that were replaced or dropped.

        Raises:
            RequestError: The validation data are arrays in memory.
            OutputExistsError: The file exists and `overwrite` is off, or it is the validation CSV itself.
        """
        if self.table is None:
            raise RequestError(
                "The list of suspicious rows carries the cells of the validation CSV, but this validation data is "
                "arrays in memory. Take the row numbers as they are returned."
            )
        path = Path(path).absolute()
        if path.exists() and path.samefile(self.table.path):
            raise OutputExistsError(f"'{path}' is the validation data itself; choose another output.")
        refuse_existing([path], overwrite)
        added = {LABEL_COLUMN: self.noise.predicted, CONFIDENCE_COLUMN: self.noise.self_confidence}
        return write_with_columns(path, self.table, added, self.rows, "validation data")
