"""Every kind of network of the table `network_kinds.KINDS`: read from its file, trained, and scored.

What each kind promises stands in its row; the README's table of networks says the same to users.
"""

import logging
import re
import zipfile

import h5py
import nnabla as nn
import numpy as np
import pytest
from support.comparison import assert_close
from support.network_kinds import BATCH, KINDS, REFUSED, TRAINING, VALIDATION, batch_one_products, write

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import DataError, RequestError, UnsupportedError
from nnabla_influence.estimators import LastEpochInfluence, LossBaseline, SgdInfluence, SpectralInfluence
from nnabla_influence.network import TRAINING as AS_TRAINED
from nnabla_influence.network import Network
from nnabla_influence.training import train

FLOAT32 = "float32 (6e-8 per operation), a few hundred accumulations and some cancellation"
SCORES = 1e-4  # of the largest; without double backward and without differences, whatever the layer
LOGGER = "nnabla_influence"


class Trained:
    """A kind's network after two epochs of our training, and a batch and two directions to ask about."""

    def __init__(self, kind, folder):
        self.kind, self.folder = kind, folder
        self.path = write(kind, folder)
        self.train, self.validation = (
            Dataset.from_arrays(kind.arrays(n, seed)) for seed, n in enumerate((TRAINING, VALIDATION))
        )
        self.cache = self.trained("last-epoch")
        self.network, self.theta = self.cache.network, self.cache.final.theta
        self.batch = self.train.batch(np.arange(5))
        self.u, self.v = np.random.RandomState(2).normal(size=(2, self.theta.size))

    def trained(self, policy):
        network = Network.load(self.path)
        config = TrainingConfig(network.settings.solver, epochs=2, batch_size=BATCH, policy=policy)
        return train(network, self.train, config, self.folder / f"{policy}.h5")

    def oracle(self):
        network = self.network.with_parameters(self.theta, self.cache.final.statistics)
        return LossOracle(network)

    def scores(self, estimator, cache=None):
        cache = cache or self.cache
        return estimator.estimate(cache, self.train, self.validation).values


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """``trained(kind)``: made once."""
    made = {}

    def make(kind):
        if kind.name not in made:
            made[kind.name] = Trained(kind, tmp_path_factory.mktemp("kind"))
        return made[kind.name]

    return make


every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
every_random_kind = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.random], ids=str)


def assert_useful(scores):
    assert np.isfinite(scores).all() and np.abs(scores).max() > 0


# --- reading and scoring --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.text], ids=str)
def test_parameters_load_by_name(trained, kind):
    network = Network.load(trained(kind).path)
    with zipfile.ZipFile(str(trained(kind).path)) as archive, archive.open("parameter.h5") as stream:
        with h5py.File(stream, "r") as file:
            stored = {}
            file.visititems(lambda name, item: stored.update({name: item[...]}) if hasattr(item, "dtype") else None)
    loaded = {**network.space.unflatten(network.theta), **network.statistics.unflatten(network.statistics_values)}
    assert sorted(loaded) == sorted(stored)
    assert all(np.array_equal(loaded[name], stored[name]) for name in stored)


@every_kind
def test_scores_are_useful_and_the_log_says_if_they_are_not_exact(trained, kind, caplog):
    with caplog.at_level(logging.WARNING, LOGGER):
        assert_useful(trained(kind).scores(LastEpochInfluence()))
    if kind.fallback is None:
        assert not caplog.records
    else:
        assert len(caplog.records) == 1, "said once"
        assert re.search(f"{kind.fallback}.*central differences.*first batch by .* %", caplog.text)
    assert_useful(trained(kind).scores(LossBaseline()))


@every_kind
def test_steps_can_be_followed_as_they_were_and_leave_no_trace(trained, kind):
    """With what training drew, and whatever states the layers have of their own."""
    s = trained(kind)
    assert_useful(s.scores(SgdInfluence()))
    oracle = LossOracle(s.network.with_parameters(s.theta, s.cache.final.statistics), "frozen")
    before = oracle.sample_losses(s.theta, s.batch)
    oracle.products(s.theta, s.batch, s.u, seed=3)
    assert np.array_equal(oracle.sample_losses(s.theta, s.batch), before)


@every_kind
def test_the_spectral_method_has_a_gauss_newton_product_or_says_what_to_do(trained, kind):
    if kind.no_gauss_newton:
        with pytest.raises(UnsupportedError, match=kind.no_gauss_newton):
            trained(kind).scores(SpectralInfluence("ggn", lanczos_steps=3))
    chosen, named = (
        trained(kind).scores(SpectralInfluence(curvature, lanczos_steps=3))
        for curvature in ("auto", "hessian" if kind.no_gauss_newton else "ggn")
    )
    assert_useful(chosen)
    assert np.array_equal(chosen, named)


@pytest.mark.parametrize("kind, message", REFUSED, ids=[kind.name for kind, _ in REFUSED])
def test_what_cannot_be_scored_is_refused_by_name(kind, message, tmp_path):
    with pytest.raises(RequestError, match=message):
        made = Trained(kind, tmp_path)
        made.scores(LastEpochInfluence())


@pytest.mark.parametrize("value", [7, -1, 2.5])
@pytest.mark.parametrize(
    "name, column, table",
    [("embedding", "x", "0 to 6, the rows of embedding '.*Embed'"), ("several losses", "y", "0 to 2, the classes")],
)
def test_places_in_a_table_that_do_not_exist_are_refused(tmp_path, name, column, table, value):
    """NNabla would read there, and sometimes crash."""
    kind = next(kind for kind in KINDS if kind.name == name)
    arrays = kind.arrays(TRAINING, 0)
    arrays[column][4, 0] = value
    with pytest.raises(
        DataError, match=f"'{column}' should hold whole numbers from {table}(?s:.*)row 4.*value {value}"
    ):
        Network.load(write(kind, tmp_path)).check_data(Dataset.from_arrays(arrays))


# --- derivatives ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.coupled], ids=str)
def test_sample_products_equal_a_loop_of_batches_of_one(trained, kind):
    """The loop is NNabla alone, on the network that validates: no dropout, no augmentation."""
    s = trained(kind)
    values = {**s.network.space.unflatten(s.theta), **s.network.statistics.unflatten(s.cache.final.statistics)}
    loop = batch_one_products(kind, values, s.batch, s.network.space.unflatten(s.u.astype(np.float32)))
    assert_close(s.oracle().sample_products(s.theta, s.batch, s.u), loop, SCORES, FLOAT32)


@every_kind
def test_the_forward_mode_has_a_rule_for_every_layer_or_the_log_names_it(trained, kind, caplog):
    s = trained(kind)
    with caplog.at_level(logging.INFO, LOGGER):
        oracle = s.oracle()
        oracle.sample_products(s.theta, s.batch, s.u)
        oracle.sample_products(s.theta, s.train.batch(np.arange(3)), s.u)
    said = [record for record in caplog.records if record.name == LOGGER]
    if kind.forward:
        assert not said
    else:
        assert len(said) == 1, "said once"
        assert re.search("no rule for a layer of this network .*backward passes instead", caplog.text)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.coupled], ids=str)
def test_frozen_statistics_decouple_the_samples(trained, kind):
    """The running statistics of the training data at the final parameters, those of loops among them."""
    s = trained(kind)
    oracle = LossOracle(s.network, batch_norm="frozen")
    before = s.cache.final.statistics
    oracle.refresh_statistics(s.theta, [s.train.batch(np.arange(TRAINING))])
    refreshed = s.network.statistics.flatten(oracle._cache.store.read(s.network.statistics.names))
    assert (refreshed != before).any()
    values = {**s.network.space.unflatten(s.theta), **s.network.statistics.unflatten(refreshed)}
    loop = batch_one_products(kind, values, s.batch, s.network.space.unflatten(s.u.astype(np.float32)))
    assert_close(oracle.sample_products(s.theta, s.batch, s.u), loop, SCORES, FLOAT32)


@every_kind
def test_the_mean_of_the_products_is_that_of_the_mean_gradient(trained, kind):
    s = trained(kind)
    oracle = s.oracle()
    products = oracle.sample_products(s.theta, s.batch, s.u)
    expected = oracle.mean_gradient(s.theta, [s.batch]) @ s.u
    assert abs(products.mean() - expected) <= SCORES * np.abs(products).max(), FLOAT32


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.smooth], ids=str)
def test_the_hessian_product_equals_differences_of_gradients(trained, kind):
    s = trained(kind)
    oracle = s.oracle()
    step = 3e-3 * np.linalg.norm(s.theta) / np.linalg.norm(s.u)
    ends = [oracle.mean_gradient(s.theta + sign * step * s.u, [s.batch]) for sign in (1, -1)]
    found = oracle.products(s.theta, s.batch, s.u)[1]
    assert_close(found, (ends[0] - ends[1]) / (2 * step), kind.hessian, "a difference of float32 gradients")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.no_gauss_newton], ids=str)
def test_the_gauss_newton_product_is_positive_semi_definite(trained, kind):
    s = trained(kind)
    oracle = s.oracle()
    for direction in (s.u, s.v, oracle.mean_gradient(s.theta, [s.batch])):
        product = oracle.gauss_newton(s.theta, s.batch, direction)
        assert np.isfinite(product).all()
        assert product @ direction >= -1e-5 * np.linalg.norm(product) * np.linalg.norm(direction), FLOAT32


# --- randomness -----------------------------------------------------------------------------------------------------


@every_kind
def test_scoring_is_deterministic_on_training_and_validation_network(trained, kind):
    """The same bits twice, and the same loss on both: what the two networks differ in is random."""
    s = trained(kind)
    first, second = s.oracle(), s.oracle()
    for oracle in (first, second):
        oracle.mean_gradient(s.theta, [s.train.batch(np.arange(4, 9))])
    losses = [o.sample_losses(s.theta, s.batch, validation) for o in (first, second) for validation in (False, True)]
    assert np.array_equal(losses[0], losses[2]) and np.array_equal(losses[1], losses[3])
    assert_close(losses[0], losses[1], 1e-5, FLOAT32)


@every_random_kind
def test_the_draws_of_training_change_the_loss_and_can_be_repeated(trained, kind):
    s = trained(kind)
    store = s.network.with_parameters(s.theta, s.cache.final.statistics).store()
    graph = s.network.build(store, 5, AS_TRAINED)
    graph.feed(s.batch)
    drawn = []
    for seed in (1, 2, 1):
        nn.random.set_function_seed(seed)
        graph.sample_losses.forward()
        drawn.append(graph.sample_losses.d.copy())
    assert np.array_equal(drawn[0], drawn[2]) and not np.array_equal(drawn[0], drawn[1])


@every_random_kind
def test_sgd_influence_replays_the_draws_of_training(trained, kind):
    """Scores from two checkpoints equal those from every step's parameters."""
    s = trained(kind)
    replayed = s.scores(SgdInfluence())
    assert_useful(replayed)
    assert np.array_equal(replayed, s.scores(SgdInfluence(), s.trained("every-step")))
    assert not np.allclose(replayed, s.scores(LastEpochInfluence())), "which draws nothing"
