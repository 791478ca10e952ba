"""Second derivatives of losses of class numbers for batches of one sample.

NNabla 1.39 drops every axis of length 1 from the labels' shape when it writes the gradient of softmax or categorical
cross-entropy as a graph, and fails where that is the batch axis or the only position. The same formulas, with the shape
that the labels have:

    softmax cross-entropy      dx = dy (softmax(x) - onehot(t))
    categorical cross-entropy  dx = -dy onehot(t) / x
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Callable, Iterator, List, Optional, Tuple

import nnabla as nn
import nnabla.functions as F
from nnabla.backward_functions import registry

__all__ = ["class_losses_of_any_size"]


@contextmanager
def class_losses_of_any_size() -> Iterator[None]:
    """Let `nnabla.grad` use this module for losses of class numbers while active; restore it afterwards."""
    originals = {name: registry[name] for name in ("SoftmaxCrossEntropy", "CategoricalCrossEntropy")}
    registry.update(
        SoftmaxCrossEntropy=_backward(lambda x, hot, axis: F.softmax(x, axis=axis) - hot),
        CategoricalCrossEntropy=_backward(lambda x, hot, axis: -hot / x),
    )
    try:
        yield
    finally:
        registry.update(originals)


def _backward(
    derivative: Callable[[nn.Variable, nn.Variable, int], nn.Variable],
) -> Callable[..., Tuple[nn.Variable, None]]:
    """Return what NNabla's registry wants, from ``(x, onehot(t), axis)`` to ``dx / dy``."""

    def backward(
        grad_inputs: List[nn.Variable],
        inputs: List[nn.Variable],
        input_shapes: List[Tuple[int, ...]],
        outputs: List[nn.Variable],
        output_shapes: List[Tuple[int, ...]],
        axis: Optional[int] = None,
    ) -> Tuple[nn.Variable, None]:
        """Return the gradients of predictions and labels; labels have none."""
        shape = input_shapes[0]
        axis = len(shape) - 1 if axis is None else axis % len(shape)
        # The classes come last out of one_hot and are moved to where the predictions have them.
        hot = F.one_hot(F.reshape(inputs[1], (-1, 1), inplace=False), (shape[axis],))
        hot = F.reshape(hot, (*shape[:axis], *shape[axis + 1 :], shape[axis]))
        rest = list(range(len(shape) - 1))
        hot = F.transpose(hot, [*rest[:axis], len(shape) - 1, *rest[axis:]])
        return grad_inputs[0] * derivative(inputs[0], hot, axis), None

    return backward
