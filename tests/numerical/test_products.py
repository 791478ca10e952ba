"""The loss oracle against slower, obviously right computations, for every network of the table `cases.CASES`."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from reference import layers
from support.cases import (
    CASES,
    UNCOUPLED,
    batch_one_gradients,
    case_named,
    draw_parameters,
    exact_hessian,
    exact_losses,
    exact_sample_gradients,
    flat,
    network_of,
    plain_gradients,
    with_theta,
)
from support.comparison import assert_close, relative_error

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.exact_products import ExactProducts
from nnabla_influence.autodiff.forward_over_reverse import ForwardOverReverse
from nnabla_influence.autodiff.parameterized_graph import EvaluationPoint, ParameterizedGraph
from nnabla_influence.errors import ConfigError, DataError, UnsupportedError
from nnabla_influence.network import SCORING_BATCH, SCORING_FROZEN, Network

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"
SAMPLES = 7
BATCH_NORM = [case for case in CASES if "batch norm" in case.name]
every_case = pytest.mark.parametrize("case", CASES, ids=str)
both_ways = pytest.mark.usefixtures("way")
every_uncoupled_case = pytest.mark.parametrize("case", UNCOUPLED, ids=str)


@pytest.fixture(params=["our own pass", "double backward"])
def way(request, monkeypatch):
    """How products are computed: with the second, our own pass knows no network."""

    def refuse(*arguments):
        raise UnsupportedError("It is not to be used.")

    if request.param == "double backward":
        monkeypatch.setattr(ForwardOverReverse, "__init__", refuse)


class Setting:
    """One case with parameters that are *not* those the network was made with, a batch and two directions."""

    def __init__(self, case, samples=SAMPLES):
        self.case, self.batch = case, case.draw_batch(samples, seed=3)
        drawn = draw_parameters(case)
        self.network = network_of(case, drawn)
        self.oracle = LossOracle(self.network, batch_norm=case.batch_norm)
        random = np.random.RandomState(5)
        noise = random.normal(size=self.network.space.size)
        self.theta = (self.network.theta + 0.1 * noise).astype(np.float32)
        self.u, self.v = random.normal(size=(2, self.network.space.size)).astype(np.float32)
        self.values = {k: np.asarray(a, np.float32) for k, a in with_theta(drawn, self.theta).items()}

    def slices(self, *ends):
        """The batch cut at the given places."""
        cuts = (0,) + ends + (len(self.batch["x"]),)
        return [{k: a[i:j] for k, a in self.batch.items()} for i, j in zip(cuts, cuts[1:])]

    def exact_gradients(self, batch):
        return exact_sample_gradients(self.case, self.values, self.theta, batch)

    def exact_losses(self, batch):
        return exact_losses(self.case, self.values, batch)(self.theta.astype(float))


@every_case
def test_the_vector_theta_holds_the_trainable_parameters_sorted_by_name(case):
    drawn = draw_parameters(case)
    network = network_of(case, drawn)
    assert network.space.names == tuple(sorted(network.space.names))
    assert np.array_equal(network.theta, flat(drawn))
    assert all(name.endswith(("mean", "var")) for name in network.statistics.names)


@every_case
def test_losses_equal_the_reference(case):
    s = Setting(case)
    assert_close(s.oracle.sample_losses(s.theta, s.batch), s.exact_losses(s.batch), 1e-5, FLOAT32)
    assert_close(s.oracle.loss(s.theta, [s.batch]), s.exact_losses(s.batch).mean(), 1e-5, FLOAT32)


@both_ways
@every_uncoupled_case
def test_sample_products_equal_a_loop_with_batch_size_one(case):
    s = Setting(case)
    loop = batch_one_gradients(case, s.values, s.batch) @ s.u
    assert_close(s.oracle.products(s.theta, s.batch, s.u)[0], loop, 1e-5, FLOAT32)


@both_ways
@pytest.mark.parametrize("case", [case for case in CASES if case.coupled], ids=str)
def test_coupled_sample_products_equal_central_differences_in_the_sample_weight(case):
    """The gradient of ``sum_j w_j l_j`` is linear in w, so a step of 1/2 is as good as a small one."""
    s = Setting(case)
    half = 0.5 * np.eye(SAMPLES)
    up, down = (plain_gradients(case, s.values, s.batch, 1 + sign * half) for sign in (1, -1))
    assert_close(s.oracle.products(s.theta, s.batch, s.u)[0], (up - down) @ s.u, 1e-5, FLOAT32)


@both_ways
@every_case
def test_sample_products_equal_the_reference(case):
    s = Setting(case)
    expected = s.exact_gradients(s.batch) @ s.u
    assert_close(s.oracle.products(s.theta, s.batch, s.u)[0], expected, 1e-5, FLOAT32)
    assert_close(s.oracle.sample_products(s.theta, s.batch, s.u), expected, 1e-5, FLOAT32)


@both_ways
@every_case
def test_hessian_product_equals_a_dense_hessian(case):
    s = Setting(case)
    dense = exact_hessian(case, s.values, s.theta, s.batch)
    assert_close(s.oracle.products(s.theta, s.batch, s.u)[1], dense @ s.u, 1e-5, FLOAT32)


@both_ways
@every_case
def test_hessian_is_symmetric(case):
    s = Setting(case)
    hu, hv = (s.oracle.products(s.theta, s.batch, d)[1].astype(float) for d in (s.u, s.v))
    asymmetry = abs(hu @ s.v - hv @ s.u) / (np.linalg.norm(hu) * np.linalg.norm(s.v))
    assert asymmetry <= 1e-6, "float32 sums of about 50 terms"
    assert np.linalg.norm(hu) > 0.01


@both_ways
@every_case
def test_products_are_linear_in_the_direction(case):
    s = Setting(case)
    at_u, at_v, both = (s.oracle.products(s.theta, s.batch, d) for d in (s.u, s.v, s.u - 2 * s.v))
    for k in range(2):
        assert_close(both[k], at_u[k] - 2 * at_v[k], 1e-5, FLOAT32)


@every_case
def test_mean_gradient_weighs_samples_not_batches(case):
    """Batches of 4, 2 and 1; with batch statistics each batch is normalised by its own."""
    s = Setting(case)
    batches = s.slices(4, 6)
    expected = np.concatenate([s.exact_gradients(batch) for batch in batches]).mean(0)
    assert_close(s.oracle.mean_gradient(s.theta, batches), expected, 1e-5, FLOAT32)
    losses = np.concatenate([s.exact_losses(batch) for batch in batches])
    assert_close(s.oracle.loss(s.theta, batches), losses.mean(), 1e-5, FLOAT32)


@both_ways
@every_uncoupled_case
def test_how_data_are_cut_into_batches_does_not_matter(case):
    s = Setting(case)
    whole = s.oracle.mean_gradient(s.theta, [s.batch])
    assert_close(s.oracle.mean_gradient(s.theta, s.slices(1, 3)), whole, 1e-5, FLOAT32)
    products = np.concatenate([s.oracle.products(s.theta, batch, s.u)[0] for batch in s.slices(1, 3)])
    assert_close(products, s.oracle.products(s.theta, s.batch, s.u)[0], 1e-5, FLOAT32)


@every_case
def test_mean_gradient_uses_every_batch(case):
    s = Setting(case)
    first, last = s.slices(4)
    both = s.oracle.mean_gradient(s.theta, [first, last])
    assert relative_error(s.oracle.mean_gradient(s.theta, [last]), both) > 0.01
    assert relative_error(s.oracle.mean_gradient(s.theta, [first]), both) > 0.01


@every_case
def test_batches_may_come_from_a_generator(case):
    s = Setting(case)
    listed = s.oracle.mean_gradient(s.theta, s.slices(4))
    assert np.array_equal(s.oracle.mean_gradient(s.theta, iter(s.slices(4))), listed)


@both_ways
@every_case
def test_duplicated_data_change_nothing(case):
    """The same batch twice, and every sample twice within a batch: its mean and biased variance stay the same."""
    s = Setting(case)
    once = s.oracle.mean_gradient(s.theta, [s.batch])
    assert_close(s.oracle.mean_gradient(s.theta, [s.batch, s.batch]), once, 1e-6, "the same sums, divided later")
    doubled = {k: np.concatenate([a, a]) for k, a in s.batch.items()}
    assert_close(s.oracle.mean_gradient(s.theta, [doubled]), once, 1e-5, FLOAT32)
    products, hessian = s.oracle.products(s.theta, s.batch, s.u)
    twice, same_hessian = s.oracle.products(s.theta, doubled, s.u)
    assert_close(twice, np.tile(products, 2), 1e-5, FLOAT32)
    assert_close(same_hessian, hessian, 1e-5, FLOAT32)


@both_ways
@every_case
def test_a_batch_of_one(case):
    """NNabla's own double backward of losses of class numbers fails at batch size 1; ours does not."""
    s = Setting(case, samples=1)
    gradient = s.exact_gradients(s.batch)[0]
    products, hessian = s.oracle.products(s.theta, s.batch, s.u)
    assert_close(products, [gradient @ s.u], 1e-5, FLOAT32)
    assert_close(hessian, exact_hessian(case, s.values, s.theta, s.batch) @ s.u, 1e-5, FLOAT32)
    assert_close(s.oracle.mean_gradient(s.theta, [s.batch]), gradient, 1e-5, FLOAT32)
    assert_close(s.oracle.sample_losses(s.theta, s.batch), s.exact_losses(s.batch), 1e-5, FLOAT32)


@both_ways
@every_case
def test_the_same_question_gets_the_same_bits_whatever_was_asked_before(case):
    s = Setting(case)
    first = s.oracle.products(s.theta, s.batch, s.u)
    for batch in s.slices(1, 4):
        s.oracle.products(s.theta + 1, batch, s.v)
        s.oracle.mean_gradient(s.theta - 1, [batch])
        s.oracle.sample_losses(s.theta, batch)
    again = s.oracle.products(s.theta, s.batch, s.u)
    fresh = LossOracle(s.network, batch_norm=case.batch_norm).products(s.theta, s.batch, s.u)
    for k in range(2):
        assert np.array_equal(first[k], again[k]) and np.array_equal(first[k], fresh[k])


@both_ways
@every_case
def test_results_do_not_alias_the_graph(case):
    """Arrays handed out earlier keep their values when the oracle is used again."""
    s = Setting(case)
    results = [s.oracle.mean_gradient(s.theta, [s.batch]), *s.oracle.products(s.theta, s.batch, s.u)]
    copies = [np.array(a) for a in results]
    s.oracle.products(s.theta + 1, s.batch, s.v)
    s.oracle.mean_gradient(s.theta + 1, [s.batch])
    assert all(np.array_equal(a, b) for a, b in zip(results, copies))


@every_case
def test_arguments_and_network_stay_as_they_were(case):
    s = Setting(case)
    watched = [s.theta, s.u, s.batch["x"], s.batch["y"], s.network.theta, s.network.statistics_values]
    copies = [np.array(a) for a in watched]
    s.oracle.products(s.theta, s.batch, s.u)
    s.oracle.mean_gradient(s.theta, [s.batch])
    s.oracle.refresh_statistics(s.theta, [s.batch])
    assert all(np.array_equal(a, b) for a, b in zip(watched, copies))


def test_running_statistics_survive_scoring():
    """A forward pass in training mode updates running statistics; the frozen oracle must not see that."""
    case = case_named("batch norm, frozen")
    s = Setting(case)
    before = s.oracle.sample_losses(s.theta, s.batch)
    in_batch_mode = LossOracle(s.network, batch_norm="batch")
    for _ in range(3):
        in_batch_mode.products(s.theta, s.batch, s.u)
        in_batch_mode.mean_gradient(s.theta, [s.batch])
    assert np.array_equal(s.oracle.sample_losses(s.theta, s.batch), before)
    assert np.array_equal(LossOracle(s.network, batch_norm="frozen").sample_losses(s.theta, s.batch), before)


def test_the_batch_norm_policies_differ():
    s = Setting(case_named("batch norm, batch"))
    frozen = LossOracle(s.network, batch_norm="frozen")
    for k in range(2):
        in_batch = s.oracle.products(s.theta, s.batch, s.u)[k]
        assert relative_error(frozen.products(s.theta, s.batch, s.u)[k], in_batch) > 0.05


def test_refreshed_statistics_are_those_of_the_training_data_at_theta():
    """Mean over all samples; variance unbiased as NNabla keeps it. One batch holds all the data here."""
    case = case_named("batch norm, frozen")
    s = Setting(case)
    s.oracle.refresh_statistics(s.theta, [s.batch])
    mean, variance = layer_statistics(s)
    values = dict(s.values, **{"norm/bn/mean": mean, "norm/bn/var": variance})
    expected = exact_losses(case, values, s.batch)(s.theta.astype(float))
    assert_close(s.oracle.sample_losses(s.theta, s.batch), expected, 1e-5, FLOAT32)


def test_refreshed_statistics_weigh_batches_by_their_size():
    """Batches of 5 and 2: the mean is that over all 7 samples (it would not be if both batches counted alike)."""
    case = case_named("batch norm, frozen")
    s = Setting(case)
    s.oracle.refresh_statistics(s.theta, s.slices(5))
    batches = [layer_statistics(s, batch) for batch in s.slices(5)]
    mean, variance = (sum(n * b[k] for n, b in zip((5, 2), batches)) / 7 for k in range(2))
    assert_close(mean, layer_statistics(s)[0], 1e-12, "float64")
    values = dict(s.values, **{"norm/bn/mean": mean, "norm/bn/var": variance})
    expected = exact_losses(case, values, s.batch)(s.theta.astype(float))
    assert_close(s.oracle.sample_losses(s.theta, s.batch), expected, 1e-5, FLOAT32)


@pytest.mark.parametrize("case", BATCH_NORM, ids=str)
def test_the_fast_second_derivative_of_batch_normalisation_equals_nnablas(case):
    s = Setting(case)
    purpose = SCORING_BATCH if case.batch_stat else SCORING_FROZEN
    store = s.network.with_parameters(s.theta, s.network.statistics_values).store()
    results = []
    for fast in (True, False):
        with s.oracle.device.scope():
            graph = s.network.build(store, SAMPLES, purpose)
            products = ExactProducts(ParameterizedGraph(graph, store, s.network.space), fast)
            results.append(products.run(EvaluationPoint(s.theta), s.batch, s.u))
    for ours, nnablas in zip(*results):
        assert_close(ours, nnablas, 1e-5, FLOAT32)


def built(losses, x, y, scope):
    return LossOracle(Network.from_loss(losses, {"x": x, "y": y}, scope))


def test_dropout_is_taken_out_for_scoring():
    """Scores are not random: the network with dropout answers like the one without."""
    answers = []
    for rate in (0.0, 0.5):
        scope = OrderedDict()
        with nn.parameter_scope("", scope), nn.auto_forward(False):
            x, y = nn.Variable((2, 5)), nn.Variable((2, 3))
            h = F.tanh(PF.affine(x, 6, rng=np.random.RandomState(1), name="hidden"))
            h = F.dropout(h, rate) if rate else h
            loss = F.squared_error(PF.affine(h, 3, rng=np.random.RandomState(2), name="out"), y)
        oracle = built(loss, x, y, scope)
        batch = case_named("sigmoid cross entropy").draw_batch(4)
        answers.append(oracle.products(oracle.network.theta, batch, oracle.network.theta))
    for k in range(2):
        assert_close(answers[1][k], answers[0][k], 1e-6, "the same graph")


def test_a_loss_without_a_batch_axis_is_refused_by_name():
    scope = OrderedDict()
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        x, y = nn.Variable((2, 5)), nn.Variable((2, 3))
        loss = F.mean(F.squared_error(PF.affine(x, 3, name="out"), y))
    with pytest.raises(UnsupportedError, match=r"(?s)loss_0.*batch axis"):
        built(loss, x, y, scope).loss(np.zeros(18, np.float32), [{"x": np.zeros((2, 5)), "y": np.zeros((2, 3))}])


def test_a_layer_without_second_derivative_is_named_when_differences_take_over(caplog):
    scope = OrderedDict()
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        x, y = nn.Variable((2, 2, 4, 4)), nn.Variable((2, 1))
        h = PF.depthwise_convolution(x, (3, 3), name="depthwise")
        loss = F.softmax_cross_entropy(PF.affine(h, 3, name="out"), y)
    oracle = built(loss, x, y, scope)
    batch = {"x": np.ones((3, 2, 4, 4), np.float32), "y": np.zeros((3, 1), np.float32)}
    assert np.isfinite(oracle.mean_gradient(oracle.network.theta, [batch])).all()  # first derivatives are fine
    scores, _ = oracle.products(oracle.network.theta, batch, oracle.network.theta)
    assert "depthwise" in caplog.text.lower()
    expected = oracle.mean_gradient(oracle.network.theta, [batch]) @ oracle.network.theta
    assert scores.mean() == pytest.approx(expected, rel=1e-5)  # no difference: by forward mode


@pytest.mark.parametrize("column, values", [("x", None), ("x", np.zeros((SAMPLES, 4))), ("y", np.zeros((SAMPLES, 2)))])
def test_a_batch_that_does_not_fit_is_refused_by_its_column(column, values):
    s = Setting(case_named("affine"))
    batch = {k: v for k, v in s.batch.items() if k != column}
    if values is not None:
        batch[column] = values.astype(np.float32)
    for question in (s.oracle.sample_losses, lambda t, b: s.oracle.products(t, b, s.u)):
        with pytest.raises(DataError, match=f"'{column}'"):
            question(s.theta, batch)


def test_an_unknown_batch_norm_policy_is_refused():
    with pytest.raises(ConfigError, match="running"):
        LossOracle(Setting(case_named("affine")).network, batch_norm="running")


def layer_statistics(s, batch=None):
    """Mean and unbiased variance (1, C, 1, 1) of the convolution's output."""
    batch = s.batch if batch is None else batch
    h = layers.convolution(batch["x"].astype(float), s.values["conv/conv/W"], s.values["conv/conv/b"])
    return h.mean((0, 2, 3), keepdims=True), h.var((0, 2, 3), keepdims=True, ddof=1)
