"""Forward passes of layers and losses in NumPy, one line of mathematics each, one loss per sample at the end.

Written for obviousness: float64 (or complex128, see `derivatives`), no backward pass. The conventions are NNabla's:
images are (B, C, H, W), an affine weight is (inputs, outputs), a convolution weight (maps, channels, kh, kw), and a
loss with several outputs is averaged over them. Further axes in front are a stack of networks (see `derivatives`):
weights (..., inputs, outputs) make activations (..., B, outputs) and losses (..., B). Branches (ReLU, max pooling)
look at the real part, so that a small imaginary perturbation follows the branch that the value takes.
"""

import numpy as np


def affine(x, weight, bias):
    """(..., B, inputs) -> (..., B, outputs)"""
    return x @ weight + bias[..., None, :]


def flattened(images):
    """(..., B, C, H, W) -> (..., B, C H W)"""
    return images.reshape(*images.shape[:-3], -1)


def relu(x):
    return np.where(x.real > 0, x, 0)


def convolution(x, weight, bias):
    """No padding, stride 1: (..., B, C, H, W) -> (..., B, maps, H-kh+1, W-kw+1)."""
    kh, kw = weight.shape[-2:]
    height, width = x.shape[-2] - kh + 1, x.shape[-1] - kw + 1
    out = 0
    for i in range(kh):
        for j in range(kw):
            part = x[..., i : i + height, j : j + width]
            out = out + np.einsum("...bchw,...mc->...bmhw", part, weight[..., i, j])
    return out + bias[..., None, :, None, None]


def max_pooling(x):
    """2 x 2 windows, stride 2."""
    height, width = x.shape[-2] // 2, x.shape[-1] // 2
    windows = x.reshape(*x.shape[:-2], height, 2, width, 2).swapaxes(-3, -2)
    windows = windows.reshape(*x.shape[:-2], height, width, 4)
    best = windows.real.argmax(-1)
    return np.take_along_axis(windows, best[..., None], -1)[..., 0]


def batch_normalization(x, beta, gamma, statistics=None, epsilon=1e-5):
    """By the batch's own mean and (biased) variance per channel, or by given ``statistics = (mean, variance)``."""
    if statistics is None:
        axes = tuple(axis - x.ndim for axis in range(x.ndim) if beta.shape[axis] == 1)
        mean = x.mean(axes, keepdims=True)
        variance = ((x - mean) ** 2).mean(axes, keepdims=True)
    else:
        mean, variance = statistics
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def softmax_cross_entropy(logits, labels):
    """(B, K), (B, 1) -> (B,)"""
    shift = logits.real.max(-1, keepdims=True)
    log_sum = np.log(np.exp(logits - shift).sum(-1)) + shift[..., 0]
    return log_sum - logits[..., np.arange(len(labels)), labels[:, 0].astype(int)]


def squared_error(prediction, target):
    """(B, K), (B, K) -> (B,), the mean over the K outputs."""
    return ((prediction - target) ** 2).mean(-1)


def sigmoid_cross_entropy(logits, targets):
    """(B, K), (B, K) in {0, 1} -> (B,), the mean over the K outputs."""
    return (np.log(1 + np.exp(logits)) - targets * logits).mean(-1)


def absolute_error(prediction, target):
    """(B, K), (B, K) -> (B,), the mean over the K outputs; complex arguments as in `relu`."""
    difference = prediction - target
    return np.where(difference.real > 0, difference, -difference).mean(-1)


def huber_loss(prediction, target):
    """(B, K), (B, K) -> (B,): the square within 1, a line beyond; the mean over the K outputs."""
    return _huber(prediction, target, 1.0)


def weighted_huber_loss(prediction, target):
    """0.3 times the loss that is a line beyond 0.5."""
    return 0.3 * _huber(prediction, target, 0.5)


def _huber(prediction, target, delta):
    difference = prediction - target
    size = np.where(difference.real > 0, difference, -difference)
    return np.where(size.real < delta, size**2, delta * (2 * size - delta)).mean(-1)


def epsilon_insensitive_loss(prediction, target, epsilon=0.1):
    """(B, K), (B, K) -> (B,): the absolute error beyond epsilon; the mean over the K outputs."""
    difference = prediction - target
    size = np.where(difference.real > 0, difference, -difference)
    return np.where(size.real > epsilon, size - epsilon, 0).mean(-1)


def binary_cross_entropy(probabilities, targets):
    """(B, K), (B, K) in {0, 1} -> (B,), the mean over the K outputs."""
    return -(targets * np.log(probabilities) + (1 - targets) * np.log(1 - probabilities)).mean(-1)


def categorical_cross_entropy(probabilities, labels):
    """(B, K), (B, 1) -> (B,); the probabilities need not add up to one."""
    return -np.log(probabilities[..., np.arange(len(labels)), labels[:, 0].astype(int)])
