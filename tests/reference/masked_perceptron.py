"""A perceptron with dropout before and behind its tanh layer, the masks being part of the data.

A row is (inputs (D), mask of the inputs (D), mask of the hidden layer (M)); a mask holds 0 or 1 / (1 - rate). So a
training with dropout is an ordinary training, on as many rows as there were draws. theta = (V (D, M), a (M,),
W (M, K), b (K,)), each row by row: the order of the names ``1/V``, ``1/a``, ``2/W``, ``2/b``. Thetas (..., P) are a
stack: whatever is returned begins with its axes.
"""

import numpy as np

from . import derivatives, layers


class MaskedPerceptron:
    """Losses and gradients, the latter by complex steps."""

    def __init__(self, features, hidden, classes):
        self.features, self.hidden = features, hidden
        self.shapes = ((features, hidden), (hidden,), (hidden, classes), (classes,))

    def rows(self, x, first=None, second=None):
        """Rows (B, 2 D + M) of inputs (B, D) and masks; none means that nothing is dropped."""
        x = x.reshape(len(x), -1)
        first = np.ones_like(x) if first is None else first
        second = np.ones((len(x), self.hidden)) if second is None else second
        return np.concatenate([x, first, second], axis=1)

    def sample_losses(self, theta, rows, y):
        """(B,)"""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        parts = zip(np.split(theta, ends, -1), self.shapes)
        weight, bias, out_weight, out_bias = (part.reshape(*theta.shape[:-1], *shape) for part, shape in parts)
        x, first, second = np.split(rows, [self.features, 2 * self.features], axis=1)
        h = np.tanh(layers.affine(x * first, weight, bias)) * second
        return layers.softmax_cross_entropy(layers.affine(h, out_weight, out_bias), y[:, None])

    def sample_gradients(self, theta, rows, y):
        """(B, P)"""
        return derivatives.sample_gradients(lambda t: self.sample_losses(t, rows, y), theta)
