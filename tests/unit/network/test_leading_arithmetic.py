"""Arithmetic behind an input: what is done in NumPy gives the bits of NNabla's layers, and what must stay stays."""

import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from nnabla.parameter import get_parameter_or_create

from nnabla_influence.network import MEASURING, SCORING_BATCH, SCORING_FROZEN, TRAINING, Network, graph
from nnabla_influence.network.leading_arithmetic import take_leading_arithmetic
from nnabla_influence.network.standardization import Standardization

ROWS = 5
WIDTH = 3


def fixed(name, shape=(1, WIDTH), trains=False):
    values = np.random.default_rng(len(name)).normal(size=shape)
    return get_parameter_or_create(name, shape, values.astype(np.float32), need_grad=trains)


def small_batch(seed=0):
    random = np.random.default_rng(seed)
    return {"x": 50 * random.normal(size=(ROWS, WIDTH)) + 7, "y": random.integers(2, size=(ROWS, 1))}


def learns_classes(body):
    """A function of the inputs in a network, whose last layer learns two classes."""
    return lambda x, y: F.softmax_cross_entropy(PF.affine(body(x), 2), y)


def layers(built):
    """The types of the layers that a loss is computed by."""
    types = []
    built.sample_losses.visit(lambda function: types.append(function.info.type_name))
    return types


def computed(network, batch):
    """Losses and gradients of the graph for training, as bytes."""
    built = network.build(network.store(), ROWS, TRAINING)
    built.feed(batch)
    built.sample_losses.forward()
    built.clear_gradients()
    built.sample_losses.backward()
    gradient = built.gradient(network.space)
    assert np.abs(gradient).max() > 0
    return built.sample_losses.d.tobytes(), gradient.tobytes(), layers(built)


BODIES = {
    "standardised": lambda x: (x - fixed("mean")) * fixed("scale"),
    "all four": lambda x: F.div2(F.mul2(F.sub2(F.add2(x, fixed("a")), fixed("bb")), fixed("ccc")), fixed("dddd")),
    "the data second": lambda x: F.div2(fixed("ccc"), F.sub2(fixed("a"), x)),
    "one number for all": lambda x: F.mul2(x, fixed("a", (1, 1))),
    "up to a layer of another kind": lambda x: F.mul2(F.relu(F.sub2(x, fixed("a"))), fixed("bb")),
}
LEFT = {"up to a layer of another kind": {"Mul2"}}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_losses_and_gradients_keep_their_bits(from_python, monkeypatch, body):
    network = from_python(learns_classes(body))
    losses, gradient, types = computed(network, small_batch())
    monkeypatch.setattr(graph, "take_leading_arithmetic", lambda *_: {})
    assert computed(network, small_batch())[:2] == (losses, gradient)
    left = LEFT.get(next(name for name in BODIES if BODIES[name] is body), set())
    assert {"Add2", "Sub2", "Mul2", "Div2"} & set(types) == left


def test_a_built_in_network_is_trained_without_its_first_layers(monkeypatch):
    from nnabla_influence import Dataset

    batch = small_batch()
    layer = Standardization.of(Dataset.from_arrays(batch), "x")
    network = Network.builtin("builtin:mlp", (WIDTH,), 2, standardization=layer)
    losses, gradient, types = computed(network, batch)
    assert "Sub2" not in types
    monkeypatch.setattr(graph, "take_leading_arithmetic", lambda *_: {})
    untouched = computed(network, batch)
    assert untouched[:2] == (losses, gradient)
    assert "Sub2" in untouched[2]


def test_numbers_are_read_when_a_batch_is_fed(from_python):
    network = from_python(learns_classes(lambda x: F.sub2(x, fixed("a"))))
    store = network.store()
    built = network.build(store, ROWS, TRAINING)
    batch = small_batch()
    for value in (np.zeros((1, WIDTH)), np.full((1, WIDTH), 3.0)):
        store.write({"a": value.astype(np.float32)})
        built.feed(batch)
        fed = next(variable for column, variable in built.inputs if column == "x")
        assert fed.d.tolist() == (batch["x"].astype(np.float32) - value.astype(np.float32)).tolist()


def test_the_batch_is_not_changed(from_python):
    network = from_python(learns_classes(lambda x: F.sub2(x, fixed("a"))))
    batch = {name: values.astype(np.float32) for name, values in small_batch().items()}
    before = batch["x"].copy()
    network.build(network.store(), ROWS, TRAINING).feed(batch)
    assert batch["x"].tolist() == before.tolist()


STAYS = {
    "it trains": learns_classes(lambda x: F.sub2(x, fixed("a", trains=True))),
    "it is read twice": learns_classes(lambda x: F.sub2(F.sub2(x, fixed("a")), F.relu(fixed("a")))),
    "the input is read twice": learns_classes(lambda x: F.concatenate(F.sub2(x, fixed("a")), x)),
    "the data with itself": learns_classes(lambda x: F.sub2(x, x)),
    "both are data": lambda x, y: F.softmax_cross_entropy(PF.affine(F.mul2(x, y), 2), y),
    "it has as many rows": learns_classes(lambda x: F.sub2(x, fixed("a", (2, WIDTH)))),
    "the batch grows": learns_classes(lambda x: F.sub2(F.reshape(x, (2, 1, WIDTH)), fixed("a", (1, 4, WIDTH)))),
    "it is made by a layer": learns_classes(lambda x: F.sub2(x, F.relu(fixed("a")))),
}


@pytest.mark.parametrize("network", STAYS.values(), ids=STAYS)
def test_what_must_stay(from_python, network):
    built = from_python(network).build(from_python(network).store(), 2, TRAINING)
    assert {"Sub2", "Mul2"} & set(layers(built))


def test_targets_go_the_same_way(from_python, monkeypatch):
    network = from_python(lambda x, y: F.squared_error(PF.affine(x, WIDTH), F.sub2(y, fixed("a"))), y=(WIDTH,))
    batch = {"x": small_batch()["x"], "y": small_batch(1)["x"]}
    losses, gradient, types = computed(network, batch)
    assert "Sub2" not in types
    monkeypatch.setattr(graph, "take_leading_arithmetic", lambda *_: {})
    assert computed(network, batch)[:2] == (losses, gradient)


@pytest.mark.parametrize("purpose", [SCORING_BATCH, SCORING_FROZEN, MEASURING])
def test_other_purposes_keep_every_layer(from_python, purpose):
    network = from_python(learns_classes(BODIES["standardised"]))
    assert "Sub2" in layers(network.build(network.store(), ROWS, purpose))


def test_what_overflows_is_as_quiet_as_in_nnabla(from_python):
    network = from_python(learns_classes(lambda x: F.mul2(x, fixed("a"))))
    store = network.store()
    store.write({"a": np.full((1, WIDTH), 1e30, np.float32)})
    built = network.build(store, ROWS, TRAINING)
    built.feed({"x": np.full((ROWS, WIDTH), 1e30, np.float32), "y": np.zeros((ROWS, 1))})
    fed = next(variable for column, variable in built.inputs if column == "x")
    assert np.isinf(fed.d).all()


@pytest.mark.parametrize("kind", ["RepeatStart", "RecurrentInput", "Delay", "repeat_info", None])
def test_networks_with_loops_stay_whole(from_python, kind):
    """A parameter there stands for one of every round, and its name is not the one that is stored."""
    message = from_python(learns_classes(BODIES["standardised"])).proto.network[0]
    if kind == "repeat_info":
        message.repeat_info.add().id = "Loop"
    elif kind is not None:
        message.function.add(name="loop", type=kind)
    before = [function.name for function in message.function]
    taken = take_leading_arithmetic(message, ["x", "y"], set())
    left = [function.name for function in message.function]
    assert (left == before and not taken) if kind else (len(left) == len(before) - 2 and list(taken) == ["x"])
