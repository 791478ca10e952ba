"""Built-in networks for a start: `Builtin`, each with its own measured solver, learning rate, batch size and epochs.

* ``builtin:mlp``: two hidden layers of 64 ReLU units; any input shape; tables and vectors.
* ``builtin:cnn``: two 3x3 convolutions (16 and 32 maps, ReLU, 2x2 max pooling) and an affine layer; small images.
* ``builtin:cifarnet``: the network of Suzuki, Kobayashi and Narihira (arXiv:2103.11807): six 3x3 convolutions of
  32-32-64-64-128-128 maps, batch normalisation after the first of each pair, max pooling after each pair, affine.
  307,818 numbers for 1x32x32 images and 10 classes, running statistics included.

The label decides the loss: softmax cross-entropy on class numbers, squared error on real values, binary cross-entropy
on several labels of 0 and 1. What is no image is standardised first, see `standardization`. How the defaults were
chosen stands in ``samples/mnist/README.md``.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Callable, Dict, Optional, Tuple

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np

from ..choices import BUILTIN_TRAININGS, TASKS, BuiltinTraining
from ..config import SolverConfig
from ..errors import ConfigError
from ..machine_memory import require_memory
from .file_from_loss import file_from_loss
from .nnp import NetworkFile
from .standardization import Standardization

__all__ = ["BUILTINS", "INPUT", "LABEL", "Builtin", "builtin_file"]


@dataclass(frozen=True)
class Builtin:
    """One built-in network and its own training settings.

    Args:
        features: Makes the hidden layers on an input variable.
        needs_image: Whether a sample must be an image (C, H, W).
        training: How it is trained by plain gradient descent.
    """

    features: Callable[[nn.Variable, np.random.RandomState], nn.Variable]
    needs_image: bool
    training: BuiltinTraining


def _mlp(x: nn.Variable, rng: np.random.RandomState) -> nn.Variable:
    h = F.relu(PF.affine(x, 64, rng=rng, name="affine1"))
    return F.relu(PF.affine(h, 64, rng=rng, name="affine2"))


def _cnn(x: nn.Variable, rng: np.random.RandomState) -> nn.Variable:
    h = F.max_pooling(F.relu(PF.convolution(x, 16, (3, 3), pad=(1, 1), rng=rng, name="convolution1")), (2, 2))
    return F.max_pooling(F.relu(PF.convolution(h, 32, (3, 3), pad=(1, 1), rng=rng, name="convolution2")), (2, 2))


def _cifarnet(x: nn.Variable, rng: np.random.RandomState) -> nn.Variable:
    h = x
    for block, maps in enumerate((32, 64, 128), start=1):
        with nn.parameter_scope(f"block{block}"):
            h = PF.convolution(h, maps, (3, 3), pad=(1, 1), rng=rng, name="convolution1")
            h = F.relu(PF.batch_normalization(h, name="normalization1"))
            h = F.relu(PF.convolution(h, maps, (3, 3), pad=(1, 1), rng=rng, name="convolution2"))
            h = F.max_pooling(h, (2, 2))
    return h


BUILTINS: Dict[str, Builtin] = {
    "builtin:mlp": Builtin(_mlp, False, BUILTIN_TRAININGS["builtin:mlp"]),
    "builtin:cnn": Builtin(_cnn, True, BUILTIN_TRAININGS["builtin:cnn"]),
    "builtin:cifarnet": Builtin(_cifarnet, True, BUILTIN_TRAININGS["builtin:cifarnet"]),
}


INPUT, LABEL = "x", "y"
"""The columns that built-in networks read."""

LOSSES: Dict[str, Callable[[nn.Variable, nn.Variable], nn.Variable]] = {
    "classification": F.softmax_cross_entropy,
    "regression": F.squared_error,
    "multi-label": F.sigmoid_cross_entropy,
}
"""The loss of each task, of the outputs and the label."""


def builtin_file(
    name: str,
    input_shape: Tuple[int, ...],
    outputs: int,
    task: str,
    standardized: bool = False,
    loss_weight: Optional[float] = None,
) -> NetworkFile:
    """Return a built-in network for data of a shape, without parameter values: they are drawn from a seed.

    Args:
        name: A key of `BUILTINS`.
        input_shape: Shape of one sample of column ``x``, e.g. (1, 28, 28).
        outputs: Number of classes, labels or target values.
        task: One of `choices.TASKS`.
        standardized: Begin with the first layer of a `Standardization`, whose values the seed does not draw.
        loss_weight: End with its last layer, and multiply the loss; None: neither.

    Raises:
        ConfigError: No such built-in, or the input is not an image of at least 8x8 where one is needed.
        TooLargeError: The last layer needs more memory than this machine has.
    """
    if name not in BUILTINS:
        raise ConfigError(f"Built-in networks are {', '.join(BUILTINS)}, not '{name}'.")
    if task not in TASKS:
        raise ConfigError(f"Expected the task to be one of {', '.join(TASKS)}, got '{task}'.")
    chosen = BUILTINS[name]
    if chosen.needs_image and (len(input_shape) != 3 or min(input_shape[1:]) < 8):
        raise ConfigError(
            f"{name} needs images of at least 8x8 pixels, not samples of shape {input_shape}; "
            "builtin:mlp takes any shape."
        )
    scope: OrderedDict[str, nn.Variable] = OrderedDict()
    rng = np.random.RandomState(0)  # only so that NNabla's global generator stays untouched; values are drawn below
    x = nn.Variable((2,) + tuple(input_shape))  # the batch size is written out of the graph again
    y = nn.Variable((2, 1 if task == "classification" else outputs))
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        read = Standardization.first_layer(x) if standardized else x
        hidden = chosen.features(read, rng)
        # Its weights are drawn in double precision. One mistyped class number makes it as large as the number.
        needed = 8 * math.prod(hidden.shape[1:]) * outputs
        require_memory(needed, f"the last layer of {name}, with {outputs:,} outputs,")
        prediction = PF.affine(hidden, outputs, rng=rng, name="output")
        if loss_weight is None:
            loss = LOSSES[task](prediction, y)
        else:
            loss = F.mul_scalar(LOSSES[task](Standardization.last_layer(prediction), y), loss_weight)
    settings = {
        "solver": SolverConfig(learning_rate=chosen.training.learning_rate),
        "batch_size": chosen.training.batch_size,
        "epochs": chosen.training.epochs,
    }
    drawn = file_from_loss(loss, {INPUT: x, LABEL: y}, scope, settings, name)
    return NetworkFile(drawn.proto, {}, name)
