"""What is found in a result folder, and what is said when it is not."""

import pytest
from support.nnc_project import make_project

from nnabla_influence.errors import ConfigError, DataError, NetworkError
from nnabla_influence.network import Network, write_archive
from nnabla_influence.nnc.actions.result_folder import (
    cache_beside,
    command_options,
    data_file,
    device_of,
    find_network,
    project_data,
    trained_network,
)


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "result", "regression", relative_uri=True)


def parameters_of(network):
    return {**network.space.unflatten(network.theta), **network.statistics.unflatten(network.statistics_values)}


def saved(project, text=None, name="results.nnp"):
    """An archive beside the project, with its initial parameters."""
    network = Network.load(project.nntxt)
    path = project.folder / name
    write_archive(path, network.text if text is None else text, parameters_of(network))
    return path


def test_the_network_is_found_under_the_name_of_either_product(project):
    other = saved(project, name="result.nnp")
    assert find_network(str(project.folder / "results.nnp")) == other
    named = saved(project, name="mine.nnp")
    assert find_network(str(named)) == named
    other.unlink()
    with pytest.raises(NetworkError, match="Select the result"):
        find_network(str(project.folder / "results.nnp"))


def test_an_archive_is_read_back_with_its_parameters(project):
    network, initial = trained_network(saved(project)), Network.load(project.nntxt)
    assert network.trained and (network.theta == initial.theta).all()
    assert network.fingerprint == initial.fingerprint


def test_a_network_saved_for_inference_gets_its_project_from_beside(project):
    full = Network.load(project.nntxt)
    proto = type(full.proto)()
    proto.network.extend(full.proto.network)
    path = saved(project, str(proto))
    network = trained_network(path)
    assert network.settings.solver == full.settings.solver and (network.theta == full.theta).all()
    project.nntxt.unlink()
    with pytest.raises(NetworkError, match="no optimizer section"):
        trained_network(path)


def test_a_network_without_parameters_is_refused(project):
    with pytest.raises(NetworkError, match="no trained parameters"):
        trained_network(project.nntxt)


def test_data_comes_from_the_project(project):
    network = trained_network(saved(project))
    assert project_data(network, project.nnp) == (project.training_csv, project.validation_csv)
    project.validation_csv.unlink()
    with pytest.raises(DataError, match="validation.csv"):
        project_data(network, project.nnp)


def test_data_that_the_archive_does_not_name_comes_from_the_text_beside(project):
    text = project.nntxt.read_text().replace('uri: "training.csv"', 'uri: ""')
    path = saved(project, text)
    assert project_data(trained_network(path), path)[0] == project.training_csv
    project.nntxt.unlink()
    with pytest.raises(ConfigError, match="names no train data"):
        project_data(trained_network(path), path)


def test_an_empty_field_is_no_file_and_a_wrong_one_is_refused(project):
    assert data_file("", "train") is None
    assert data_file(str(project.training_csv), "train") == project.training_csv
    with pytest.raises(DataError, match="nothing.csv"):
        data_file(str(project.folder / "nothing.csv"), "train")


def test_there_need_not_be_a_cache(project):
    path = saved(project)
    assert cache_beside("", path, trained_network(path)) is None
    with pytest.raises(DataError, match="does not exist"):
        cache_beside("nothing.h5", path, trained_network(path))


def test_a_project_for_the_gpu_is_computed_on_the_cpu_where_there_is_none(project, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    assert device_of(Network.load(project.nntxt)) == "cpu" and not caplog.messages
    project.nntxt.write_text(project.nntxt.read_text().replace('"cpu:float"', '"cudnn:float"'))
    found = device_of(Network.load(project.nntxt))
    assert found.startswith("cudnn") or (found == "cpu" and "extension is missing" in caplog.text)


def test_the_options_of_a_command_are_its_defaults():
    options = command_options("score", "--output", "x.csv", "--method", "loss")
    assert (options.method, options.seed, options.image_normalization) == ("loss", 0, "auto")
