"""What Neural Network Console builds, one row per kind of network: adding a row adds it to every test of the table.

A row is a function that builds the losses from the inputs; `write` makes the real ``.nnp`` file of it, as NNabla saves
it: networks ``Main`` and ``MainValidation``, data sets, optimizer and monitors. Loops, which NNabla cannot save, come
as the text that Neural Network Console writes. The row says what is expected of the scores: exact, by central
differences, or refused.

The networks are tiny (P about 100): what is tested is that every layer passes through, not how good it is.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Tuple

import nnabla as nn
import nnabla.functions as F
import nnabla.solvers as S
import numpy as np
from nnabla.utils.save import save

from support import network_layers as layers
from support import nnc_loops
from support.network_layers import CLASSES, IMAGE, SEQUENCE, VECTOR, classifier

BATCH, TRAINING, VALIDATION = 4, 11, 6


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
        fallback: What neither our own pass nor NNabla can differentiate twice, as the warning names it; None where
            Hessians are exact.
        forward: Whether the forward mode has a rule for every layer.
        coupled: Whether a sample's loss depends on the rest of its batch.
        smooth: Whether the Hessian product may be held against differences of gradients.
        hessian: Tolerance of that.
        no_gauss_newton: What the refusal of a Gauss-Newton product says; None where there is one.
        random: Whether training draws masks or augmentation.
        constants: Inputs that no column feeds, filled with 0.
        text: The file as Neural Network Console writes it, if NNabla cannot save it.
    """

    name: str
    build: Callable
    columns: Dict[str, Column]
    fallback: Optional[str] = None
    forward: bool = True
    coupled: bool = False
    smooth: bool = True
    hessian: float = 1e-2
    no_gauss_newton: Optional[str] = None
    random: bool = False
    constants: Dict[str, Column] = field(default_factory=dict)
    text: Optional[Callable] = None

    def __str__(self):
        return self.name

    def arrays(self, samples, seed):
        """Columns (N, ...) as float32."""
        random = np.random.RandomState(seed)
        return {n: c.draw(random, (samples,) + c.shape).astype(np.float32) for n, c in self.columns.items()}


# --- the table ----------------------------------------------------------------------------------------------------


def of(shape, target=LABEL, **more):
    return dict({"x": Column(shape, normal), "y": target}, **more)


KINDS = (
    Kind("dropout", classifier(layers.dropout), of(VECTOR), random=True),
    Kind("two dropouts", classifier(layers.two_dropouts), of(VECTOR), random=True),
    Kind("two dropouts of one variable", classifier(layers.dropouts_side_by_side), of(VECTOR), random=True),
    Kind("image augmentation", classifier(layers.image_augmentation), of(IMAGE), random=True),
    Kind("random flip and shift", classifier(layers.random_flip_and_shift), of(IMAGE), random=True),
    Kind("random crop, none in validation", classifier(layers.random_crop), of(IMAGE), random=True),
    Kind("random erase", classifier(layers.random_erase), of(IMAGE), random=True),
    Kind(
        "several inputs",
        classifier(layers.several_inputs),
        {"right": Column((4,), normal), "y": LABEL, "left": Column((4,), normal)},
    ),
    Kind("constant input", classifier(layers.constant_input), of(VECTOR), constants={"zero": Column((2,), normal)}),
    Kind("embedding", classifier(layers.embedding), of((3,), LABEL, x=Column((3,), whole(7)))),
    Kind("RNN cells", classifier(layers.rnn_cells), of(SEQUENCE)),
    Kind("LSTM cells", classifier(layers.lstm_cells), of(SEQUENCE)),
    Kind("GRU cells", classifier(layers.gru_cells), of(SEQUENCE)),
    Kind("RNN layer", classifier(layers.rnn_layer), of(SEQUENCE), fallback="RNN"),
    Kind("LSTM layer", classifier(layers.lstm_layer), of(SEQUENCE), fallback="LSTM"),
    Kind("GRU layer", classifier(layers.gru_layer), of(SEQUENCE), fallback="GRU"),
    Kind(
        "LSTM layer with dropout",  # NNabla 1.39 ignores this dropout on the CPU, so nothing is drawn
        classifier(layers.lstm_layer_with_dropout),
        of(SEQUENCE),
        fallback="LSTM",
    ),
    Kind("repeat loop with dropout", layers.repeated, of(VECTOR), random=True, text=nnc_loops.repeated),
    Kind(
        "repeat loop with batch normalization", layers.normalized, of(VECTOR), coupled=True, text=nnc_loops.normalized
    ),
    Kind("recurrent loop", layers.recurrent, of(SEQUENCE), text=nnc_loops.recurrent),
    Kind("attention", classifier(layers.attention), of(SEQUENCE)),
    Kind("residual connection", classifier(layers.residual), of(IMAGE)),
    Kind("batch normalization", classifier(layers.batch_normalization), of(IMAGE), coupled=True),
    Kind(
        "fused batch normalization", classifier(layers.fused_batch_normalization), of(IMAGE), coupled=True, smooth=False
    ),
    Kind("instance normalization", classifier(layers.instance_normalization), of(IMAGE)),
    Kind("layer normalization", classifier(layers.layer_normalization), of(IMAGE)),
    Kind("group normalization", classifier(layers.group_normalization), of(IMAGE)),
    Kind("weight normalization", classifier(layers.weight_normalization), of(VECTOR)),
    Kind(
        "spectral normalization",
        classifier(layers.spectral_normalization),
        of(VECTOR),
        fallback="spectral_norm",
    ),
    Kind("mean subtraction", classifier(layers.mean_subtraction), of(VECTOR)),
    Kind("depthwise convolution", classifier(layers.depthwise), of(IMAGE)),
    Kind("strided, dilated, grouped convolution", classifier(layers.strided_dilated_grouped), of(IMAGE)),
    Kind("deconvolution", classifier(layers.deconvolution), of(IMAGE)),
    Kind("average, sum and global pooling", classifier(layers.pooling), of(IMAGE)),
    Kind("max pooling and ReLU", classifier(layers.max_pooling), of(IMAGE), smooth=False),
    Kind("ELU, GELU, Swish, Softplus, SELU", classifier(layers.smooth_activations), of(VECTOR)),
    Kind("PReLU, LeakyReLU, CReLU", classifier(layers.kinked_activations), of(VECTOR), smooth=False),
    Kind("Mish", classifier(layers.mish), of(VECTOR)),
    Kind(
        "binary activation",
        classifier(layers.binary_tanh),
        of(VECTOR),
        forward=False,
        smooth=False,
        no_gauss_newton="layers that round.*curvature=.hessian.",
    ),
    Kind("flip and reflecting pad", classifier(layers.flipped_and_padded), of(IMAGE)),
    Kind("tile", classifier(layers.tiled), of(VECTOR)),
    Kind("concatenation, slice, split", classifier(layers.cut_and_joined), of(VECTOR)),
    Kind("reshape and transpose", classifier(layers.reshaped), of(VECTOR)),
    Kind("shared weights", classifier(layers.shared_weights), of(VECTOR)),
    Kind("squared error, several outputs", layers.squared_error, of(VECTOR, REAL)),
    Kind("absolute error", layers.absolute_error, of(VECTOR, REAL), smooth=False),
    Kind("Huber loss", layers.huber_loss, of(VECTOR, REAL), smooth=False),
    Kind("epsilon-insensitive loss", layers.epsilon_insensitive_loss, of(VECTOR, REAL), smooth=False),
    Kind("binary cross-entropy", layers.binary_cross_entropy, of(VECTOR, BINARY)),
    Kind("sigmoid cross-entropy", layers.sigmoid_cross_entropy, of(VECTOR, BINARY)),
    Kind("categorical cross-entropy", layers.categorical_cross_entropy, of(VECTOR)),
    Kind(
        "Kullback-Leibler divergence",
        layers.kl_multinomial,
        of(VECTOR, Column((CLASSES,), shares)),
        no_gauss_newton=r"Loss 'loss' \(KLMultinomial\) has no known Hessian.*curvature=.hessian.",
    ),
    Kind("several losses", layers.several_losses, of(VECTOR, z=REAL)),
    Kind("a loss times a number", layers.weighed_losses, of(VECTOR, z=REAL)),
    Kind(
        "a loss of one's own",
        layers.own_loss,
        of(VECTOR, REAL),
        no_gauss_newton=r"Loss 'loss' \(Mean\) has no known Hessian.*curvature=.hessian.",
    ),
    Kind("one-hot labels", layers.one_hot_labels, of(VECTOR)),
    Kind("a class for every pixel", layers.pixel_classes, of(IMAGE, Column((36,), whole(CLASSES)))),
    Kind("autoencoder", layers.autoencoder, {"x": Column(VECTOR, normal)}),
)

# What cannot be scored, and what the refusal says: the layer or loss, and what to do.
REFUSED = (
    (
        Kind("a loss without a batch axis", layers.averaged_loss, of(VECTOR)),
        r"Loss 'loss' \(Mean\).*no batch axis.*Remove",
    ),
    (
        Kind("random crop, in validation too", classifier(layers.random_crop_always), of(IMAGE)),
        r"layer '.*RandomCrop' \(RandomCrop\) of network 'MainValidation' draws at random.*validation network",
    ),
    (
        Kind("a fixed batch size", layers.fixed_batch, of(VECTOR)),
        r"'Main' cannot be built at batch size 2: layer '.*Add2' \(Add2\).*It can be at 4.*Write -1",
    ),
    (
        Kind("binary weights", classifier(layers.binary_weights), of(VECTOR)),
        "binary_connect_affine.*Central differences disagree.*round.*LossBaseline",
    ),
)


# --- NNabla's files -----------------------------------------------------------------------------------------------


def built(kind, samples, training):
    """(variables of columns and constants, losses by name), in the current parameter scope."""
    shapes = {**kind.columns, **kind.constants}
    v = {name: nn.Variable((samples,) + column.shape) for name, column in shapes.items()}
    losses = kind.build(v, training)
    losses = losses if isinstance(losses, list) else [losses]
    return v, OrderedDict((f"loss_{i}" if i else "loss", loss) for i, loss in enumerate(losses))


def write(kind, folder):
    """Writes a kind's file: ``results.nnp`` with parameters, as NNabla saves it, or ``net.nntxt``."""
    if kind.text:
        path = folder / "net.nntxt"
        path.write_text(nnc_loops.text(kind.text, BATCH), encoding="utf-8")
        return path
    path, scope = folder / "results.nnp", OrderedDict()
    nn.random.prng, before = np.random.RandomState(1), nn.random.prng
    try:
        with nn.parameter_scope("", scope), nn.auto_forward(False):
            networks = [_network(kind, "Main", True), _network(kind, "MainValidation", False)]
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


# --- NNabla without our package -------------------------------------------------------------------------------------


def batch_one_products(kind, values, batch, direction):
    """``<grad l_i, u>`` (B,) by plain backward passes, one sample at a time, on the network that validates.

    Args:
        kind: The row.
        values: Parameters by name.
        batch: Columns (B, ...).
        direction: u by parameter name.
    """
    scope = OrderedDict()
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        v, losses = built(kind, 1, None)
        parameters = nn.get_parameters(grad_only=False)
        loss = F.add_n(*[F.mean(loss) for loss in losses.values()])
    for name, parameter in parameters.items():
        parameter.d = values[name]
    return np.array(
        [_product(v, loss, parameters, {n: a[i] for n, a in batch.items()}, direction) for i in _rows(batch)]
    )


def _rows(batch):
    return range(len(next(iter(batch.values()))))


def _product(v, loss, parameters, sample, direction):
    for name, variable in v.items():
        variable.d = sample.get(name, 0)
    for name in direction:
        parameters[name].grad.zero()
    loss.forward()
    loss.backward()
    return sum(float((parameters[name].g.astype(float) * u).sum()) for name, u in direction.items())
