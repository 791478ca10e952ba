"""A change: weights, and an identity that does not depend on the order of rows."""

import numpy as np

from nnabla_influence.evaluation.change import Change


def relabelling(rows, labels):
    return Change(relabelled=np.array(rows), labels=np.array(labels, np.float32))


def test_excluded_rows_have_weight_zero():
    assert Change(excluded=np.array([3, 1])).weights(4).tolist() == [1, 0, 1, 0]
    assert Change().weights(2).tolist() == [1, 1]


def test_the_order_of_the_rows_does_not_matter():
    assert Change(excluded=np.array([3, 1])).digest() == Change(excluded=np.array([1, 3])).digest()
    assert relabelling([5, 2], [0, 1]).digest() == relabelling([2, 5], [1, 0]).digest()


def test_what_is_different_has_another_identity():
    changes = [
        Change(),
        Change(excluded=np.array([1])),
        Change(excluded=np.array([1, 3])),
        relabelling([1], [0]),
        relabelling([1], [1]),
    ]
    assert len({change.digest() for change in changes}) == len(changes)
