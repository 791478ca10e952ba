"""Softmax regression in closed form: weights W (D, K), bias b (K,), theta = (W row by row, b).

With ``p = softmax(x W + b)`` and ``e`` the one-hot label, the loss is ``-log p[label]``, its gradient in the logits
``p - e``, and its Hessian in the logits ``diag(p) - p p'``, which is positive semi-definite: the problem is convex.
Thetas (..., P) are a stack: losses, gradients and probabilities begin with its axes.
"""

import numpy as np


class SoftmaxRegression:
    """Losses, gradients and Hessian of softmax regression, float64."""

    def __init__(self, features, classes):
        self.features, self.classes = features, classes
        self.size = (features + 1) * classes

    def sample_losses(self, theta, x, y):
        """(B,)"""
        return -np.log(self.probabilities(theta, x)[..., np.arange(len(x)), y])

    def sample_gradients(self, theta, x, y):
        """(B, P)"""
        errors = self.probabilities(theta, x) - np.eye(self.classes)[y]  # (B, K)
        inputs = np.column_stack([x, np.ones(len(x))])  # the constant belongs to the bias
        return (inputs[:, :, None] * errors[..., None, :]).reshape(*errors.shape[:-1], self.size)

    def hessian(self, theta, x, y):
        """Hessian (P, P) of the mean loss."""
        p, inputs = self.probabilities(theta, x), np.column_stack([x, np.ones(len(x))])
        in_logits = p[:, :, None] * np.eye(self.classes) - p[:, :, None] * p[:, None, :]  # (B, K, K)
        in_inputs = inputs[:, :, None] * inputs[:, None, :]  # (B, D + 1, D + 1)
        kronecker = in_inputs[:, :, None, :, None] * in_logits[:, None, :, None, :]
        return kronecker.mean(0).reshape(self.size, self.size)

    def probabilities(self, theta, x):
        """(B, K)"""
        weight, bias = np.split(theta.astype(float), [self.features * self.classes], -1)
        logits = x @ weight.reshape(*theta.shape[:-1], self.features, self.classes) + bias[..., None, :]
        scores = np.exp(logits - logits.max(-1, keepdims=True))
        return scores / scores.sum(-1, keepdims=True)
