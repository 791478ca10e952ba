"""What Neural Network Console builds, one row per kind of network: adding a row adds it to every test of the table.

A row is a function that builds the losses from the inputs; `write_nnp` makes the real ``.nnp`` file of it, as NNabla
saves it: networks ``Main`` and ``MainValidation``, data sets, optimizer and monitors. Row and file say what is
expected of the scores: exact, by central differences, or refused.

The networks are tiny (P about 100): what is tested is that every layer passes through, not how good it is.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Tuple

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import nnabla.solvers as S
import numpy as np
from nnabla.utils.save import save

BATCH, TRAINING, VALIDATION = 4, 11, 6
CLASSES = 3
IMAGE, VECTOR, SEQUENCE = (2, 6, 6), (5,), (3, 4)


@dataclass(frozen=True)
class Column:
    """A data-set column: shape of one sample, and how its values are drawn."""

    shape: Tuple[int, ...]
    draw: Callable[[np.random.RandomState, Tuple[int, ...]], np.ndarray]


def normal(random, shape):
    return random.normal(size=shape)


def whole(below):
    """Whole numbers, as class labels and tokens are."""
    return lambda random, shape: random.randint(below, size=shape)


def shares(random, shape):
    drawn = random.uniform(0.1, 1, size=shape)
    return drawn / drawn.sum(1, keepdims=True)


LABEL, REAL, BINARY = Column((1,), whole(CLASSES)), Column((2,), normal), Column((2,), whole(2))


@dataclass(frozen=True)
class Kind:
    """A kind of network.

    Args:
        name: Name of the row.
        build: ``build(v, training)`` -> loss or losses (B, ...), v the variables of the columns by name.
        columns: What the data set holds.
        fallback: What NNabla cannot differentiate twice, as the warning names it; None where scores are exact.
        scores: Tolerance of the sample products against the loop, relative to the largest.
        coupled: Whether a sample's loss depends on the rest of its batch.
        smooth: Whether the Hessian product may be held against differences of gradients.
        hessian: Tolerance of that.
        no_gauss_newton: What the refusal of a Gauss-Newton product says; None where there is one.
        random: Whether training draws masks or augmentation.
        constants: Inputs that no column feeds, filled with 0.
    """

    name: str
    build: Callable
    columns: Dict[str, Column]
    fallback: Optional[str] = None
    scores: float = 1e-4
    coupled: bool = False
    smooth: bool = True
    hessian: float = 1e-2
    no_gauss_newton: Optional[str] = None
    random: bool = False
    constants: Dict[str, Column] = field(default_factory=dict)

    def __str__(self):
        return self.name

    def arrays(self, samples, seed):
        """Columns (N, ...) as float32."""
        random = np.random.RandomState(seed)
        return {n: c.draw(random, (samples,) + c.shape).astype(np.float32) for n, c in self.columns.items()}


# --- bodies: from the input x to features -------------------------------------------------------------------------


def hidden(x, name="hidden", size=6):
    return F.tanh(PF.affine(x, size, name=name))


def convolved(x, **options):
    return F.tanh(PF.convolution(x, 4, (3, 3), pad=(1, 1), name="convolution", **options))


def dropout(v, training):
    return F.dropout(hidden(v["x"]), 0.4) if training else hidden(v["x"])


def two_dropouts(v, training):
    h = dropout(v, training)
    return F.dropout(hidden(h, "second"), 0.4) if training else hidden(h, "second")


def dropouts_side_by_side(v, training):
    h = hidden(v["x"])
    return F.dropout(h, 0.5) + F.dropout(h, 0.5) if training else h + h


def image_augmentation(v, training):
    x = v["x"]
    if training:
        x = F.image_augmentation(x, shape=IMAGE, min_scale=0.9, max_scale=1.1, angle=0.1, flip_lr=True, noise=0.1)
    return convolved(x)


def random_flip_and_shift(v, training):
    x = F.random_shift(F.random_flip(v["x"], axes=(2,)), shifts=(1, 1)) if training else v["x"]
    return convolved(x)


def random_erase(v, training):
    return convolved(F.random_erase(v["x"], prob=1.0) if training else v["x"])


def several_inputs(v, training):
    return F.concatenate(hidden(v["left"], "left"), hidden(v["right"], "right"), axis=1)


def embedding(v, training):
    return hidden(F.mean(PF.embed(v["x"], 7, 4, name="embed"), axis=1))


def lstm_cells(v, training):
    h, c = hidden(v["x"], "h0", 4), hidden(v["x"], "c0", 4)
    for t in range(SEQUENCE[0]):
        h, c = PF.lstm_cell(step_of(v["x"], t), h, c, 4, name="lstm")
    return h


def gru_cells(v, training):
    h = hidden(v["x"], "h0", 4)
    for t in range(SEQUENCE[0]):
        z, r = (F.sigmoid(PF.affine(F.concatenate(step_of(v["x"], t), h, axis=1), 4, name=n)) for n in "zr")
        new = F.tanh(PF.affine(F.concatenate(step_of(v["x"], t), r * h, axis=1), 4, name="new"))
        h = (1 - z) * h + z * new
    return h


def rnn_cells(v, training):
    h = hidden(v["x"], "h0", 4)
    for t in range(SEQUENCE[0]):
        h = F.tanh(PF.affine(F.concatenate(step_of(v["x"], t), h, axis=1), 4, name="cell"))
    return h


def step_of(x, t):
    """Step t of a sequence (B, T, D), without a shape that holds B."""
    return F.split(x, axis=1)[t]


def start_state(x, name):
    """(1, 1, B, H) for NNabla's recurrent layers; a constant would hold B."""
    return F.stack(F.stack(hidden(x, name, 4), axis=0), axis=0)


def lstm_layer(v, training):
    x = F.transpose(v["x"], (1, 0, 2))
    y, _, _ = PF.lstm(x, start_state(v["x"], "h0"), start_state(v["x"], "c0"), training=training, name="lstm")
    return F.mean(y, axis=0)


def gru_layer(v, training):
    y, _ = PF.gru(F.transpose(v["x"], (1, 0, 2)), start_state(v["x"], "h0"), training=training, name="gru")
    return F.mean(y, axis=0)


def rnn_layer(v, training):
    y, _ = PF.rnn(F.transpose(v["x"], (1, 0, 2)), start_state(v["x"], "h0"), training=training, name="rnn")
    return F.mean(y, axis=0)


def residual(v, training):
    h = convolved(v["x"])
    return h + F.tanh(PF.convolution(h, 4, (3, 3), pad=(1, 1), name="second"))


def batch_normalization(v, training):
    h = PF.convolution(v["x"], 4, (3, 3), name="convolution")
    return F.tanh(PF.batch_normalization(h, batch_stat=training, name="norm"))


def fused_batch_normalization(v, training):
    h = PF.convolution(v["x"], 4, (3, 3), name="convolution")
    return PF.fused_batch_normalization(h, hidden_like(v["x"]), batch_stat=training, name="norm")


def hidden_like(x):
    return PF.convolution(x, 4, (3, 3), name="side")


def instance_normalization(v, training):
    return F.tanh(PF.instance_normalization(convolved(v["x"]), name="norm"))


def layer_normalization(v, training):
    return F.tanh(PF.layer_normalization(convolved(v["x"]), name="norm"))


def group_normalization(v, training):
    return F.tanh(PF.group_normalization(convolved(v["x"]), 2, name="norm"))


def depthwise(v, training):
    return F.tanh(PF.depthwise_convolution(v["x"], (3, 3), multiplier=2, name="depthwise"))


def deconvolution(v, training):
    return F.tanh(PF.deconvolution(convolved(v["x"]), 2, (2, 2), stride=(2, 2), name="deconvolution"))


def strided_dilated_grouped(v, training):
    h = F.tanh(PF.convolution(v["x"], 4, (3, 3), pad=(2, 2), dilation=(2, 2), name="dilated"))
    return F.tanh(PF.convolution(h, 4, (3, 3), stride=(2, 2), group=2, name="grouped"))


def pooling(v, training):
    h = F.sum_pooling(F.average_pooling(convolved(v["x"]), (2, 2)), (3, 1))
    return F.concatenate(F.reshape(h, (h.shape[0], -1)), global_pooling(v, training), axis=1)


def global_pooling(v, training):
    h = F.global_average_pooling(convolved(v["x"]))
    return F.reshape(h, (h.shape[0], h.shape[1]))


def max_pooling(v, training):
    return F.max_pooling(F.relu(PF.convolution(v["x"], 4, (3, 3), name="convolution")), (2, 2))


def attention(v, training):
    query, key, value = (PF.affine(v["x"], 4, base_axis=2, name=name) for name in ("query", "key", "value"))
    weights = F.softmax(F.batch_matmul(query, key, transpose_b=True) * 0.5, axis=2)
    return F.batch_matmul(weights, value)


def smooth_activations(v, training):
    h = F.elu(PF.affine(v["x"], 6, name="elu"))
    h = F.gelu(PF.affine(h, 6, name="gelu"))
    h = F.swish(PF.affine(h, 6, name="swish"))
    h = F.softplus(PF.affine(h, 6, name="softplus"))
    return F.selu(PF.affine(h, 6, name="selu"))


def kinked_activations(v, training):
    h = PF.prelu(PF.affine(v["x"], 6, name="prelu"), name="prelu")
    h = F.leaky_relu(PF.affine(h, 6, name="leaky"))
    return F.crelu(PF.affine(h, 6, name="crelu"))


def cut_and_joined(v, training):
    h = hidden(v["x"])
    return F.concatenate(h[:, :2], h[:, 1:5:2], *[F.reshape(p, (p.shape[0], 1)) for p in F.split(h, axis=1)[4:]])


def shared_weights(v, training):
    return hidden(hidden(hidden(v["x"], "first"), "shared"), "shared")


def weight_normalization(v, training):
    def normalized(w):
        return PF.weight_normalization(w, dim=1, name="g")

    return F.tanh(PF.affine(v["x"], 6, apply_w=normalized, name="hidden"))


def reshaped(v, training):
    h = F.reshape(hidden(v["x"], size=12), (v["x"].shape[0], 3, 4))
    return PF.affine(F.transpose(h, (0, 2, 1)), 2, base_axis=2, name="after")


def constant_input(v, training):
    return hidden(F.concatenate(v["x"], v["zero"] + 1, axis=1))


def plain(v, training):
    return hidden(v["x"])


# --- heads: from features to losses -------------------------------------------------------------------------------


def output(h, size):
    return PF.affine(h, size, name="output")


def classifier(body):
    return lambda v, training: F.softmax_cross_entropy(output(body(v, training), CLASSES), v["y"])


def squared_error(v, training):
    return F.squared_error(output(plain(v, training), 2), v["y"])


def absolute_error(v, training):
    return F.absolute_error(output(plain(v, training), 2), v["y"])


def huber_loss(v, training):
    return F.huber_loss(output(plain(v, training), 2), v["y"], delta=0.7)


def epsilon_insensitive_loss(v, training):
    return F.epsilon_insensitive_loss(output(plain(v, training), 2), v["y"], epsilon=0.1)


def binary_cross_entropy(v, training):
    return F.binary_cross_entropy(F.sigmoid(output(plain(v, training), 2)), v["y"])


def sigmoid_cross_entropy(v, training):
    return F.sigmoid_cross_entropy(output(plain(v, training), 2), v["y"])


def categorical_cross_entropy(v, training):
    return F.categorical_cross_entropy(F.softmax(output(plain(v, training), CLASSES)), v["y"])


def kl_multinomial(v, training):
    return F.kl_multinomial(F.softmax(output(plain(v, training), CLASSES)), v["y"])


def several_losses(v, training):
    h = plain(v, training)
    return [F.softmax_cross_entropy(output(h, CLASSES), v["y"]), F.squared_error(PF.affine(h, 2, name="real"), v["z"])]


def weighed_losses(v, training):
    first, second = several_losses(v, training)
    return [first, F.mul_scalar(second, 0.3)]


def own_loss(v, training):
    z = output(plain(v, training), 2)
    return F.mean((z - v["y"]) ** 4, axis=1)


def one_hot_labels(v, training):
    return F.squared_error(output(plain(v, training), CLASSES), F.one_hot(v["y"], (CLASSES,)))


def reshaped_labels(v, training):
    """A class for every position of a sequence, from a flat column."""
    z = PF.affine(v["x"], CLASSES, base_axis=2, name="output")
    return F.softmax_cross_entropy(z, F.reshape(v["y"], (v["y"].shape[0], SEQUENCE[0], 1)))


def autoencoder(v, training):
    return F.squared_error(output(plain(v, training), 5), v["x"])


# --- the table ----------------------------------------------------------------------------------------------------


def of(shape, target=LABEL, **more):
    return dict({"x": Column(shape, normal), "y": target}, **more)


KINDS = (
    Kind("dropout", classifier(dropout), of(VECTOR), random=True),
    Kind("two dropouts", classifier(two_dropouts), of(VECTOR), random=True),
    Kind("two dropouts of one variable", classifier(dropouts_side_by_side), of(VECTOR), random=True),
    Kind("image augmentation", classifier(image_augmentation), of(IMAGE), random=True),
    Kind("random flip and shift", classifier(random_flip_and_shift), of(IMAGE), random=True),
    Kind("random erase", classifier(random_erase), of(IMAGE), random=True),
    Kind(
        "several inputs",
        classifier(several_inputs),
        {"right": Column((4,), normal), "y": LABEL, "left": Column((4,), normal)},
    ),
    Kind("constant input", classifier(constant_input), of(VECTOR), constants={"zero": Column((2,), normal)}),
    Kind("embedding", classifier(embedding), of((3,), LABEL, x=Column((3,), whole(7)))),
    Kind("RNN cells", classifier(rnn_cells), of(SEQUENCE)),
    Kind("LSTM cells", classifier(lstm_cells), of(SEQUENCE)),
    Kind("GRU cells", classifier(gru_cells), of(SEQUENCE)),
    Kind("RNN layer", classifier(rnn_layer), of(SEQUENCE)),
    Kind("LSTM layer", classifier(lstm_layer), of(SEQUENCE)),
    Kind("GRU layer", classifier(gru_layer), of(SEQUENCE)),
    Kind("attention", classifier(attention), of(SEQUENCE)),
    Kind("residual connection", classifier(residual), of(IMAGE)),
    Kind("batch normalization", classifier(batch_normalization), of(IMAGE), coupled=True),
    Kind("fused batch normalization", classifier(fused_batch_normalization), of(IMAGE), coupled=True),
    Kind("instance normalization", classifier(instance_normalization), of(IMAGE)),
    Kind("layer normalization", classifier(layer_normalization), of(IMAGE)),
    Kind("group normalization", classifier(group_normalization), of(IMAGE)),
    Kind("weight normalization", classifier(weight_normalization), of(VECTOR)),
    Kind("depthwise convolution", classifier(depthwise), of(IMAGE)),
    Kind("strided, dilated, grouped convolution", classifier(strided_dilated_grouped), of(IMAGE)),
    Kind("deconvolution", classifier(deconvolution), of(IMAGE)),
    Kind("average, sum and global pooling", classifier(pooling), of(IMAGE)),
    Kind("max pooling and ReLU", classifier(max_pooling), of(IMAGE), smooth=False),
    Kind("ELU, GELU, Swish, Softplus, SELU", classifier(smooth_activations), of(VECTOR)),
    Kind("PReLU, LeakyReLU, CReLU", classifier(kinked_activations), of(VECTOR), smooth=False),
    Kind("concatenation, slice, split", classifier(cut_and_joined), of(VECTOR)),
    Kind("reshape and transpose", classifier(reshaped), of(VECTOR)),
    Kind("shared weights", classifier(shared_weights), of(VECTOR)),
    Kind("squared error, several outputs", squared_error, of(VECTOR, REAL)),
    Kind("absolute error", absolute_error, of(VECTOR, REAL), smooth=False),
    Kind("Huber loss", huber_loss, of(VECTOR, REAL), smooth=False),
    Kind("epsilon-insensitive loss", epsilon_insensitive_loss, of(VECTOR, REAL), smooth=False),
    Kind("binary cross-entropy", binary_cross_entropy, of(VECTOR, BINARY)),
    Kind("sigmoid cross-entropy", sigmoid_cross_entropy, of(VECTOR, BINARY)),
    Kind("categorical cross-entropy", categorical_cross_entropy, of(VECTOR)),
    Kind("Kullback-Leibler divergence", kl_multinomial, of(VECTOR, Column((CLASSES,), shares))),
    Kind("several losses", several_losses, of(VECTOR, z=REAL)),
    Kind("a loss times a number", weighed_losses, of(VECTOR, z=REAL)),
    Kind("a loss of one's own", own_loss, of(VECTOR, REAL)),
    Kind("one-hot labels", one_hot_labels, of(VECTOR)),
    Kind("reshaped labels", reshaped_labels, of(SEQUENCE, Column((SEQUENCE[0],), whole(CLASSES)))),
    Kind("autoencoder", autoencoder, {"x": Column(VECTOR, normal)}),
)


# --- NNabla's files -----------------------------------------------------------------------------------------------


def built(kind, samples, training):
    """(variables of columns and constants, losses by name), in the current parameter scope."""
    shapes = {**kind.columns, **kind.constants}
    v = {name: nn.Variable((samples,) + column.shape) for name, column in shapes.items()}
    losses = kind.build(v, training)
    losses = losses if isinstance(losses, list) else [losses]
    return v, OrderedDict((f"loss_{i}" if i else "loss", loss) for i, loss in enumerate(losses))


def write_nnp(kind, path, training_only=False):
    """Writes the ``.nnp`` of a kind with fresh parameters, as NNabla saves a project.

    Args:
        kind: The row.
        path: Target.
        training_only: Leave the validation network out.
    """
    scope = OrderedDict()
    nn.random.prng, before = np.random.RandomState(1), nn.random.prng
    try:
        with nn.parameter_scope("", scope), nn.auto_forward(False):
            networks = [_network(kind, "Main", True)]
            networks += [] if training_only else [_network(kind, "MainValidation", False)]
            solver = S.Sgd(0.05)
            solver.set_parameters(nn.get_parameters())
            save(str(path), _contents(kind, networks, solver), include_params=False)
    finally:
        nn.random.prng = before
    return path


def _network(kind, name, training):
    v, losses = built(kind, BATCH, training)
    return {"name": name, "batch_size": BATCH, "outputs": losses, "names": v}


def _contents(kind, networks, solver) -> Dict[str, List]:
    names = {name: name for name in kind.columns}
    losses = list(networks[0]["outputs"])
    dataset = {"variables": list(names), "batch_size": BATCH, "no_image_normalization": False}
    common = {"data_variables": names, "generator_variables": list(kind.constants)}
    return {
        "global_config": {"default_context": nn.get_current_context()},
        "training_config": {"max_epoch": 3, "iter_per_epoch": -(-TRAINING // BATCH), "save_best": True},
        "networks": networks,
        "datasets": [
            dict(dataset, name="Training", uri="training.csv", shuffle=True),
            dict(dataset, name="Validation", uri="validation.csv", shuffle=False),
        ],
        "optimizers": [
            dict(
                common,
                name="Optimizer",
                solver=solver,
                network="Main",
                dataset="Training",
                weight_decay=0.0,
                lr_decay=1.0,
                lr_decay_interval=1,
                update_interval=1,
                loss_variables=losses,
            )
        ],
        "monitors": [
            dict(
                common, name="valid_error", network=networks[-1]["name"], dataset="Validation", monitor_variables=losses
            )
        ],
    }
