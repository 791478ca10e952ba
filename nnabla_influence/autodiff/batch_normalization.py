"""Second derivatives of batch normalisation, several times faster on the CPU than NNabla's own.

NNabla 1.39 differentiates batch normalisation twice by composing dozens of element-wise functions over the whole
activation; on the network of arXiv:2103.11807 this is 42 % of a scoring step. Everything needed is a handful
of per-channel sums, so one NumPy function does it. With xhat = (x - mean) r, r = (var + eps)^-1/2 over n values of a
channel, upstream gradient dy, and cotangents a of dx, b of dbeta, c of dgamma, the scalar being differentiated is
``phi = <a, dx> + b dbeta + c dgamma`` with

    dx     = gamma r (dy - mean(dy) - xhat mean(dy xhat)),   dbeta = sum dy,   dgamma = sum dy xhat.

Writing p = mean(a xhat), q = mean(dy xhat) and K = <a, dy> - n mean(a) mean(dy) - n p q:

    dphi/ddy     = gamma r (a - mean(a) - xhat p) + b + c xhat
    dphi/dgamma  = r K
    dphi/dxhat   = -gamma r (a q + dy p) + c dy =: e
    dphi/dx      = r (e - mean(e) - xhat mean(e xhat)) - gamma r^2 K xhat / n

With running statistics (``batch_stat`` off) mean and var are constants and only the terms without means remain.
The test holds this against NNabla's own functions and against finite differences.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

import nnabla as nn
import numpy as np
from nnabla.backward_functions import registry
from nnabla.function import PythonFunction

from ..array import Array

__all__ = ["BatchNormalizationGradient", "fast_batch_normalization"]

LAYER = "BatchNormalization"


@contextmanager
def fast_batch_normalization() -> Iterator[None]:
    """Let `nnabla.grad` use this module for batch normalisation (on the CPU) while active; restore it afterwards."""
    original = registry[LAYER]

    def backward(
        grad_inputs: List[nn.Variable],
        inputs: List[nn.Variable],
        input_shapes: List[Tuple[int, ...]],
        outputs: List[nn.Variable],
        output_shapes: List[Tuple[int, ...]],
        **arguments: Any,
    ) -> Tuple[Optional[nn.Variable], ...]:
        """Return the gradients of the inputs of a batch normalisation, in the form of NNabla's registry."""
        # What this module has no formula for (several axes, no scale or bias) stays NNabla's.
        simple = len(inputs) == 5 and not arguments.get("no_scale") and not arguments.get("no_bias")
        if not simple or len(arguments["axes"]) != 1 or len(grad_inputs) != 1:
            theirs: Tuple[Optional[nn.Variable], ...] = original(
                grad_inputs, inputs, input_shapes, outputs, output_shapes, **arguments
            )
            return theirs
        function = BatchNormalizationGradient(
            nn.get_current_context(),
            arguments["axes"][0] % len(input_shapes[0]),
            arguments["eps"],
            arguments["batch_stat"],
        )
        return tuple(function(grad_inputs[0], inputs[0], inputs[2], inputs[3], inputs[4])) + (None, None)

    registry[LAYER] = backward
    try:
        yield
    finally:
        registry[LAYER] = original


class _Channel(NamedTuple):
    """What is known of every channel: gamma, r and the cotangents of dbeta and dgamma (C,), and n."""

    gamma: Array
    r: Array
    b: Array
    c: Array
    n: int


class BatchNormalizationGradient(PythonFunction):  # type: ignore[misc]  # NNabla has no types
    """(dy, x, gamma, mean, var) -> (dx, dbeta, dgamma), itself differentiable in dy, x and gamma.

    Args:
        context: NNabla context.
        axis: The channel axis.
        eps: Added to the variance.
        batch_stat: Whether mean and variance are those of the batch.
    """

    def __init__(self, context: nn.Context, axis: int, eps: float, batch_stat: bool) -> None:
        super().__init__(context)
        self._axis = axis
        self._eps = eps
        self._batch_stat = batch_stat

    @property
    def name(self) -> str:
        """Return NNabla's name of the function."""
        return "BatchNormalizationGradient"

    @property
    def args(self) -> Dict[str, Any]:
        """Return the arguments, as NNabla wants to see them."""
        return {"axis": self._axis, "eps": self._eps, "batch_stat": self._batch_stat}

    def min_outputs(self) -> int:
        """Return 3: dx, dbeta, dgamma."""
        return 3

    def grad_depends_output_data(self, i: int, o: int) -> bool:
        """Return False: backward recomputes everything from the inputs."""
        return False

    def grad_depends_input_data(self, i: int, j: int) -> bool:
        """Return True: backward reads every input."""
        return True

    def setup_impl(self, inputs: List[nn.Variable], outputs: List[nn.Variable]) -> None:
        """Set the output shapes: dx like x, dbeta and dgamma like gamma."""
        outputs[0].reset_shape(inputs[1].shape, True)
        outputs[1].reset_shape(inputs[2].shape, True)
        outputs[2].reset_shape(inputs[2].shape, True)

    def forward_impl(self, inputs: List[nn.Variable], outputs: List[nn.Variable]) -> None:
        """Compute the first derivative."""
        dy, xhat, gamma, r, n = self._normalized(inputs)
        dbeta = _sum(dy)  # (C,)
        dgamma = _dot(dy, xhat)  # (C,)
        scale = gamma * r
        dx = _scaled(dy, scale)
        if self._batch_stat:
            dx -= _scaled(xhat, scale * dgamma / n)
            dx -= _column(scale * dbeta / n)
        outputs[0].data.data = dx.reshape(inputs[1].shape)
        outputs[1].data.data = dbeta.astype(np.float32).reshape(outputs[1].shape)
        outputs[2].data.data = dgamma.astype(np.float32).reshape(outputs[2].shape)

    def backward_impl(
        self, inputs: List[nn.Variable], outputs: List[nn.Variable], propagate_down: List[bool], accum: List[bool]
    ) -> None:
        """Compute the second derivative."""
        dy, xhat, gamma, r, n = self._normalized(inputs)
        a = self._channels(outputs[0].grad.data)
        b, c = (outputs[i].grad.data.ravel().astype(np.float64) for i in (1, 2))
        derivatives = (self._batch if self._batch_stat else self._running)(dy, xhat, a, _Channel(gamma, r, b, c, n))
        shapes = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
        for i, (value, shape) in enumerate(zip(derivatives, shapes)):
            if propagate_down[i]:
                array = value.astype(np.float32, copy=False).reshape(shape)
                inputs[i].grad.data = inputs[i].grad.data + array if accum[i] else array

    @staticmethod
    def _batch(dy: Array, xhat: Array, a: Array, channel: _Channel) -> Tuple[Array, Array, Array]:
        gamma, r, b, c, n = channel
        # The letters are those of the module's text; all of them are (C,).
        mean_a = _sum(a) / n
        mean_dy = _sum(dy) / n
        p = _dot(a, xhat) / n
        q = _dot(dy, xhat) / n
        k = _dot(a, dy) - n * mean_a * mean_dy - n * p * q
        scale = gamma * r
        for_dy = _scaled(a, scale)
        for_dy += _scaled(xhat, c - scale * p)
        for_dy += _column(b - scale * mean_a)
        # e itself is never formed: its means follow from those of a and dy, alone and times xhat.
        mean_e = -scale * (mean_a * q + mean_dy * p) + c * mean_dy
        mean_e_xhat = -2 * scale * p * q + c * q
        for_x = _scaled(a, -r * scale * q)
        for_x += _scaled(dy, r * (c - scale * p))
        for_x -= _scaled(xhat, r * mean_e_xhat + gamma * r**2 * k / n)
        for_x -= _column(r * mean_e)
        return for_dy, for_x, r * k

    @staticmethod
    def _running(dy: Array, xhat: Array, a: Array, channel: _Channel) -> Tuple[Array, Array, Array]:
        gamma, r, b, c, _ = channel
        for_dy = _scaled(a, gamma * r)
        for_dy += _scaled(xhat, c)
        for_dy += _column(b)
        return for_dy, _scaled(dy, c * r), r * _dot(a, dy)

    def _normalized(self, inputs: List[nn.Variable]) -> Tuple[Array, Array, Array, Array, int]:
        """Return dy and xhat (B, C, S) float32, gamma and r (C,) float64, and n, the number of values of a channel."""
        dy = self._channels(inputs[0].data.data)
        x = self._channels(inputs[1].data.data)
        n = x.shape[0] * x.shape[2]
        if self._batch_stat:
            mean = _sum(x) / n
            centred = x - _column(mean)
            variance = _dot(centred, centred) / n
        else:
            mean, variance = (inputs[i].data.data.ravel().astype(np.float64) for i in (3, 4))
            centred = x - _column(mean)
        r = 1.0 / np.sqrt(variance + self._eps)
        centred *= _column(r)
        return dy, centred, inputs[2].data.data.ravel().astype(np.float64), r, n

    def _channels(self, array: Array) -> Array:
        """Return the array as (B, C, S): the axes before, of and after the channel."""
        before = int(np.prod(array.shape[: self._axis], dtype=np.int64))
        return array.reshape(before, array.shape[self._axis], -1)


def _column(channel: Array) -> Array:
    return channel.astype(np.float32)[None, :, None]


def _scaled(array: Array, channel: Array) -> Array:
    return array * _column(channel)


def _sum(array: Array) -> Array:
    """Compute the per-channel sum (C,), in double precision across rows."""
    total: Array = array.sum(axis=2).sum(axis=0, dtype=np.float64)
    return total


def _dot(a: Array, b: Array) -> Array:
    """Compute the per-channel inner product (C,), in double precision across rows."""
    total: Array = np.einsum("bcs,bcs->bc", a, b).sum(axis=0, dtype=np.float64)
    return total
