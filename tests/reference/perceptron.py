"""A perceptron with one ReLU layer and a softmax loss, differentiated by hand in float64.

theta = (V (D, M) row by row, a (M,), W (M, K) row by row, b (K,)): the order of the names ``1/V``, ``1/a``, ``2/W``,
``2/b``. With ``h = relu(x V + a)`` and ``p = softmax(h W + b)``, the error of the logits is ``p - e`` and that of the
hidden layer ``(p - e) W'`` where ``h > 0``. Thetas (..., P) are a stack: whatever is returned begins with its axes.
"""

import numpy as np

from .derivatives import dense_hessian


class Perceptron:
    """Losses, gradients and Hessian of the perceptron."""

    def __init__(self, features, hidden, classes):
        self.shapes = ((features, hidden), (hidden,), (hidden, classes), (classes,))
        self.classes = classes
        self.size = sum(int(np.prod(shape)) for shape in self.shapes)

    def sample_losses(self, theta, x, y):
        """(B,)"""
        return -np.log(self._forward(theta, x)[1][..., np.arange(len(x)), y])

    def sample_gradients(self, theta, x, y):
        """(B, P)"""
        hidden, probabilities = self._forward(theta, x)
        out_weight = self._split(theta)[2]
        error = probabilities - np.eye(self.classes)[y]  # (B, K)
        hidden_error = error @ out_weight.swapaxes(-1, -2) * (hidden > 0)  # (B, M)
        parts = [_outer(x, hidden_error), hidden_error, _outer(hidden, error), error]
        return np.concatenate(parts, -1)

    def hessian(self, theta, x, y):
        """Hessian (P, P) of the mean loss: central differences of the gradient."""
        return dense_hessian(lambda t: self.sample_gradients(t, x, y).mean(-2), theta)

    def _split(self, theta):
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        parts = np.split(theta.astype(float), ends, -1)
        return [part.reshape(*theta.shape[:-1], *shape) for part, shape in zip(parts, self.shapes)]

    def _forward(self, theta, x):
        weight, bias, out_weight, out_bias = self._split(theta)
        hidden = np.maximum(x @ weight + bias[..., None, :], 0)
        logits = hidden @ out_weight + out_bias[..., None, :]
        scores = np.exp(logits - logits.max(-1, keepdims=True))
        return hidden, scores / scores.sum(-1, keepdims=True)


def _outer(rows, errors):
    """The outer product of every row with its error, row by row: (B, D), (B, M) -> (B, D M)."""
    products = rows[..., :, None] * errors[..., None, :]
    return products.reshape(*products.shape[:-2], -1)
