"""A perceptron with one ReLU layer and a softmax loss, differentiated by hand in float64.

theta = (V (D, M) row by row, a (M,), W (M, K) row by row, b (K,)): the order of the names ``1/V``, ``1/a``, ``2/W``,
``2/b``. With ``h = relu(x V + a)`` and ``p = softmax(h W + b)``, the error of the logits is ``p - e`` and that of the
hidden layer ``(p - e) W'`` where ``h > 0``.
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
        return -np.log(self._forward(theta, x)[1][np.arange(len(x)), y])

    def sample_gradients(self, theta, x, y):
        """(B, P)"""
        hidden, probabilities = self._forward(theta, x)
        out_weight = self._split(theta)[2]
        gradients = []
        for row, h, p, label in zip(x, hidden, probabilities, y):
            error = p - np.eye(self.classes)[label]
            hidden_error = (out_weight @ error) * (h > 0)
            parts = [np.outer(row, hidden_error), hidden_error, np.outer(h, error), error]
            gradients.append(np.concatenate([part.ravel() for part in parts]))
        return np.stack(gradients)

    def hessian(self, theta, x, y):
        """Hessian (P, P) of the mean loss: central differences of the gradient."""
        return dense_hessian(lambda t: self.sample_gradients(t, x, y).mean(0), theta)

    def _split(self, theta):
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(theta.astype(float), ends), self.shapes)]

    def _forward(self, theta, x):
        weight, bias, out_weight, out_bias = self._split(theta)
        hidden = np.maximum(x @ weight + bias, 0)
        logits = hidden @ out_weight + out_bias
        scores = np.exp(logits - logits.max(1, keepdims=True))
        return hidden, scores / scores.sum(1, keepdims=True)
