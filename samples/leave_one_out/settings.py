"""The problems of section 7.1 of Hara, Nitanda and Maehara (2019): data, network and training settings.

What the paper leaves open follows its published code: weights and biases start uniform within 1 / sqrt(inputs);
logistic regression is trained with the rate .1 / sqrt(step) and the L2 penalty that 5-fold cross-validation prefers on
the drawn rows, the networks with the constant rate .1 and L2 .001. The problems ``...-plain`` are ours: logistic
regression with a constant rate and without a penalty.

One thing differs: theirs counts the L2 penalty as part of each sample, so leaving a sample out weakens the penalty too.
Here weight decay stays as it is.
"""

import math
from collections import OrderedDict
from typing import NamedTuple, Optional, Tuple

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
from nnabla.initializer import UniformInitializer

from nnabla_influence import Network, ScheduleConfig, SolverConfig, TrainingConfig

FACTOR = 0.97  # of one step of the schedule that stands for 1 / sqrt(step)


class Problem(NamedTuple):
    """One column of the table.

    Attributes:
        data: Name of the data set.
        hidden: Units of each hidden layer; none for logistic regression.
        epochs: Passes over the training rows.
        batch_size: Rows of a step.
        decay: L2 penalty, None for cross-validation.
        falling: Whether the rate falls with the square root of the step.
    """

    data: str
    hidden: Tuple[int, ...]
    epochs: int
    batch_size: int
    decay: Optional[float]
    falling: bool

    def network(self, features, seed):
        """The network with the start of a seed."""
        scope = OrderedDict()
        x, y = nn.Variable((2, features)), nn.Variable((2, 1))
        with nn.parameter_scope("", scope), nn.auto_forward(False):
            h = x
            for number, width in enumerate(self.hidden, start=1):
                h = F.relu(affine(h, width, f"affine{number}"))
            loss = F.sigmoid_cross_entropy(affine(h, 1, "output"), y)
        return Network.from_loss(loss, {"x": x, "y": y}, scope).initialized(seed)

    def settings(self, x, y, seed):
        """The `TrainingConfig` for training rows x (N, D) and labels y (N,)."""
        steps = self.epochs * math.ceil(len(x) / self.batch_size)
        solver = SolverConfig(
            learning_rate=0.1,
            weight_decay=cross_validated(x, y, seed) if self.decay is None else self.decay,
            schedule=inverse_root(steps) if self.falling else ScheduleConfig(),
        )
        return TrainingConfig(solver, self.epochs, self.batch_size, seed, policy="every-step")


PROBLEMS = {
    "logreg-adult": Problem("adult", (), epochs=20, batch_size=5, decay=None, falling=True),
    "logreg-mnist": Problem("mnist", (), epochs=5, batch_size=5, decay=None, falling=True),
    "dnn-adult": Problem("adult", (8, 8), epochs=10, batch_size=20, decay=1e-3, falling=False),
    "dnn-mnist": Problem("mnist", (8, 8), epochs=10, batch_size=20, decay=1e-3, falling=False),
    "logreg-adult-plain": Problem("adult", (), epochs=20, batch_size=5, decay=0.0, falling=False),
    "logreg-mnist-plain": Problem("mnist", (), epochs=5, batch_size=5, decay=0.0, falling=False),
}


def affine(h, width, name):
    bound = 1 / math.sqrt(h.shape[1])
    # The generator only keeps NNabla's global one untouched; the values are drawn by `Network.initialized`.
    start = UniformInitializer((-bound, bound), rng=np.random.RandomState(0))
    return PF.affine(h, width, w_init=start, b_init=start, name=name)


def cross_validated(x, y, seed):
    """The L2 penalty that 5-fold cross-validation prefers, per sample of the mean loss."""
    from sklearn.linear_model import LogisticRegressionCV

    found = LogisticRegressionCV(cv=5, fit_intercept=False, random_state=seed, max_iter=1000).fit(x, y)
    return float(1 / (found.C_[0] * len(x)))


def inverse_root(steps):
    """A schedule within 1.6 % of 1 / sqrt(step), step from 1: a factor of .97 whenever half a factor is due."""
    drops = math.floor((math.log(steps) / -math.log(FACTOR) + 1) / 2)
    due = [math.ceil(FACTOR ** -(2 * drop - 1)) - 1 for drop in range(1, drops + 1)]
    return ScheduleConfig("Step", {"gamma": FACTOR, "iter_steps": due})
