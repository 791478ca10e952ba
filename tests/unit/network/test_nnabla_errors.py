"""A network that is built and fails at a batch: an index from the data lies outside the table of a layer."""

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.network_kinds import LABEL, Column, Kind, classifier, whole, write

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ComputationError
from nnabla_influence.network import Network
from nnabla_influence.network.nnabla_errors import translated_errors
from nnabla_influence.resume import discard, partial_folder
from nnabla_influence.training import train

ROWS = 7
OUTSIDE = r"results.nnp': Failed `index < src_shape\[m\]`: index 9 for axis 0 overflows shape 7\. Look for values"


def looked_up(v, training):
    """What `embed` does, by a layer whose indices nobody checks beforehand."""
    table = nn.parameter.get_parameter_or_create("table", (ROWS, 4), np.eye(ROWS, 4), need_grad=True)
    return PF.affine(F.gather_nd(table, F.transpose(v["x"], (1, 0))), 3, name="affine")


@pytest.fixture
def network(tmp_path):
    return Network.load(
        write(Kind("gather", classifier(looked_up), {"x": Column((1,), whole(ROWS)), "y": LABEL}), tmp_path)
    )


@pytest.fixture
def data():
    """``data(row, value)``: 20 samples; the index of one is another."""

    def make(row=0, value=0):
        random = np.random.RandomState(0)
        columns = {"x": random.randint(ROWS, size=(20, 1)), "y": random.randint(3, size=(20, 1))}
        columns["x"][row] = value
        return Dataset.from_arrays(columns)

    return make


def test_a_step_that_fails_says_where_why_and_what_to_do(network, data, tmp_path):
    with pytest.raises(ComputationError, match=r"step \d of the training of '.*" + OUTSIDE) as raised:
        train(network, data(3, 9), TrainingConfig(batch_size=5), tmp_path / "c.h5")
    assert isinstance(raised.value.__cause__, RuntimeError)


@pytest.mark.parametrize("method", ["sample_losses", "mean_gradient", "sample_products", "gauss_newton"])
def test_so_does_a_derivative(network, data, method):
    batch = data(3, 9).batch(np.arange(5))
    arguments = {"sample_losses": (batch,), "mean_gradient": ([batch],)}.get(
        method, (batch, np.ones(network.space.size))
    )
    with pytest.raises(ComputationError, match="losses or derivatives of '.*" + OUTSIDE):
        getattr(LossOracle(network), method)(network.theta, *arguments)


def test_the_same_network_computes_where_the_indices_are_right(network, data, tmp_path):
    cache = train(network, data(), TrainingConfig(batch_size=5), tmp_path / "c.h5")
    assert not np.array_equal(cache.final.theta, network.theta)


@pytest.mark.parametrize("saved", [True, False])
def test_progress_stays_where_there_is_any(network, data, tmp_path, monkeypatch, saved):
    """Want of memory may pass; a folder without progress would only be in the way of a smaller batch size."""
    monkeypatch.setattr("nnabla_influence.training.training_progress.SECONDS_BETWEEN_SAVES", 0.0 if saved else 60.0)
    target = tmp_path / "c.h5"
    plan = train(network, data(), TrainingConfig(batch_size=5, policy="final"), tmp_path / "plan.h5").plan
    row = list(plan.epoch(0))[-1].batches[0][0]
    with pytest.raises(ComputationError):
        train(network, data(row, 9), TrainingConfig(batch_size=5, policy="final"), target)
    assert partial_folder(target).is_dir() is saved
    assert discard(target) is saved


@pytest.mark.parametrize(
    "text", ["Failed `this->alloc_impl()`: N4nbla9CpuMemoryE allocation failed.", "CUDA out of memory"]
)
def test_want_of_memory_is_called_so(text):
    with pytest.raises(ComputationError, match="NNabla failed at step 3 of 'net.nnp': .*smaller batch size"):
        with translated_errors("net.nnp", "step 3"):
            raise RuntimeError(f"memory error in alloc\n/src/memory.cpp:39\n{text}")


def test_other_errors_are_left_alone():
    with pytest.raises(KeyError), translated_errors("net.nnp", "step 3"):
        raise KeyError("x")
