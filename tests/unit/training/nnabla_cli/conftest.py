"""A project as Neural Network Console writes it, and its data."""

import pytest
from support.nnc_project import make_project

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.network import Network


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project", "affine", training=43)


@pytest.fixture
def data(project, tmp_path):
    files = {"Training": project.training_csv, "Validation": project.validation_csv}
    return {name: Dataset.from_csv(path, data_cache=tmp_path / "decoded") for name, path in files.items()}


@pytest.fixture
def changed(project):
    """``changed(old, new)``: the project's network with other text in its file."""

    def change(old, new):
        text = project.nntxt.read_text()
        assert old in text
        project.nntxt.write_text(text.replace(old, new))
        return Network.load(project.nntxt)

    return change
