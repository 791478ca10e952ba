"""Second derivatives of losses of class numbers, wherever the classes lie and however few samples there are."""

import nnabla as nn
import nnabla.functions as F
import numpy as np
import pytest
from nnabla.backward_functions import registry
from support.comparison import assert_close

from nnabla_influence.autodiff.class_losses import class_losses_of_any_size

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"
# Shape of the predictions and the axis of the classes; NNabla's own fails where an axis beside that one has length 1.
OURS_ONLY = [((1, 4), 1), ((1, 4), None), ((5, 1, 4), None), ((5, 4, 1), 1), ((1, 4, 3, 1), 1), ((1, 1, 4), 2)]
BOTH = [((5, 4), 1), ((5, 4), None), ((5, 3, 4), None), ((5, 4, 3), 1), ((5, 4, 3, 2), 1), ((5, 3, 4, 2), 2)]
every_loss = pytest.mark.parametrize("loss", [F.softmax_cross_entropy, F.categorical_cross_entropy])


class Drawn:
    """Predictions as probabilities, labels, weights of the losses, and a direction."""

    def __init__(self, loss, shape, axis):
        random = np.random.RandomState(0)
        place = len(shape) - 1 if axis is None else axis
        label_shape = (*shape[:place], 1, *shape[place + 1 :])
        self.x = nn.Variable.from_numpy_array(random.uniform(0.1, 0.9, size=shape)).apply(need_grad=True)
        self.labels = nn.Variable.from_numpy_array(random.randint(shape[place], size=label_shape))
        self.weights = nn.Variable.from_numpy_array(random.uniform(0.5, 1.5, size=label_shape)).apply(need_grad=True)
        self.u = random.normal(size=shape)
        self.loss = F.sum(self.weights * loss(self.x, self.labels, **({} if axis is None else {"axis": axis})))

    def gradient(self):
        """By NNabla's ordinary backward pass."""
        self.x.grad.zero()
        self.loss.forward()
        self.loss.backward()
        return self.x.g.astype(float)

    def second(self, ours):
        """The gradient as a graph, and the derivatives of ``<gradient, u>`` in predictions and weights."""
        if ours:
            with class_losses_of_any_size():
                (gradient,) = nn.grad([self.loss], [self.x])
        else:
            (gradient,) = nn.grad([self.loss], [self.x])
        scalar = F.sum(gradient * nn.Variable.from_numpy_array(self.u))
        for variable in (self.x, self.weights):
            variable.grad.zero()
        gradient.persistent = True
        scalar.forward()
        scalar.backward()
        return [np.array(a, float) for a in (gradient.d, self.x.g, self.weights.g)]


@pytest.mark.parametrize("shape, axis", BOTH)
@every_loss
def test_it_equals_nnablas_own_where_that_works(loss, shape, axis):
    drawn = Drawn(loss, shape, axis)
    for ours, theirs in zip(drawn.second(True), drawn.second(False)):
        assert_close(ours, theirs, 1e-6, FLOAT32)


@pytest.mark.parametrize("shape, axis", OURS_ONLY)
@every_loss
def test_it_works_for_one_sample_and_for_one_position(loss, shape, axis):
    drawn = Drawn(loss, shape, axis)
    gradient, curvature, _ = drawn.second(True)
    assert_close(gradient, drawn.gradient(), 1e-6, FLOAT32)
    start, step, ends = drawn.x.d.copy(), 1e-3, []
    for sign in (1, -1):
        drawn.x.d = start + sign * step * drawn.u
        ends.append(drawn.gradient())
    assert_close(curvature, (ends[0] - ends[1]) / (2 * step), 1e-3, "a central difference of float32 gradients")


def test_the_registry_is_restored_even_after_an_error():
    names = ("SoftmaxCrossEntropy", "CategoricalCrossEntropy")
    before = [registry[name] for name in names]
    with pytest.raises(RuntimeError), class_losses_of_any_size():
        assert all(registry[name] is not original for name, original in zip(names, before))
        raise RuntimeError
    assert [registry[name] for name in names] == before
