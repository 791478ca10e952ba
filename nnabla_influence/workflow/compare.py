"""The job *compare*: do influence CSVs rank the samples alike, and do they find the labels that were flipped?

The measures are those of `nnabla_influence.evaluation.metrics`; rows are joined by `dataset.indexed_column`, and
`same_samples` refuses files about other data.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from ..array import Array
from ..dataset.indexed_column import IndexedColumn
from ..errors import ConfigError, DataError
from ..evaluation.metrics import MislabelDetection, RankAgreement, mislabel_detection, rank_agreement
from ..files import FilePath
from ..remedies import remedy
from ..scores import SCORE_COLUMN, as_scores
from ..scores_passport import warn_if_edited
from .same_samples import check_same_data, check_truth

__all__ = ["CompareRequest", "Comparison", "compare"]

FLIPPED = "flipped"


@dataclass(frozen=True)
class CompareRequest:
    """Which files are compared.

    Args:
        influence: Influence CSVs.
        truth: Which labels were flipped: a CSV with the columns ``datasource_index`` and ``flipped``.
        column: The column to compare; the lowest are the most suspected, of ``loss`` the highest.

    Raises:
        ConfigError: There is nothing to compare with.

    Example:
        >>> CompareRequest(["spectral.csv", "loss.csv"]).column
        'influence'
    """

    influence: Sequence[FilePath]
    truth: Optional[FilePath] = None
    column: str = SCORE_COLUMN

    def __post_init__(self) -> None:
        # A lone name is a sequence too: of its letters.
        if isinstance(self.influence, (str, Path)) or not self.influence:
            raise ConfigError(f"Expected a list of influence CSVs, got {self.influence!r}.")
        if len(self.influence) < 2 and self.truth is None:
            raise ConfigError("", remedy("give-two-or-truth"))


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Attributes:
        samples: How many samples the files score.
        agreement: Rank agreement of every pair of files.
        mislabel: How well each file finds the flipped labels; None without a truth.
    """

    samples: int
    agreement: List[Tuple[Path, Path, RankAgreement]]
    mislabel: Optional[List[Tuple[Path, MislabelDetection]]]


def compare(request: CompareRequest) -> Comparison:
    """Compare the files.

    Raises:
        DataError: A file is broken, or the files are about different samples: other row numbers, labels or inputs.
        MissingExtraError: A truth without scikit-learn.
    """
    paths = [Path(path) for path in request.influence]
    columns = [IndexedColumn.read_scores(path, request.column) for path in paths]
    for column in columns:
        warn_if_edited(column.path, len(column.values))
    vectors = [column.aligned_with(columns[0]) for column in columns]
    check_same_data(paths, request.column)
    agreement = _agreement(paths, vectors)
    if request.truth is None:
        return Comparison(len(vectors[0]), agreement, None)
    flipped = IndexedColumn.read_flags(Path(request.truth), FLIPPED).aligned_with(columns[0])
    check_truth(Path(request.truth), paths, request.column)
    detection = [
        (path, mislabel_detection(as_scores(vector, request.column), flipped)) for path, vector in zip(paths, vectors)
    ]
    return Comparison(len(vectors[0]), agreement, detection)


def _agreement(paths: Sequence[Path], vectors: Sequence[Array]) -> List[Tuple[Path, Path, RankAgreement]]:
    agreements = []
    for (first, a), (second, b) in itertools.combinations(zip(paths, vectors), 2):
        try:
            agreements.append((first, second, rank_agreement(a, b)))
        except DataError as error:
            raise DataError(f"{first} (first) and {second} (second): {error.message}", error.remedy) from error
    return agreements
