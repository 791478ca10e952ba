"""`evaluation.metrics` against counting by hand, and its refusals."""

import itertools
import json
import sys

import numpy as np
import pytest

from nnabla_influence.errors import ConfigError, DataError, MissingExtraError
from nnabla_influence.evaluation import mislabel_detection, rank_agreement


def kendall_tau_b(a, b):
    """Counting all pairs: agreement minus disagreement, over the geometric mean of the untied pairs."""
    pairs = list(itertools.combinations(range(len(a)), 2))
    signs = np.array([(np.sign(a[i] - a[j]), np.sign(b[i] - b[j])) for i, j in pairs])
    return (signs[:, 0] * signs[:, 1]).sum() / np.sqrt(np.abs(signs[:, 0]).sum() * np.abs(signs[:, 1]).sum())


def midranks(a):
    return np.array([np.mean(np.flatnonzero(np.sort(a) == value)) for value in a])


def auroc(scores, flipped):
    """Share of (flipped, clean) pairs in which the flipped sample has the lower score; a tie counts half."""
    gaps = [clean - bad for bad in scores[flipped] for clean in scores[~flipped]]
    return np.mean([1.0 if gap > 0 else 0.5 if gap == 0 else 0.0 for gap in gaps])


def found_by_trying(scores, flipped, rng, repeats=4000):
    """Share of flips among the K lowest, averaged over random orders of the tied samples."""
    k, total = flipped.sum(), 0.0
    for _ in range(repeats):
        total += flipped[np.lexsort((rng.random(len(scores)), scores))[:k]].mean()
    return total / repeats


@pytest.mark.parametrize("ties", [False, True])
def test_rank_agreement_equals_counting(ties):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 30))
    b += a
    if ties:
        a, b = np.round(a), np.round(b)
    agreement = rank_agreement(a, b)
    assert agreement.kendall == pytest.approx(kendall_tau_b(a, b), abs=1e-12)
    assert agreement.spearman == pytest.approx(np.corrcoef(midranks(a), midranks(b))[0, 1], abs=1e-12)


def test_rank_agreement_ignores_size_and_keeps_sign():
    a = np.array([-3.0, 0.1, 2.0, 5.0])
    assert rank_agreement(a, np.exp(a)).to_dict() == pytest.approx({"spearman": 1, "kendall": 1})
    assert rank_agreement(a, -a).to_dict() == pytest.approx({"spearman": -1, "kendall": -1})


def test_lowest_scores_are_the_suspected_ones():
    flipped = np.array([True, False, True, False, False])
    found = mislabel_detection(np.array([-2.0, 1.0, -1.0, 0.5, 3.0]), flipped)
    assert found.to_dict() == {
        "auroc": 1.0, "average_precision": 1.0, "precision_at_flips": 1.0, "recall_at_flips": 1.0, "flips": 2,
    }  # fmt: skip
    wrong = mislabel_detection(np.array([2.0, -1.0, 1.0, -0.5, -3.0]), flipped)
    assert (wrong.auroc, wrong.precision_at_flips) == (0.0, 0.0)


def test_detection_with_ties_equals_counting_and_trying():
    rng = np.random.default_rng(1)
    flipped = rng.random(60) < 0.3
    scores = np.round(rng.normal(size=60) - flipped)
    found = mislabel_detection(scores, flipped)
    assert found.auroc == pytest.approx(auroc(scores, flipped), abs=1e-12)
    # 4,000 repeats of a share with standard deviation below 0.1: standard error below 0.002.
    assert found.precision_at_flips == pytest.approx(found_by_trying(scores, flipped, rng), abs=0.008)


def test_row_order_is_no_evidence():
    """With all scores equal nothing is known, wherever the flips stand."""
    for flipped in (np.arange(10) < 3, np.arange(10) >= 7):
        found = mislabel_detection(np.zeros(10), flipped)
        assert (found.auroc, found.flips) == (0.5, 3)
        assert (found.average_precision, found.precision_at_flips) == pytest.approx((0.3, 0.3))


def test_results_are_ready_for_json():
    flipped = np.array([1, 0, 0])
    assert json.loads(json.dumps(mislabel_detection(np.array([1, 2, 3]), flipped).to_dict()))["flips"] == 1
    assert json.loads(json.dumps(rank_agreement(np.array([1, 2, 3]), np.array([1, 3, 2])).to_dict()))["kendall"]


NAN = [1.0, np.nan, 2.0]


@pytest.mark.parametrize(
    "a, b, kind, message",
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0], ConfigError, r"shape \(3,\) of the others, not \(2,\)"),
        ([1.0], [1.0], ConfigError, "at least 2 samples, not 1"),
        ([[1.0, 2.0]], [[1.0, 2.0]], ConfigError, r"not \(1, 2\)"),
        (NAN, [1.0, 2.0, 3.0], DataError, "1 of 3 are not, the first at position 1: nan"),
        ([1.0, 2.0, 3.0], [4.0, 4.0, 4.0], DataError, "all 3 of the second scores are 4"),
    ],
)
def test_rank_agreement_refuses(a, b, kind, message):
    with pytest.raises(kind, match=message):
        rank_agreement(np.array(a), np.array(b))


@pytest.mark.parametrize(
    "scores, flipped, kind, message",
    [
        (NAN, [0, 1, 0], DataError, "position 1: nan"),
        ([1.0, 2.0], [0, 1, 0], ConfigError, r"shape \(2,\) of the others, not \(3,\)"),
        ([1.0, 2.0], [0, 2], ConfigError, "0 and 1, not 2"),
        ([1.0, 2.0], [0, 0], DataError, "0 of 2 are flipped"),
        ([1.0, 2.0], [1, 1], DataError, "2 of 2 are flipped"),
    ],
)
def test_mislabel_detection_refuses(scores, flipped, kind, message):
    with pytest.raises(kind, match=message):
        mislabel_detection(np.array(scores), np.array(flipped))


def test_missing_scikit_learn_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError) as caught:
        mislabel_detection(np.array([1.0, 2.0]), np.array([0, 1]))
    assert str(caught.value).endswith('pip install "nnabla-influence[evaluation]"')
    assert "\n" not in str(caught.value)
