"""The truth: a training repeated once for every sample, each time without it.

Leaving a sample out means that its gradient is zero in every step that draws it; the divisor of the batch, the other
samples, their order, weight decay and the start stay as they were. The truth is the change of the mean validation loss,
in double precision, with no code of the package. A *part* of a sample can be left out as well: with a small part the
truth is a derivative, and shows whether an estimate that is one is computed correctly.

N networks cost little more than one because they go in lockstep: every parameter has a leading axis M = N + 1, one
network for each sample left out and one, the last, for none. That last one has to end where the package's training
ended; `Retrained.distance` lets the caller check it.

Networks are affine layers with ReLU between them and one logit z at the end; the loss is
``log(1 + exp(z)) - y z``, as NNabla's sigmoid cross-entropy.
"""

from typing import Any, NamedTuple, Tuple

import numpy as np


class Retrained(NamedTuple):
    """What the repeated trainings gave.

    Attributes:
        change: (N,) mean validation loss without the sample, minus that with all samples, divided by the part left out.
        loss: Mean validation loss with all samples.
        theta: (P,) parameters with all samples.
    """

    change: np.ndarray
    loss: float
    theta: np.ndarray

    def distance(self, theta):
        """How far other parameters (P,) are from ours, relative to the length of ours."""
        return float(np.linalg.norm(self.theta - theta) / np.linalg.norm(self.theta))


class Retraining(NamedTuple):
    """A training that can be repeated.

    Attributes:
        space: The package's `ParameterSpace`: names and shapes, layer by layer ``.../W`` (inputs, outputs), ``.../b``.
        decay: Coupled weight decay.
        training: x (N, D) and y (N,).
        validation: x and y, likewise.
    """

    space: Any
    decay: float
    training: Tuple[np.ndarray, np.ndarray]
    validation: Tuple[np.ndarray, np.ndarray]

    def leave_one_out(self, theta, steps, part=1.0):
        """Repeats some steps without each sample in turn.

        Args:
            theta: Parameters (P,) to start from.
            steps: The package's steps: rows and learning rates.
            part: Share of the sample's gradient that is left out.

        Returns:
            A `Retrained`.
        """
        models = len(self.training[0]) + 1
        values = [value.astype(float) for value in self.space.unflatten(theta).values()]
        values = [np.repeat(value[np.newaxis], models, axis=0) for value in values]  # (M, ...)
        for step in steps:
            for value, gradient in zip(values, gradients(values, self.training, step.batches[0], part)):
                value -= step.learning_rate * (gradient + self.decay * value)
        losses = mean_losses(values, self.validation)
        final = np.concatenate([value[-1].ravel() for value in values])
        return Retrained((losses[:-1] - losses[-1]) / part, float(losses[-1]), final)


def gradients(values, training, rows, part):
    """Gradients of the batch's mean loss, model m without (a part of) sample m, in the order of the parameters."""
    x, y = training[0][rows], training[1][rows]
    inputs, logits = forward(values, x)
    weights = 1 - part * (rows == np.arange(len(logits))[:, np.newaxis])  # (M, B)
    error = ((1 / (1 + np.exp(-logits)) - y) * weights / len(rows))[:, :, np.newaxis]  # (M, B, 1)
    found = []
    for layer in reversed(range(len(inputs))):
        weight = values[2 * layer]
        found += [error.sum(axis=1), np.swapaxes(inputs[layer], -1, -2) @ error]
        if layer:
            error = (error @ np.swapaxes(weight, -1, -2)) * (inputs[layer] > 0)
    return found[::-1]


def forward(values, x):
    """The input of every layer, (B, D) or (M, B, width), and the logits (M, B)."""
    inputs, outputs = [], x
    for layer in range(0, len(values), 2):
        inputs.append(np.maximum(outputs, 0) if layer else outputs)
        outputs = inputs[-1] @ values[layer] + values[layer + 1][:, np.newaxis]
    return inputs, outputs[:, :, 0]


def mean_losses(values, data):
    """The mean loss of every model (M,)."""
    logits = forward(values, data[0])[1]
    return (np.logaddexp(0, logits) - data[1] * logits).mean(axis=1)
