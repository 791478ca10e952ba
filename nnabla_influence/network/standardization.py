"""Fixed layers of built-in networks, so that raw numbers can be learnt: mean and deviation, number by number.

Columns of a table differ in size by orders of magnitude, and gradient descent with one learning rate for all learns
from the largest only. So the first layer makes (x - mean) / deviation of the inputs. Values to predict of another size
than 1 make the first step too large; there the last layer makes output * deviation + mean, and the loss is divided by
the mean squared deviation, so that data in other units is learnt alike.

Mean and deviation are those of the training data. They are parameters of the network that no training changes and no
seed draws, so they go with it into caches, result files and other processes, and new data is treated as the training
data was. A number that never changes keeps its deviation of 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Mapping, Optional, Tuple

import nnabla as nn
import nnabla.functions as F
import numpy as np
from nnabla.initializer import ConstantInitializer

from ..array import Array
from ..dataset.batches import consecutive_batches
from ..dataset.dataset import Dataset

__all__ = ["Standardization"]

INPUTS = "standardization"
TARGETS = "target_standardization"
MEAN = f"{INPUTS}/mean"
SCALE = f"{INPUTS}/scale"
_UNIT = (1 / 3, 3.0)  # deviations that need no scaling; the second bounds the means, too
_BATCH_VALUES = 1 << 20  # float32 numbers read at a time
_NOISE = 4 * float(np.finfo(np.float32).eps)  # of a mean: smaller deviations are rounding


@dataclass(frozen=True)
class Standardization:
    """Mean and scale of every number of a sample, both of the sample's shape.

    Args:
        mean: The mean of the training data, float32.
        scale: One over its standard deviation, float32.

    Example:
        >>> data = Dataset.from_arrays({"x": np.array([[1.0, 500.0], [3.0, 500.0]])})
        >>> layer = Standardization.of(data, "x")
        >>> layer.applied(data.column("x")).tolist()
        [[-1.0, 0.0], [1.0, 0.0]]
    """

    mean: Array
    scale: Array

    @classmethod
    def of(cls, data: Dataset, column: str) -> Standardization:
        """Measure a data set, in float64: once for the means, once for the deviations from them."""
        mean = _batch_mean(data, column, lambda values: values)
        variance = _batch_mean(data, column, lambda values: (values - mean) ** 2)
        deviation = np.sqrt(variance)
        varies = deviation > _NOISE * np.abs(mean)
        scale = 1.0 / np.where(varies, deviation, 1.0)
        return cls(mean.astype(np.float32), scale.astype(np.float32))

    @classmethod
    def of_targets(cls, data: Dataset, column: str) -> Optional[Standardization]:
        """Measure values to predict; None if they are of unit size and can be learnt as they are."""
        layer = cls.of(data, column)
        deviation = 1.0 / layer.scale
        least, most = _UNIT
        fits = (deviation >= least).all() and (deviation <= most).all() and (np.abs(layer.mean) <= most).all()
        return None if fits else layer

    @classmethod
    def in_values(cls, values: Mapping[str, Array]) -> Dict[str, Array]:
        """Return those of a network's parameter values (by name) that belong to such layers."""
        return {name: value for name, value in values.items() if name.split("/")[0] in (INPUTS, TARGETS)}

    @classmethod
    def found_in(cls, values: Mapping[str, Array]) -> Optional[Standardization]:
        """Return the first layer that some parameter values (by name) belong to, None if there is none."""
        return cls(values[MEAN][0], values[SCALE][0]) if MEAN in values else None

    @property
    def input_values(self) -> Dict[str, Array]:
        """The parameter values of the first layer by name, with a batch axis of one."""
        return {MEAN: self.mean[None], SCALE: self.scale[None]}

    @property
    def target_values(self) -> Dict[str, Array]:
        """The parameter values of the last layer by name, with a batch axis of one."""
        return {f"{TARGETS}/mean": self.mean[None], f"{TARGETS}/deviation": 1.0 / self.scale[None]}

    @property
    def loss_weight(self) -> float:
        """What the squared error of values in their own unit is multiplied by: 1 / their mean variance."""
        return float(1.0 / np.mean(1.0 / self.scale.astype(np.float64) ** 2))

    def applied(self, samples: Array) -> Array:
        """Compute what the layer makes of samples (B, *shape)."""
        return (samples - self.mean) * self.scale

    @staticmethod
    def first_layer(x: nn.Variable) -> nn.Variable:
        """Put the first layer behind an input variable, in the parameter scope of the moment."""
        shape = (1, *x.shape[1:])
        with nn.parameter_scope(INPUTS):
            return F.mul2(F.sub2(x, _fixed("mean", shape, 0.0)), _fixed("scale", shape, 1.0))

    @staticmethod
    def last_layer(output: nn.Variable) -> nn.Variable:
        """Put the last layer behind the outputs of a network, in the parameter scope of the moment."""
        shape = (1, *output.shape[1:])
        with nn.parameter_scope(TARGETS):
            return F.add2(F.mul2(output, _fixed("deviation", shape, 1.0)), _fixed("mean", shape, 0.0))


def _fixed(name: str, shape: Tuple[int, ...], value: float) -> nn.Variable:
    return nn.parameter.get_parameter_or_create(name, shape, ConstantInitializer(value), need_grad=False)


def _batch_mean(data: Dataset, column: str, of: Callable[[Array], Array]) -> Array:
    """Average a function of the samples over all of them, in float64."""
    shape = data.shapes[column]
    total = np.zeros(shape)
    for rows in consecutive_batches(len(data), max(1, _BATCH_VALUES // int(np.prod(shape)))):
        total += of(data.batch(rows)[column].astype(np.float64)).sum(axis=0)
    mean: Array = total / len(data)
    return mean
