"""The passport tells runs apart by what determines their numbers, and by nothing else."""

import json
import shutil

import numpy as np
import pytest

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.network import Network
from nnabla_influence.training import run_passport, start_digest
from nnabla_influence.training.run_passport import comparable


def test_it_is_plain_text_and_names_the_versions(network, data, config):
    passport = run_passport(network, data, config())
    assert json.loads(json.dumps(passport)) == passport
    assert {"nnabla_influence", "nnabla", "numpy", "h5py", "python"} == set(passport["versions"])
    assert passport["training_data"]["samples"] == 23 and passport["training_data"]["path"] == "arrays in memory"


def test_the_same_run_is_the_same_wherever_its_files_lie(network, config, tmp_path):
    (tmp_path / "a.csv").write_text("x__0,y\n1,0\n2,1\n")
    shutil.copy(tmp_path / "a.csv", tmp_path / "b.csv")
    first, second = (
        run_passport(network, Dataset.from_csv(tmp_path / name, data_cache=tmp_path), config())
        for name in ("a.csv", "b.csv")
    )
    second["versions"]["nnabla"] = "0.1"
    assert first != second and comparable(first) == comparable(second)


@pytest.mark.parametrize("change", ["settings", "data", "start", "structure"])
def test_another_run_is_another(network, data, config, change):
    runs = {
        "settings": (network, data, config(seed=1)),
        "data": (network, data.subset(range(22)), config()),
        "start": (network.initialized(1), data, config()),
        "structure": (Network.builtin("builtin:mlp", (5,), 4), data, config()),
    }
    assert comparable(run_passport(*runs[change])) != comparable(run_passport(network, data, config()))


def test_the_start_is_the_values_of_the_parameters(network):
    same = network.with_parameters(network.theta, network.statistics_values)
    other = network.with_parameters(network.theta + np.float32(1), network.statistics_values)
    assert start_digest(same) == start_digest(network) != start_digest(other)
