"""Data sets on the disk, a project of them, and its training: made once per module."""

import pytest
from support.small_projects import opened, write_data


@pytest.fixture(scope="module", autouse=True)
def own_data_cache(tmp_path_factory):
    """Decoded data goes into a folder of the tests, not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path_factory.mktemp("decoded")))
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with ``training.csv``, ``validation.csv``, ``selection.csv`` and ``test.csv``."""
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def project(data):
    return opened(data)


@pytest.fixture(scope="module")
def cache(project, tmp_path_factory):
    return project.train(tmp_path_factory.mktemp("training") / "cache.h5")


@pytest.fixture(scope="module")
def scores(project, cache):
    return project.score(cache)
