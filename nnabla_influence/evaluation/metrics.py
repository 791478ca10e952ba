"""The agreement of two rankings, and the detection of wrong labels by one.

Influence scores are used as a *ranking*: the most negative samples are looked at, or removed, first. So the measures
here depend on the order of the scores only, never on their size.

*Agreement* of two score vectors over the same N samples: Spearman's rho is the correlation of the ranks; Kendall's
tau-b is the share of sample pairs ordered alike minus the share ordered differently, corrected for ties.

*Mislabel detection*: where labels were flipped on purpose, the flipped samples should come first. A sample is the more
suspected the lower its score, because a negative influence score means harmful (see `scores`). AUROC is the probability
that a flipped sample is suspected more than a clean one: 0.5 for a random order. Average precision is the area under
the precision-recall curve: for a random order it is the share of flips.

Samples with equal scores have no order. No measure here depends on the row in which such a sample happens to stand.
"""

from __future__ import annotations

import dataclasses
import importlib.util
from dataclasses import dataclass
from typing import Any, Dict

import numpy as np

from ..array import Array
from ..errors import ConfigError, DataError, MissingExtraError

__all__ = ["MislabelDetection", "RankAgreement", "mislabel_detection", "rank_agreement", "require_scikit_learn"]


@dataclass(frozen=True)
class RankAgreement:
    """Rank correlations of two score vectors over the same samples, each between -1 and 1.

    Example:
        >>> agreement = rank_agreement(np.array([0.1, -0.2, 0.5]), np.array([0.3, -0.1, 0.2]))
        >>> agreement.spearman, round(agreement.kendall, 3)
        (0.5, 0.333)

    Attributes:
        spearman: Spearman's rank correlation rho.
        kendall: Kendall's tau-b.
    """

    spearman: float
    kendall: float

    def to_dict(self) -> Dict[str, float]:
        """Return plain values only, ready for JSON."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class MislabelDetection:
    """Measures of how well the lowest scores find the samples whose label was flipped.

    Example:
        >>> detection = mislabel_detection(np.array([-0.5, 0.1, 0.2, -0.1]), np.array([1, 0, 0, 0]))
        >>> detection.auroc, detection.flips
        (1.0, 1)

    With K flips among N samples, precision and recall are those of the K most suspected samples. At that length of the
    list they are the same number by definition; both are kept because readers look for either name.

    Attributes:
        auroc: Probability that a flipped sample is suspected more than a clean one.
        average_precision: Area under the precision-recall curve; K / N for a random order.
        precision_at_flips: Share of flipped samples among the K most suspected.
        recall_at_flips: Share of the K flips found among the K most suspected.
        flips: K.
    """

    auroc: float
    average_precision: float
    precision_at_flips: float
    recall_at_flips: float
    flips: int

    def to_dict(self) -> Dict[str, Any]:
        """Return plain values only, ready for JSON."""
        return dataclasses.asdict(self)


def rank_agreement(a: Array, b: Array) -> RankAgreement:
    """Compare the orders that two score vectors give the same samples.

    Args:
        a: (N,) scores, N at least 2.
        b: (N,) scores of the same samples in the same order.

    Returns:
        Spearman's and Kendall's correlation.

    Raises:
        ConfigError: The shapes differ, or there are fewer than two samples.
        DataError: A score is not finite, or all scores of one vector are equal and so rank nothing.
    """
    a = _checked_scores(a, "first scores")
    b = _checked_scores(b, "second scores")
    _check_same_length(a, b, "second scores")
    if len(a) < 2:
        raise ConfigError(f"Rank agreement needs at least 2 samples, not {len(a)}.")
    for name, scores in (("first", a), ("second", b)):
        if np.all(scores == scores[0]):
            raise DataError(
                f"Rank agreement needs scores that differ; all {len(scores)} of the {name} scores are "
                f"{scores[0]:.9g}, so they rank nothing."
            )
    from scipy import stats  # here, because it takes a while to load

    # Indexed, not by name: SciPy renamed the fields between the versions that Python 3.8 and 3.10 install.
    return RankAgreement(float(stats.spearmanr(a, b)[0]), float(stats.kendalltau(a, b)[0]))


def mislabel_detection(scores: Array, flipped: Array) -> MislabelDetection:
    """Measure how well low scores find flipped labels.

    Args:
        scores: (N,) influence scores in the project's sign: negative is harmful, hence suspected.
        flipped: (N,) booleans, or 0 and 1: whether the sample's label was flipped.

    Returns:
        The detection measures. Ties are treated as a random order among the tied samples, so precision and recall are
        expected values over it.

    Raises:
        ConfigError: The shapes differ, or `flipped` holds other values than 0 and 1.
        DataError: A score is not finite, or the samples are not of both kinds.
        MissingExtraError: scikit-learn is not installed.
    """
    scores = _checked_scores(scores, "scores")
    truth = _checked_flips(flipped)
    _check_same_length(scores, truth, "flips")
    require_scikit_learn()
    from sklearn.metrics import average_precision_score, roc_auc_score

    share = _expected_share_found(-scores, truth)
    return MislabelDetection(
        auroc=float(roc_auc_score(truth, -scores)),
        average_precision=float(average_precision_score(truth, -scores)),
        precision_at_flips=share,
        recall_at_flips=share,
        flips=int(truth.sum()),
    )


def require_scikit_learn() -> None:
    """Refuse at once, not after minutes of training, what needs scikit-learn where it is missing.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    if importlib.util.find_spec("sklearn") is None:
        raise MissingExtraError('Mislabel detection needs scikit-learn: pip install "nnabla-influence[evaluation]"')


def _expected_share_found(suspicion: Array, truth: Array) -> float:
    """Return the share of the K flips expected among the K most suspected, ties broken at random."""
    flips = int(truth.sum())
    threshold = np.sort(suspicion)[-flips]
    above = suspicion > threshold
    tied = suspicion == threshold
    places = flips - int(above.sum())  # left for the tied samples, each of which is as likely to get one
    return float((truth[above].sum() + places * truth[tied].mean()) / flips)


def _checked_scores(values: Array, name: str) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ConfigError(f"The {name} should have the shape (N,), not {array.shape}.")
    broken = np.flatnonzero(~np.isfinite(array))
    if len(broken):
        raise DataError(
            f"The {name} should be finite numbers; {len(broken)} of {len(array)} are not, "
            f"the first at position {broken[0]}: {array[broken[0]]}."
        )
    return array


def _checked_flips(flipped: Array) -> Array:
    array = np.asarray(flipped)
    if not np.isin(array, (0, 1)).all():
        raise ConfigError(f"The flips should be booleans or 0 and 1, not {array[~np.isin(array, (0, 1))][0]}.")
    truth = array.astype(bool)
    if truth.all() or not truth.any():
        raise DataError(
            f"Mislabel detection needs flipped and unflipped samples; {int(truth.sum())} of {truth.size} are flipped."
        )
    return truth


def _check_same_length(a: Array, b: Array, name: str) -> None:
    if a.shape != b.shape:
        raise ConfigError(f"The {name} should have the shape {a.shape} of the others, not {b.shape}.")
