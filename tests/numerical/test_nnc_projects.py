"""Networks that NNabla's own ``nnabla_cli train`` made: what we read is what was trained, and we train as it does.

Every mistake of the originals that concerns reading a project is a test here: the layer called ``Affine`` lost its
weights; a re-initialised network was scored; the learning rate was a constant; inputs were found by position.
"""

import numpy as np
import pytest
import yaml
from support.cases import trains
from support.comparison import assert_close, relative_error
from support.nnc_project import KINDS, SOLVERS
from support.nnc_result import stored_parameters

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.estimators import LastEpochInfluence
from nnabla_influence.network import Network
from nnabla_influence.training import train

every_kind = pytest.mark.parametrize("kind", sorted(KINDS))

# The order of NNabla's training is known, its epochs are whole, and its last epoch is kept beside the best.
PLAIN = {"shuffle": False, "training": 40, "validation": 24, "batch_size": 8, "epochs": 3}


def last_epoch_of(project):
    """The parameters after the last epoch; ``results.nnp`` may hold those of the best."""
    return project.folder / f"results_current_{project.settings.epochs}.nnp"


def reported(project, name):
    """What NNabla monitored at the end of every epoch."""
    report = yaml.safe_load((project.folder / "monitoring_report.yml").read_text())
    return [report[epoch][name] for epoch in sorted(report)]


@pytest.fixture
def read(tmp_path):
    """``read(csv)``: a data set decoded into a folder of this test."""
    return lambda path: Dataset.from_csv(path, data_cache=tmp_path / "decoded")


@pytest.fixture
def continued(tmp_path, read):
    """``continued(project, ...)``: the project trained by us, from its initial or its trained parameters."""

    def run(project, path=None, **changes):
        network = Network.load(path or project.nntxt)
        settings = {
            "solver": network.settings.solver,
            "batch_size": network.settings.batch_size,
            "epochs": project.settings.epochs,
            "shuffle": project.settings.shuffle,
        }
        settings.update(changes)
        return train(network, read(project.training_csv), TrainingConfig(**settings), tmp_path / "cache.h5")

    return run


@every_kind
def test_loaded_parameters_are_the_trained_ones(trained_project, kind):
    project = trained_project(kind)
    stored = stored_parameters(project.nnp)
    network = Network.load(project.nnp)
    loaded = dict(network.space.unflatten(network.theta), **network.statistics.unflatten(network.statistics_values))
    assert sorted(loaded) == sorted(stored)
    assert all(np.array_equal(loaded[name], stored[name]) for name in stored)
    assert set(network.space.names) == {name for name in stored if trains(name)}
    assert network.trained and not Network.load(project.nntxt).trained
    assert relative_error(network.theta, Network.load(project.nntxt).theta) > 0.05, "training moved them"


def test_the_layer_named_affine_keeps_its_weights(trained_project):
    network = Network.load(trained_project("affine").nnp)
    assert network.space.names == ("Affine/affine/W", "Affine/affine/b", "Affine_2/affine/W", "Affine_2/affine/b")
    assert all(np.abs(a).max() > 0 for a in network.space.unflatten(network.theta).values())


@pytest.mark.parametrize("kind", ["affine", "regression", "two_inputs"])
def test_our_validation_loss_is_the_one_nnabla_reported(trained_project, read, kind):
    """Images, scaling, inputs by name, validation network and parameters: one wrong and the number differs."""
    project = trained_project(kind, **PLAIN)
    network = Network.load(last_epoch_of(project))
    data = read(project.validation_csv)
    loss = LossOracle(network).loss(network.theta, [data.batch(np.arange(len(data)))], validation=True)
    assert_close(loss, reported(project, "valid_error")[-1], 1e-5, "float32 means over 24 samples")


def test_the_validation_loss_is_the_loss_not_the_monitored_error_rate(trained_project, read):
    """The monitor of this project is TopNError, whose gradient is zero."""
    project = trained_project("conv_bn", **PLAIN)
    network = Network.load(last_epoch_of(project))
    data = read(project.validation_csv)
    batch = data.batch(np.arange(len(data)))
    gradient = LossOracle(network, batch_norm="frozen").mean_gradient(network.theta, [batch], validation=True)
    assert np.abs(gradient).max() > 0
    assert network.roles.validation.name == "MainValidation"


@pytest.mark.parametrize("kind", ["affine", "conv_bn", "regression", "two_inputs"])
def test_we_train_as_nnabla_trains(trained_project, continued, kind):
    project = trained_project(kind, **PLAIN)
    cache = continued(project)
    expected = Network.load(last_epoch_of(project))
    assert_close(cache.final.theta, expected.theta, 1e-5, "float32 parameters after 15 steps")
    if len(expected.statistics_values):
        assert_close(cache.final.statistics, expected.statistics_values, 1e-5, "float32 running statistics")


OTHER_SOLVERS = [
    {"weight_decay": 0.05},
    {"decay_interval": 4},
    {"solver": "Momentum", "learning_rate": 0.02},
    {"solver": "Adam", "learning_rate": 0.01},
]


@pytest.mark.parametrize("options", OTHER_SOLVERS, ids=str)
def test_we_train_as_nnabla_trains_with_other_solver_settings(trained_project, continued, options):
    project = trained_project("affine", **dict(PLAIN, **options))
    theirs, plain = (Network.load(last_epoch_of(p)).theta for p in (project, trained_project("affine", **PLAIN)))
    assert_close(continued(project).final.theta, theirs, 1e-5, "float32 parameters after 15 steps")
    assert relative_error(theirs, plain) > 0.01, "the setting makes a difference"


@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_solver_and_learning_rate_come_from_the_file(trained_project, solver):
    rate = {"Sgd": 0.1, "Momentum": 0.02, "Adam": 0.003, "Adadelta": 1.0}[solver]
    project = trained_project("affine", solver=solver, learning_rate=rate, weight_decay=0.01, batch_size=5, epochs=2)
    settings = Network.load(project.nnp).settings
    assert settings.solver.name == solver
    assert settings.solver.learning_rate == pytest.approx(rate, rel=1e-6), "a float32 field"
    assert settings.solver.weight_decay == pytest.approx(0.01, rel=1e-6)
    assert (settings.batch_size, settings.epochs, settings.normalize) == (5, 2, True)
    assert [d.uri for d in settings.training] == [str(project.training_csv)]
    assert [d.uri for d in settings.validation] == [str(project.validation_csv)]


def test_a_solver_that_cannot_be_scored_is_refused_by_name(trained_project, continued, tmp_path):
    project = trained_project("affine", solver="Adadelta", learning_rate=1.0)
    with pytest.raises(UnsupportedError, match="Adadelta"):
        continued(project)
    assert not list(tmp_path.glob("cache.h5*")), "a refused request leaves nothing behind"
    continued(project, solver=SolverConfig(learning_rate=0.1), epochs=1)  # another solver may be chosen


@every_kind
def test_a_trained_project_gets_scores_that_are_not_zero(trained_project, continued, read, kind):
    project = trained_project(kind)
    cache = continued(project, project.nnp, epochs=1)
    values = LastEpochInfluence().estimate(cache, read(project.training_csv), read(project.validation_csv)).values
    assert values.shape == (project.settings.training,)
    assert np.count_nonzero(values) == len(values) and (values > 0).any() and (values < 0).any()
    assert relative_error(cache.network.theta, Network.load(project.nnp).theta) < 0.5, "continued, not re-initialised"


def test_inputs_are_found_by_name_whatever_their_order(trained_project, continued, read, tmp_path):
    """The same project with the label first, in the CSV and in the network file."""
    values = []
    for first in (False, True):
        project = trained_project("affine", labels_first=first)
        header = project.training_csv.read_text().splitlines()[0]
        assert header.startswith("y" if first else "x")
        cache = continued(project, project.nnp, epochs=1)
        (tmp_path / "cache.h5").unlink()
        values.append(
            LastEpochInfluence().estimate(cache, read(project.training_csv), read(project.validation_csv)).values
        )
    assert_close(values[1], values[0], 1e-6, "the same numbers in the same order")


def test_two_inputs_are_not_swapped(trained_project, read):
    """Both have the same shape; swapped, the loss would be another one."""
    project = trained_project("two_inputs", **PLAIN)
    network = Network.load(last_epoch_of(project))
    batch = read(project.validation_csv).batch(np.arange(24))
    swapped = dict(batch, left=batch["right"], right=batch["left"])
    right, wrong = (LossOracle(network).loss(network.theta, [b], validation=True) for b in (batch, swapped))
    assert abs(wrong - right) > 0.05 * right


def test_a_network_survives_its_own_text(trained_project):
    """What a training cache stores: the text and the parameters."""
    network = Network.load(trained_project("conv_bn").nnp)
    again = Network.from_text(network.text).with_parameters(network.theta, network.statistics_values)
    assert again.fingerprint == network.fingerprint and again.space == network.space
    assert np.array_equal(again.theta, network.theta)
