"""The class that a sample is labelled with, where there is one."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.estimators.given_labels import given_labels, learns_one_class, require_one_class
from nnabla_influence.network import Network


def network(loss, outputs, target=(1,)):
    scope = OrderedDict()
    x, y = nn.Variable((2, 3)), nn.Variable((2, *target))
    with nn.parameter_scope("", scope):
        return Network.from_loss(loss(PF.affine(x, outputs), y), {"x": x, "y": y}, scope)


def data(labels):
    return Dataset.from_arrays({"x": np.zeros((len(labels), 3)), "y": np.asarray(labels)})


@pytest.mark.parametrize(
    "loss, outputs", [(F.softmax_cross_entropy, 4), (F.sigmoid_cross_entropy, 1)], ids=["softmax", "sigmoid"]
)
def test_classes(loss, outputs):
    assert given_labels(network(loss, outputs), data([0, 1, 1])).tolist() == [0, 1, 1]
    require_one_class(network(loss, outputs))


def test_values_several_labels_and_soft_labels_are_no_classes():
    assert given_labels(network(F.squared_error, 1), data([0, 1])) is None
    several = network(F.sigmoid_cross_entropy, 2, (2,))
    assert not learns_one_class(several) and given_labels(several, data([[0, 1], [1, 1]])) is None
    assert given_labels(network(F.sigmoid_cross_entropy, 1), data([0.5, 1])) is None
    with pytest.raises(UnsupportedError, match="'python' does not"):
        require_one_class(several)


def test_a_label_may_be_an_array_of_one_number():
    assert given_labels(network(F.softmax_cross_entropy, 4), data(np.array([[[2]], [[3]]]))).tolist() == [2, 3]
