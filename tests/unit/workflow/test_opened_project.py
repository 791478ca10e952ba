"""Network, settings and data of a training, read and made to fit each other; every refusal in three wordings."""

import logging

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.nnc_project import make_project
from support.small_projects import QUICK, TRAINING, VALIDATION, arrays

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import CacheMismatchError, ConfigError, DataError, NetworkError
from nnabla_influence.network import Network
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.workflow.data_reading import ReadingSettings
from nnabla_influence.workflow.opened_project import open_cached_project, open_project, require_trained
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.training_overrides import TrainingOverrides


def live_network(settings=None):
    """Softmax regression built in Python."""
    scope = {}
    x = nn.Variable((4, 2))
    y = nn.Variable((4, 1))
    from collections import OrderedDict

    scope = OrderedDict()
    with nn.parameter_scope("", scope):
        loss = F.softmax_cross_entropy(PF.affine(x, 3), y)
    return Network.from_loss(loss, {"x": x, "y": y}, scope, settings)


def test_a_built_in_with_data_in_memory(caplog):
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        project = open_project(ProjectRequest("builtin:mlp", arrays(), arrays(VALIDATION, 1), 3, training=QUICK))
    assert project.network.path == "builtin:mlp" and project.network.seed == 3
    assert (project.config.epochs, project.config.batch_size, project.config.seed) == (2, 6, 3)
    assert (len(project.train), len(project.validation)) == (TRAINING, VALIDATION)
    assert project.data_files == (None, None)
    assert "labels of column y: taken as class numbers" in caplog.messages
    assert f"data: {TRAINING} training rows, {VALIDATION} validation rows" in caplog.messages


def test_a_network_of_an_nnc_project_with_its_own_data(tmp_path):
    made = make_project(tmp_path / "p", training=12, validation=8, relative_uri=True, learning_rate=0.25, epochs=4)
    project = open_project(ProjectRequest(str(made.nntxt)))
    assert project.data_files == (made.training_csv.resolve(), made.validation_csv.resolve())
    assert (project.config.epochs, project.config.solver.learning_rate) == (4, 0.25)
    assert project.inputs == (made.nntxt, *project.data_files)


def test_a_trained_file_is_continued_for_an_epoch_or_begun_anew(tmp_path):
    made = make_project(tmp_path / "p", training=12, validation=8, epochs=4)
    network = Network.load(made.nntxt)
    trained = network.with_parameters(network.theta + 1, network.statistics_values)
    continued = open_project(ProjectRequest(trained, trained=True))
    assert (continued.config.epochs, continued.config.first_epoch) == (1, 3)
    assert (continued.network.theta == trained.theta).all()
    anew = open_project(ProjectRequest(trained, seed=5, training=TrainingOverrides(from_scratch=True)))
    assert (anew.config.epochs, anew.config.first_epoch) == (4, 0)
    assert (anew.network.theta == network.initialized(5).theta).all()


def test_a_live_network_begins_its_training():
    network = live_network({"epochs": 7, "batch_size": 5})
    project = open_project(ProjectRequest(network, arrays(), arrays(VALIDATION, 1)))
    assert project.network is network and not network.trained
    assert (project.config.epochs, project.config.first_epoch, project.config.batch_size) == (7, 0, 5)


def test_further_data_is_read_as_the_training_data_was(data):
    request = ProjectRequest("builtin:mlp", data / "training.csv", data / "validation.csv", training=QUICK)
    project = open_project(request)
    assert project.read_further(data / "test.csv").path == data / "test.csv"
    given = arrays(VALIDATION, 3)
    assert project.read_further(given) is given
    with pytest.raises(DataError, match="reads column 'x'"):
        project.read_further(Dataset.from_arrays({"z": np.ones(3)}))


@pytest.mark.parametrize(
    "given, options, words, fields",
    [
        (
            {},
            "give --train CSV and --validation CSV.",
            "give train= and validation=.",
            "give a CSV in the fields train and validation.",
        ),
        ({"validation": arrays()}, "give --train CSV.", "give train=.", "give a CSV in the field train."),
        ({"train": arrays()}, "give --validation CSV.", "give validation=.", "give a CSV in the field validation."),
    ],
    ids=["both", "train", "validation"],
)
def test_data_that_nobody_names(given, options, words, fields):
    with pytest.raises(ConfigError) as caught:
        open_project(ProjectRequest("builtin:mlp", **given))
    begin = "'builtin:mlp' does not say where its data is; "
    assert caught.value.said(IN_COMMANDS) == begin + options
    assert str(caught.value) == begin + words
    assert caught.value.said(IN_FIELDS) == begin + fields


@pytest.mark.parametrize("network", [None, Network.builtin("builtin:mlp", (2,), 3)], ids=["built-in", "untrained"])
def test_a_network_that_is_not_trained(network):
    with pytest.raises(NetworkError) as caught:
        require_trained(network, "a.nntxt")
    assert caught.value.said(IN_COMMANDS) == (
        "'a.nntxt' holds no trained parameters. Train first (python -m nnabla_influence train) and score with --cache, "
        "or give the results.nnp of a finished training."
    )
    assert "Train it first with project.train" in str(caught.value)
    assert caught.value.said(IN_FIELDS).endswith("Select the result of a finished training.")
    with pytest.raises(NetworkError, match="holds no trained parameters"):
        open_project(ProjectRequest(network or "builtin:mlp", arrays(), arrays(), trained=True))


def test_no_images_to_resize(data):
    request = ProjectRequest(
        "builtin:mlp", data / "training.csv", data / "validation.csv", reading=ReadingSettings(image_size=(8, 8))
    )
    with pytest.raises(ConfigError) as caught:
        open_project(request)
    path = data / "training.csv"
    assert caught.value.said(IN_COMMANDS) == f"--image-size resizes images, but {path} holds none; leave it out."
    assert str(caught.value) == f"image_size resizes images, but {path} holds none; leave it out."
    assert caught.value.said(IN_FIELDS) == f"The data {path} holds no images to resize."


@pytest.mark.parametrize("change", [{"crop": 2}, {"flip": True}], ids=str)
def test_no_images_to_augment(change):
    with pytest.raises(ConfigError) as caught:
        open_project(ProjectRequest("builtin:mlp", arrays(), arrays(), training=TrainingOverrides(**change)))
    assert caught.value.said(IN_COMMANDS) == (
        "--crop and --flip change images, but 'builtin:mlp' reads none; leave them out."
    )
    assert str(caught.value) == "crop and flip change images, but 'builtin:mlp' reads none; leave them out."


def test_data_the_network_cannot_read():
    with pytest.raises(DataError, match="should have shape"):
        open_project(ProjectRequest(Network.builtin("builtin:mlp", (5,), 3), arrays(), arrays()))


def test_a_cache_with_its_data(data, cache):
    opened_cache, project = open_cached_project(cache.path, data / "training.csv", data / "validation.csv")
    assert opened_cache.identity == cache.identity and project.config == cache.config
    assert (project.network.theta == cache.final.theta).all()


@pytest.mark.parametrize("missing", ["train", "validation"])
def test_a_cache_without_its_data(data, cache, missing):
    given = {which: None if which == missing else arrays() for which in ("train", "validation")}
    with pytest.raises(ConfigError) as caught:
        open_cached_project(cache.path, **given)
    assert caught.value.said(IN_COMMANDS) == (
        "With --cache, give --train CSV and --validation CSV: the data the cache was trained with."
    )
    assert str(caught.value).startswith("With a cache, give train and validation: ")
    assert "in the fields train and validation" in caught.value.said(IN_FIELDS)


def test_a_cache_of_other_data(cache, data):
    with pytest.raises(CacheMismatchError):
        open_cached_project(cache.path, data / "test.csv", data / "validation.csv")
