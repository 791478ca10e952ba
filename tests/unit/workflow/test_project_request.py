"""Which project is opened: what is impossible is refused before anything is read."""

from pathlib import Path

import pytest
from support.small_projects import arrays

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.device import Device
from nnabla_influence.errors import ConfigError
from nnabla_influence.network import Network, StatedRoles
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.workflow.data_reading import ReadingSettings
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.training_overrides import TrainingOverrides


def test_no_such_built_in():
    with pytest.raises(ConfigError) as caught:
        ProjectRequest("builtin:vgg")
    assert str(caught.value) == "Built-in networks are builtin:mlp, builtin:cnn, builtin:cifarnet, not 'builtin:vgg'."
    with pytest.raises(ConfigError, match="not 'builtin:mpl'. Did you mean builtin:mlp?"):
        ProjectRequest("builtin:mpl")


@pytest.mark.parametrize("seed", [-1, 0.5, None, "1"])
def test_an_impossible_seed(seed):
    if seed is None:
        assert ProjectRequest("builtin:mlp").seed == 0
        return
    with pytest.raises(ConfigError, match="seed"):
        ProjectRequest("builtin:mlp", seed=seed)


def test_an_impossible_device():
    with pytest.raises(ConfigError, match="Device"):
        ProjectRequest("builtin:mlp", device=Device("gpu"))


@pytest.mark.parametrize("network", ["net.nntxt", Network.builtin("builtin:mlp", (2,), 3)], ids=["file", "network"])
def test_a_task_is_for_built_in_networks(network):
    with pytest.raises(ConfigError) as caught:
        ProjectRequest(network, training=TrainingOverrides(task="regression"))
    name = network if isinstance(network, str) else network.path
    assert caught.value.said(IN_COMMANDS) == (
        f"--task regression is for built-in networks; '{name}' states its own loss."
    )
    assert str(caught.value) == f"Task regression is for built-in networks; '{name}' states its own loss."
    assert caught.value.said(IN_FIELDS) == f"The network '{name}' states its own loss."


@pytest.mark.parametrize("reading", [ReadingSettings(image_size=(8, 8)), ReadingSettings(normalize=False)])
def test_how_to_read_means_nothing_to_data_in_memory(reading):
    with pytest.raises(ConfigError, match="were read already"):
        ProjectRequest("builtin:mlp", arrays(), arrays(), reading=reading)
    ProjectRequest("builtin:mlp", arrays(), Path("validation.csv"), reading=reading)


def test_the_files_nobody_may_write_to():
    assert ProjectRequest("builtin:mlp", Path("t.csv")).inputs == [None, Path("t.csv"), None]
    assert ProjectRequest("a.nnp", arrays(), Path("v.csv")).inputs == [Path("a.nnp"), None, Path("v.csv")]


def test_another_seed_draws_a_network_anew_unless_it_is_trained():
    network = Network.builtin("builtin:mlp", (2,), 3)
    request = ProjectRequest(network)
    assert request.with_seed(0).network is network
    other = request.with_seed(4).network
    assert (other.theta == network.initialized(4).theta).all() and (other.theta != network.theta).any()
    trained = network.with_parameters(network.theta, network.statistics_values)
    assert ProjectRequest(trained).with_seed(4).network is trained


def test_absolute_paths_for_machines_that_share_the_disk(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    request = ProjectRequest("a.nnp", Path("t.csv"), arrays(), reading=ReadingSettings(data_cache=Path("c")))
    absolute = request.absolute()
    assert absolute.network == str(tmp_path / "a.nnp") and absolute.train == tmp_path / "t.csv"
    assert absolute.validation is request.validation and absolute.reading.data_cache == tmp_path / "c"
    assert ProjectRequest("builtin:mlp").absolute().network == "builtin:mlp"


def test_what_is_stated_of_a_network_file():
    roles = StatedRoles({"a": "x"}, "loss", "p.h5")
    with pytest.raises(ConfigError) as caught:
        ProjectRequest("saved.nnp", stated=roles)
    assert "--learning-rate LR" in caught.value.said(IN_COMMANDS) and "TrainingOverrides(" in str(caught.value)
    request = ProjectRequest("saved.nnp", stated=roles, training=TrainingOverrides(learning_rate=0.1))
    assert Path("p.h5") in request.inputs, "nobody may write to it"
    assert request.absolute().stated.parameters == Path("p.h5").absolute()
    with pytest.raises(ConfigError, match="'builtin:mlp' has its own"):
        ProjectRequest("builtin:mlp", stated=StatedRoles(parameters="p.h5"))
