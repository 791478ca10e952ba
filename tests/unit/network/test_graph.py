"""Live graphs: what each purpose builds, per-sample losses, and one variable for every parameter."""

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import nnabla.random
import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence import machine_memory
from nnabla_influence.autodiff import LossOracle
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import DataError, TooLargeError, UnsupportedError
from nnabla_influence.network import MEASURING, SCORING_BATCH, SCORING_FROZEN, TRAINING, Network
from nnabla_influence.network.graph import check_batch

DETERMINISTIC = (SCORING_BATCH, SCORING_FROZEN, MEASURING)


def classifier(x, y):
    return F.softmax_cross_entropy(PF.affine(x, 2), y)


def losses(graph, batch):
    """(B,)"""
    graph.feed(batch)
    graph.sample_losses.forward()
    return graph.sample_losses.d[:, 0].copy()


def build(network, batch, purpose=TRAINING, store=None):
    return network.build(store or network.store(), len(batch["x"]), purpose)


# --- losses -------------------------------------------------------------------------------------------------------


def test_a_samples_loss_is_the_mean_over_its_other_axes_and_losses_are_added(from_python, batch):
    network = from_python(
        lambda x, y: [
            F.squared_error(PF.affine(x, 4, name="a"), F.broadcast(y, (2, 4))),
            F.abs(PF.affine(x, (2, 3), name="b")),
        ]
    )
    parameters = network.space.unflatten(network.theta)
    first = (batch["x"] @ parameters["a/affine/W"] + parameters["a/affine/b"] - batch["y"]) ** 2
    second = np.abs(np.tensordot(batch["x"], parameters["b/affine/W"], 1) + parameters["b/affine/b"])
    expected = first.mean(1) + second.mean((1, 2))
    assert_close(losses(build(network, batch), batch), expected, 1e-6, "float32")
    assert [loss.variable for loss in network.roles.training.losses] == ["loss_0", "loss_1"]


def test_a_loss_without_a_batch_axis_is_refused_by_name(from_python, batch):
    network = from_python(lambda x, y: F.mean(classifier(x, y)))
    with pytest.raises(UnsupportedError, match=r"Loss 'loss_0' \(Mean\) has shape \(\) at batch size 5.*no batch axis"):
        build(network, batch)


def test_inputs_are_fed_by_name_and_flattened_labels_fit(from_python, batch):
    network = from_python(classifier)
    graph = build(network, batch)
    assert_close(losses(graph, dict(batch, y=batch["y"].ravel(), z=0)), losses(graph, batch), 0, "the same numbers")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": None}, "reads column 'x'; the data has y"),
        ({"x": np.zeros((5, 4))}, r"'x' should have shape \(5, 3\), not \(5, 4\)"),
    ],
)
def test_batches_that_do_not_fit(from_python, batch, change, message):
    graph = build(from_python(classifier), batch)
    with pytest.raises(DataError, match=message):
        check_batch({k: v for k, v in {**batch, **change}.items() if v is not None}, graph)


# --- parameters ---------------------------------------------------------------------------------------------------


def test_a_weight_used_twice_counts_twice(from_python):
    """l = (w w x - y)^2, so l' = 4 w x (w w x - y) and l'' = 8 w^2 x^2 + 4 x (w w x - y)."""

    def build(x, y):
        once = PF.affine(x, 1, with_bias=False, name="shared")
        return F.squared_error(PF.affine(once, 1, with_bias=False, name="shared"), y)

    network = from_python(build, x=(1,))
    assert network.space.size == 1
    w, theta = 1.5, np.array([1.5], np.float32)
    x, y = np.array([[1.0], [-0.5], [2.0]], np.float32), np.array([[1.0], [2.0], [0.5]], np.float32)
    rest = w * w * x - y
    slope, bend = (4 * w * x * rest)[:, 0], (8 * w * w * x * x + 4 * x * rest)[:, 0]
    oracle, batch = LossOracle(network), {"x": x, "y": y}
    assert_close(oracle.mean_gradient(theta, [batch]), [slope.mean()], 1e-6, "float32")
    scores, curvature = oracle.products(theta, batch, np.array([2.0]))
    assert_close(scores, 2 * slope, 1e-6, "float32")
    assert_close(curvature, [2 * bend.mean()], 1e-6, "float32")


def test_frozen_parameters_get_no_gradient_but_are_read(from_python, batch):
    def build_frozen(x, y):
        h = PF.affine(x, 3, name="frozen")
        for parameter in nn.get_parameters().values():
            parameter.need_grad = False
        return F.softmax_cross_entropy(PF.affine(h, 2, name="out"), y)

    network = from_python(build_frozen)
    assert network.statistics.names == ("frozen/affine/W", "frozen/affine/b")
    graph = build(network, batch)
    assert not graph.leaves["frozen/affine/W"].need_grad and graph.leaves["out/affine/W"].need_grad
    before = losses(graph, batch)
    other = network.with_parameters(network.theta, network.statistics_values + 1)
    assert not np.allclose(losses(build(other, batch), batch), before)


def test_graphs_of_one_store_share_their_parameters_and_networks_never_change(from_python, batch):
    network = from_python(classifier)
    theta, store = network.theta.copy(), network.store()
    small, large = (network.build(store, size) for size in (2, 5))
    store.write(network.space.unflatten(2 * theta))
    shifted = losses(large, batch)
    assert_close(losses(small, {k: v[:2] for k, v in batch.items()}), shifted[:2], 1e-6, "float32")
    assert np.array_equal(network.theta, theta)
    assert not np.allclose(losses(build(network, batch), batch), shifted)


@pytest.mark.parametrize("style", ["new", "old"])
def test_loops_are_expanded_and_every_turns_parameters_train(text, style):
    """NNC's RepeatStart and RepeatEnd around a layer of its own width, in both ways of naming."""
    name = "Loop{RepeatStart}" if style == "new" else "Loop"
    repeated = 'repeat_id: "RepeatStart"'

    def variable(title, dims, extra=""):
        shape = " ".join(f"dim: {d}" for d in dims)
        return f'variable {{ name: "{title}" type: "Buffer" shape {{ {shape} }} {extra} }}\n'

    def parameter(key, dims):
        return variable(
            f"{name}/affine/{key}", dims, f'{repeated} initializer {{ type: "Normal" multiplier: 1 }}'
        ).replace("Buffer", "Parameter")

    loop = variable("RepeatStart", (-1, 16), repeated) + variable("Turn", (-1, 16), repeated)
    loop += variable("RepeatEnd", (-1, 16)) + parameter("W", (16, 16)) + parameter("b", (16,))
    loop += (
        'function { name: "RepeatStart" type: "RepeatStart" input: "ReLU" input: "Turn" output: "RepeatStart" '
        f'{repeated} repeat_param {{ repeat_id: "RepeatStart" times: 3 }} }}\n'
        f'function {{ name: "Turn" type: "Affine" input: "RepeatStart" input: "{name}/affine/W" '
        f'input: "{name}/affine/b" output: "Turn" {repeated} affine_param {{ base_axis: 1 }} }}\n'
        'function { name: "RepeatEnd" type: "RepeatEnd" input: "Turn" output: "RepeatEnd" '
        'repeat_param { repeat_id: "RepeatStart" times: 3 } }\n'
        'repeat_info { id: "RepeatStart" times: 3 }\n'
    )
    changed = (
        text()
        .replace('input: "ReLU"', 'input: "RepeatEnd"')
        .replace('  function {\n    name: "Affine_2"', loop + '  function {\n    name: "Affine_2"')
    )
    for key in "Wb":
        changed = changed.replace(
            "\noptimizer {",
            "\noptimizer {\n  parameter_variable { learning_rate_multiplier: 1 "
            f'variable_name: "{name}/affine/{key}" }}',
            1,
        )
    network = Network.from_text(changed)
    turns = [f"Loop[{i}]/affine/W" if style == "new" else f"Loop/affine/W_RepeatStart[{i}]" for i in range(3)]
    assert set(turns) < set(network.space.names) and not network.statistics.names
    random = np.random.RandomState(0)
    batch = {"x": random.uniform(size=(2, 1, 8, 8)).astype(np.float32), "y": np.array([[0], [3]], np.float32)}
    gradient = network.space.unflatten(LossOracle(network).mean_gradient(network.theta, [batch]))
    assert all(np.abs(gradient[turn]).max() > 0 for turn in turns)


# --- randomness ---------------------------------------------------------------------------------------------------


def test_dropout_acts_in_training_and_is_taken_out_for_scoring(from_python, batch):
    network = from_python(lambda x, y: F.softmax_cross_entropy(PF.affine(F.dropout(x, 0.5), 2), y))
    plain = from_python(classifier)
    assert np.array_equal(network.theta, plain.theta)
    expected = losses(build(plain, batch), batch)
    for purpose in DETERMINISTIC:
        assert_close(losses(build(network, batch, purpose), batch), expected, 1e-6, "float32")
    graph = build(network, batch)
    drawn = [losses(graph, batch) for _ in range(3)]
    assert not np.allclose(drawn[0], drawn[1]) or not np.allclose(drawn[0], drawn[2])


@pytest.mark.parametrize("seed", [-1, 0, 313])
def test_the_draws_of_a_layer_can_be_repeated_whatever_its_own_seed(from_python, batch, seed):
    """A resumed training must see the masks of an undisturbed one."""
    network = from_python(
        lambda x, y: F.squared_error(PF.affine(F.dropout(PF.affine(x, 50), 0.5, seed=seed), 1, name="out"), y)
    )
    graph = build(network, batch)
    drawn = []
    for draw in (1, 2, 1):
        nnabla.random.set_function_seed(draw)
        drawn.append(losses(graph, batch))
    assert np.array_equal(drawn[0], drawn[2]) and not np.allclose(drawn[0], drawn[1])


def test_a_random_layer_that_cannot_be_taken_out_is_refused_by_name(from_python):
    def crop(x, y):
        return F.softmax_cross_entropy(PF.affine(F.random_crop(x, (1, 3, 3)), 2), y)

    network = from_python(crop, x=(1, 4, 4))
    batch = {"x": np.zeros((2, 1, 4, 4), np.float32), "y": np.zeros((2, 1), np.float32)}
    assert losses(build(network, batch), batch).shape == (2,), "training may use it"
    with pytest.raises(UnsupportedError, match=r"layer '.*' \(RandomCrop\).*draws at random.*cannot be taken out"):
        build(network, batch, SCORING_BATCH)


# --- batch normalisation ------------------------------------------------------------------------------------------


@pytest.fixture
def normalized(from_python):
    """A network with batch normalisation, its running statistics away from those of any batch."""

    def build_normalized(x, y):
        return F.softmax_cross_entropy(PF.affine(PF.batch_normalization(x, decay_rate=0.9, name="n"), 2, name="out"), y)

    network = from_python(build_normalized)
    assert network.running_statistics == ("n/bn/mean", "n/bn/var")
    return network.with_parameters(network.theta, np.array([1, 2, 3, 4, 5, 6], np.float32))


def sees_others(network, batch, purpose):
    """Whether the first sample's loss depends on the others'."""
    changed = {"x": np.concatenate([batch["x"][:1], batch["x"][1:] + 7]), "y": batch["y"]}
    first, second = (losses(build(network, b, purpose), b)[0] for b in (batch, changed))
    return abs(first - second) > 1e-5


def test_purposes_choose_the_statistics(normalized, batch):
    assert sees_others(normalized, batch, TRAINING) and sees_others(normalized, batch, SCORING_BATCH)
    assert not sees_others(normalized, batch, SCORING_FROZEN)
    for purpose in (SCORING_BATCH, MEASURING):
        assert_close(
            losses(build(normalized, batch, purpose), batch), losses(build(normalized, batch), batch), 1e-6, "same"
        )


def test_measuring_reports_the_batchs_own_statistics(normalized, batch):
    store = normalized.store()
    losses(build(normalized, batch, MEASURING, store), batch)
    seen = store.read(normalized.running_statistics)
    assert_close(seen["n/bn/mean"].ravel(), batch["x"].mean(0), 1e-6, "float32")
    assert_close(seen["n/bn/var"].ravel(), batch["x"].var(0, ddof=1), 1e-6, "NNabla keeps the unbiased variance")
    store = normalized.store()
    losses(build(normalized, batch, TRAINING, store), batch)
    smoothed = store.read(normalized.running_statistics)["n/bn/mean"].ravel()
    assert_close(smoothed, 0.9 * np.array([1, 2, 3]) + 0.1 * batch["x"].mean(0), 1e-6, "float32")


def test_the_validation_network_uses_the_statistics_of_the_policy_too(text):
    """Its own layers say running statistics; policy batch overrides that, so that all products agree."""
    network = Network.from_text(text("conv_bn"))
    assert network.roles.validation.name == "MainValidation"
    random = np.random.RandomState(0)
    batch = {
        "x": random.uniform(size=(4, 1, 8, 8)).astype(np.float32),
        "y": random.randint(4, size=(4, 1)).astype(np.float32),
    }
    for purpose, same in ((SCORING_BATCH, True), (SCORING_FROZEN, True), (TRAINING, False)):
        training, validation = (losses(network.build(network.store(), 4, purpose, v), batch) for v in (False, True))
        assert np.allclose(training, validation, rtol=1e-6) == same


def test_a_batch_that_does_not_fit_the_memory_is_refused_before_the_first_pass(monkeypatch):
    network = Network.builtin("builtin:mlp", (1000,), 3)
    monkeypatch.setattr(machine_memory, "machine_memory", lambda: 100 * 4 * (1000 + 64))
    for purpose in (TRAINING, SCORING_BATCH):
        network.build(network.store(), 90, purpose)
    network.build(network.store(), 100, SCORING_BATCH)  # nothing of it need be kept for a gradient
    with pytest.raises(TooLargeError, match="a batch of 100 samples in network .* to fit the 415.6 KiB") as caught:
        network.build(network.store(), 100, TRAINING)
    assert "--batch-size" in caught.value.said(IN_COMMANDS)
