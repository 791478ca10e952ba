"""Every list of names that a user can choose from, once: standard library only, so that ``--help`` stays instant.

Commands, plugins and Python check the same lists; what a name does stands where it is implemented.
"""

from __future__ import annotations

from typing import NamedTuple

METHODS = (
    "spectral",
    "last-epoch",
    "sgd-influence",
    "influence-function",
    "tracin",
    "self-influence",
    "loss",
    "margin",
    "out-of-fold",
    "knn-shapley",
    "random",
)
"""Methods that score, see `estimators`."""

DEFAULT_METHOD = "spectral"
METHODS_WITHOUT_VALIDATION = ("self-influence", "loss", "margin", "out-of-fold", "random")
"""Methods whose scores are the same whatever the validation data."""

COMPARED_METHODS = ("spectral", "loss", "margin", "random")
"""Methods that an evaluation compares where nobody chose."""

OBJECTIVES = ("error", "loss")
"""Which quantity of the validation data a score is the change of, see `objective`."""

DEFAULT_OBJECTIVE = "error"

POLICIES = ("final", "last-epoch", "epochs", "sqrt", "every-step")
"""Which parameters a training cache keeps."""

DEFAULT_POLICY = "last-epoch"

SOLVERS = ("Sgd", "Momentum", "Nesterov", "SgdW", "Adam", "AdamW", "AMSGRAD", "Adamax", "RMSprop", "Adagrad")
"""Solvers with an adjoint, in NNabla's spelling."""

SCHEDULES = ("Constant", "Exponential", "Step", "Cosine", "Polynomial")
"""How the learning rate changes."""


class BuiltinTraining(NamedTuple):
    """How a built-in network is trained where nothing else is said.

    Args:
        learning_rate: Of plain gradient descent.
        batch_size: Samples of a batch.
        epochs: Passes over the training data.
    """

    learning_rate: float
    batch_size: int
    epochs: int


BUILTIN_TRAININGS = {
    "builtin:mlp": BuiltinTraining(learning_rate=0.05, batch_size=64, epochs=20),
    "builtin:cnn": BuiltinTraining(learning_rate=0.02, batch_size=64, epochs=30),
    "builtin:cifarnet": BuiltinTraining(learning_rate=0.05, batch_size=64, epochs=10),
}
"""Built-in networks, each with its own measured training."""

BUILTINS = tuple(BUILTIN_TRAININGS)
"""Built-in networks."""

TASKS = ("classification", "regression", "multi-label")
"""What a built-in network learns: a class, values, or several labels that are 0 or 1 each."""

BATCH_NORM_POLICIES = ("batch", "frozen")
"""Which statistics batch normalisation uses while scoring."""

THROUGH = ("last", "all")
"""Whose steps `sgd-influence` follows: those of the last epoch, or of all."""

RECURSIONS = ("corrected", "published")
"""The Hessian term as derived, or as in the published code."""

CURVATURES = ("auto", "ggn", "hessian")
"""Gauss-Newton or Hessian matrix."""

POINTS = ("auto", "final", "average")
"""Parameters that scores are taken at."""

INVERSES = ("lanczos", "cg")
"""How the influence function is solved."""

FEATURES = ("inputs", "hidden")
"""Where nearest neighbours are looked for: among what the network reads, or in its last hidden layer."""

LABELS = ("network", "out-of-fold")
"""Who predicts the labels that scores carry: the trained network, or networks that never saw the sample."""

STARTS = ("last-epoch", "scratch")
"""Where a retraining starts."""
LAST_EPOCH, SCRATCH = STARTS

TREATMENTS = ("remove", "relabel")
"""What a retraining does with the most harmful samples."""

CONTROLS = ("add-validation",)
"""What else a retraining is compared with: the validation rows that scored as further training data."""

METRICS = ("removal", "lds", "leave-one-out")
"""What an evaluation measures."""

DIVISORS = ("batch", "remaining")
"""What a batch's sum of gradients is divided by when samples are left out: the batch's size, or what remains of it."""

NOISE_KINDS = ("symmetric", "pairwise")
"""How labels are flipped on purpose."""

COLOURS = ("grey", "rgb")
"""What images of other kinds can be converted to when they are imported."""

DEVICES = ("cpu", "cuda", "cudnn")
"""Where NNabla computes; the last two optionally with a device id."""
