"""Small networks of every kind, in two halves: a body from the inputs to features, and losses on top of it.

Everything is a function of (v, training): v the input variables by the name of their data-set column, training whether
this is the network that trains (True) or the one that validates (False); None is the latter, made to be differentiated:
NNabla's recurrent layers have gradients in training mode only. Parameters live in the current NNabla scope. No shape
holds the batch size, where NNabla leaves a choice.
"""

import nnabla.functions as F
import nnabla.parametric_functions as PF

CLASSES = 3
IMAGE, VECTOR, SEQUENCE = (2, 6, 6), (5,), (3, 4)


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
    return convolved(F.random_erase(v["x"], prob=1.0, replacements=(0.0, 1.0)) if training else v["x"])


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
    y, _, _ = PF.lstm(
        x, start_state(v["x"], "h0"), start_state(v["x"], "c0"), training=training is not False, name="lstm"
    )
    return F.mean(y, axis=0)


def gru_layer(v, training):
    y, _ = PF.gru(F.transpose(v["x"], (1, 0, 2)), start_state(v["x"], "h0"), training=training is not False, name="gru")
    return F.mean(y, axis=0)


def rnn_layer(v, training):
    y, _ = PF.rnn(F.transpose(v["x"], (1, 0, 2)), start_state(v["x"], "h0"), training=training is not False, name="rnn")
    return F.mean(y, axis=0)


def residual(v, training):
    h = convolved(v["x"])
    return h + F.tanh(PF.convolution(h, 4, (3, 3), pad=(1, 1), name="second"))


def batch_normalization(v, training):
    h = PF.convolution(v["x"], 4, (3, 3), name="convolution")
    return F.tanh(PF.batch_normalization(h, batch_stat=bool(training), name="norm"))


def fused_batch_normalization(v, training):
    h = PF.convolution(v["x"], 4, (3, 3), name="convolution")
    return PF.fused_batch_normalization(h, hidden_like(v["x"]), batch_stat=bool(training), name="norm")


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
    """Steps along the last axis: as convolutions of width 1, query, key and value need no shape that holds B."""
    query, key, value = (PF.convolution(v["x"], 4, (1,), name=name) for name in ("query", "key", "value"))
    weights = F.softmax(F.batch_matmul(query, key, transpose_a=True) * 0.5, axis=2)
    return F.batch_matmul(value, weights, transpose_b=True)


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
    h = F.transpose(F.reshape(hidden(v["x"], size=12), (v["x"].shape[0], 3, 4)), (0, 2, 1))
    return F.tanh(PF.convolution(h, 2, (3,), name="after"))


def constant_input(v, training):
    return hidden(F.concatenate(v["x"], v["zero"] + 1, axis=1))


def repeated(v, training):
    """`nnc_loops.repeated`, turn by turn."""
    h = v["x"]
    for turn in range(3):
        h = F.tanh(PF.affine(h, 5, name=f"Affine[{turn}]"))
        h = F.dropout(h, 0.3) if training else h
    return F.softmax_cross_entropy(PF.affine(h, CLASSES, name="Affine_2"), v["y"])


def normalized(v, training):
    """`nnc_loops.normalized`, turn by turn."""
    h = v["x"]
    for turn in range(2):
        h = F.tanh(PF.affine(h, 5, name=f"Affine[{turn}]"))
        h = PF.batch_normalization(h, decay_rate=0.5, batch_stat=bool(training), name=f"Norm[{turn}]")
    return F.softmax_cross_entropy(PF.affine(h, CLASSES, name="Affine_2"), v["y"])


def recurrent(v, training):
    """`nnc_loops.recurrent`, step by step."""
    steps = [step_of(v["x"], t) for t in range(SEQUENCE[0])]
    states = [steps[0] * 0]
    for step in steps:
        states.append(F.tanh(PF.affine(F.concatenate(step, states[-1], axis=1), 4, name="Affine")))
    return F.softmax_cross_entropy(PF.affine(F.stack(*states[1:], axis=1), CLASSES, name="Affine_2"), v["y"])


def random_crop(v, training):
    x = F.random_crop(v["x"], (2, 4, 4)) if training else v["x"][:, :, 1:5, 1:5]
    return convolved(x)


def lstm_layer_with_dropout(v, training):
    x = F.transpose(v["x"], (1, 0, 2))
    h, c = (F.concatenate(*[start_state(v["x"], f"{name}{k}") for k in "01"], axis=0) for name in "hc")
    y, _, _ = PF.lstm(
        x, h, c, num_layers=2, dropout=0.4 if training else 0.0, training=training is not False, name="lstm"
    )
    return F.mean(y, axis=0)


def mish(v, training):
    return F.mish(PF.affine(v["x"], 6, name="hidden"))


def flipped_and_padded(v, training):
    return convolved(F.pad(F.flip(convolved_first(v["x"]), axes=(3,)), (0, 0, 1, 1), "reflect"))


def convolved_first(x):
    return F.tanh(PF.convolution(x, 3, (3, 3), name="first"))


def tiled(v, training):
    return hidden(F.tile(hidden(v["x"], "first"), (1, 2)))


def mean_subtraction(v, training):
    return hidden(PF.mean_subtraction(hidden(v["x"], "first"), update_running_mean=bool(training), name="mean"))


def spectral_normalization(v, training):
    return F.tanh(PF.affine(v["x"], 6, apply_w=lambda w: PF.spectral_norm(w, dim=1, name="u"), name="hidden"))


def binary_tanh(v, training):
    return F.binary_tanh(PF.affine(v["x"], 6, name="hidden"))


def binary_weights(v, training):
    h = F.tanh(PF.binary_connect_affine(v["x"], 6, name="hidden"))
    return F.tanh(PF.binary_connect_affine(h, 6, name="second"))


def random_crop_always(v, training):
    return random_crop(v, True)


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


def pixel_classes(v, training):
    """A class for every pixel, from a flat column."""
    z = PF.convolution(convolved(v["x"]), CLASSES, (1, 1), name="output")
    return F.softmax_cross_entropy(z, F.reshape(v["y"], (v["y"].shape[0], 1, 6, 6)), axis=1)


def averaged_loss(v, training):
    return F.mean(classifier(plain)(v, training))


def fixed_batch(v, training):
    return F.softmax_cross_entropy(output(hidden(v["x"] + F.constant(1.0, v["x"].shape)), CLASSES), v["y"])


def autoencoder(v, training):
    return F.squared_error(output(plain(v, training), 5), v["x"])
