"""What is found in a result folder, and what is said when it is not."""

import pytest
from support.nnc_project import make_project

from nnabla_influence.errors import ConfigError, DataError, NetworkError
from nnabla_influence.network import Network, write_archive
from nnabla_influence.nnc.actions.result_folder import CACHE, ResultFields, TrainedResult, data_file, device_of
from nnabla_influence.training import train
from nnabla_influence.workflow.training_overrides import TrainingOverrides, training_config


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


def read(model, train="", validation="", cache=""):
    return TrainedResult.read(ResultFields(model, train, validation, cache))


def data_of(result):
    return result.train, result.validation


def test_the_network_is_found_under_the_name_of_either_product(project):
    other = saved(project, name="result.nnp")
    assert read(str(project.folder / "results.nnp")).file == other
    named = saved(project, name="mine.nnp")
    assert read(str(named)).file == named
    other.unlink()
    with pytest.raises(NetworkError, match="Select the result"):
        read(str(project.folder / "results.nnp"))


def test_an_archive_is_read_back_with_its_parameters(project):
    network, initial = read(str(saved(project))).network, Network.load(project.nntxt)
    assert network.trained and (network.theta == initial.theta).all()
    assert network.fingerprint == initial.fingerprint


def test_a_network_saved_for_inference_gets_its_project_from_beside(project):
    full = Network.load(project.nntxt)
    proto = type(full.proto)()
    proto.network.extend(full.proto.network)
    path = saved(project, str(proto))
    network = read(str(path)).network
    assert network.settings.solver == full.settings.solver and (network.theta == full.theta).all()
    project.nntxt.unlink()
    with pytest.raises(NetworkError, match="no optimizer section"):
        read(str(path))


def test_a_network_without_parameters_is_refused(project):
    with pytest.raises(NetworkError, match="no trained parameters"):
        read(str(project.nntxt))


def test_data_comes_from_the_project(project):
    path = saved(project)
    assert data_of(read(str(path))) == (project.training_csv, project.validation_csv)
    project.validation_csv.unlink()
    with pytest.raises(DataError, match="validation.csv"):
        read(str(path))


def test_data_that_the_archive_does_not_name_comes_from_the_text_beside(project):
    text = project.nntxt.read_text().replace('uri: "training.csv"', 'uri: ""')
    path = saved(project, text)
    assert read(str(path)).train == project.training_csv
    project.nntxt.unlink()
    with pytest.raises(ConfigError, match="names no train data; give a CSV in the field train"):
        read(str(path))


def test_a_field_that_is_filled_in_replaces_the_projects_own_data(project):
    path = saved(project)
    swapped = read(str(path), train=str(project.validation_csv))
    assert data_of(swapped) == (project.validation_csv, project.validation_csv)
    project.nntxt.write_text("nobody needs to read it")
    given = read(str(path), str(project.validation_csv), str(project.training_csv))
    assert data_of(given) == (project.validation_csv, project.training_csv)


def test_an_empty_field_is_no_file_and_a_wrong_one_is_refused(project):
    assert data_file("", "train") is None
    assert data_file(str(project.training_csv), "train") == project.training_csv
    with pytest.raises(DataError, match="nothing.csv"):
        data_file(str(project.folder / "nothing.csv"), "train")


def test_there_need_not_be_a_cache(project):
    path = saved(project)
    result = read(str(path))
    assert result.cache is None
    assert result.inputs == (path, None, project.training_csv, project.validation_csv)
    with pytest.raises(DataError, match="does not exist"):
        read(str(path), cache="nothing.h5")


def test_a_cache_beside_the_network_is_taken_if_it_is_of_the_same_network(project, tmp_path, caplog):
    path = saved(project)
    _train(project, path.with_name(CACHE))
    assert read(str(path)).cache == path.with_name(CACHE)
    other = make_project(tmp_path / "other", "affine")
    _train(other, path.with_name(CACHE))
    assert read(str(path)).cache is None and "belongs to another network" in caplog.text
    named = read(str(path), cache=str(path.with_name(CACHE)))
    assert named.cache == path.with_name(CACHE), "what somebody names is opened, and refused there"


def _train(project, target):
    from nnabla_influence.dataset.dataset import Dataset

    network = Network.load(project.nntxt)
    data = Dataset.from_csv(project.training_csv, data_cache=project.folder / "decoded")
    train(network, data, training_config(TrainingOverrides(epochs=1), network, 0), target, overwrite=True)


def test_a_project_for_the_gpu_is_computed_on_the_cpu_where_there_is_none(project, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    assert device_of(Network.load(project.nntxt)) == "cpu" and not caplog.messages
    project.nntxt.write_text(project.nntxt.read_text().replace('"cpu:float"', '"cudnn:float"'))
    found = device_of(Network.load(project.nntxt))
    assert found.startswith("cudnn") or (found == "cpu" and "extension is missing" in caplog.text)
