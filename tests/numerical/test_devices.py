"""Every quantity on every kind of device against float64; a device that is not there is skipped, and says why.

No machine of ours has a GPU, so what is skipped here is untested; docs/install.md says so.
"""

import nnabla as nn
import numpy as np
import pytest
from support.cases import (
    CASES,
    draw_parameters,
    exact_hessian,
    exact_losses,
    exact_sample_gradients,
    network_of,
    with_theta,
)
from support.comparison import assert_close

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.choices import DEVICES
from nnabla_influence.config import TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.device import Device
from nnabla_influence.errors import MissingExtraError
from nnabla_influence.estimators import LastEpochInfluence, SelfInfluence, SgdInfluence, SpectralInfluence
from nnabla_influence.network import Network
from nnabla_influence.training import train

ROUNDING = {"cpu": 1e-5}
"""Of float32, relative to the largest value; other devices add in another order, and may take shorter numbers."""


@pytest.fixture(params=DEVICES)
def device(request):
    device = Device(request.param)
    try:
        with device.scope():
            variable = nn.Variable.from_numpy_array(np.ones(2))
            (variable + variable).forward()
    except MissingExtraError as error:
        pytest.skip(str(error))
    except RuntimeError as error:  # the extension is there, and no device for it
        pytest.skip(f"{request.param}: {error}")
    return device


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_the_loss_oracle_computes(case, device):
    batch, drawn = case.draw_batch(7, seed=3), draw_parameters(case)
    network = network_of(case, drawn)
    oracle = LossOracle(network, case.batch_norm, device)
    theta, u = network.theta, np.random.RandomState(5).normal(size=network.space.size)
    values = {name: np.asarray(array, np.float32) for name, array in with_theta(drawn, theta).items()}
    gradients = exact_sample_gradients(case, values, theta, batch)
    scores, curvature = oracle.products(theta, batch, u)
    for computed, expected in (
        (oracle.sample_losses(theta, batch), exact_losses(case, values, batch)(theta.astype(float))),
        (oracle.mean_gradient(theta, [batch]), gradients.mean(axis=0)),
        (oracle.sample_products(theta, batch, u), gradients @ u),
        (scores, gradients @ u),
        (curvature, exact_hessian(case, values, theta, batch) @ u),
    ):
        assert_close(computed, expected, ROUNDING.get(device.kind, 1e-3), "float32")


@pytest.mark.parametrize("case", [case for case in CASES if case.batch_norm == "frozen" or not case.coupled], ids=str)
def test_gradient_norms(case, device):
    batch, drawn = case.draw_batch(7, seed=3), draw_parameters(case)
    network = network_of(case, drawn)
    values = {name: np.asarray(array, np.float32) for name, array in with_theta(drawn, network.theta).items()}
    gradients = exact_sample_gradients(case, values, network.theta, batch)
    computed = LossOracle(network, "frozen", device).squared_gradient_norms(network.theta, batch)
    assert_close(computed, (gradients**2).sum(axis=1), ROUNDING.get(device.kind, 1e-3), "float32")


@pytest.mark.parametrize("method", [SpectralInfluence, LastEpochInfluence, SgdInfluence, SelfInfluence])
def test_training_and_scoring_give_what_they_give_on_the_cpu(method, device, tmp_path):
    random = np.random.RandomState(0)
    data = Dataset.from_arrays({"x": random.normal(size=(40, 1, 8, 8)), "y": np.arange(40) % 3})
    config = TrainingConfig(epochs=1, batch_size=8, policy="last-epoch")
    network = Network.builtin("builtin:cnn", (1, 8, 8), 3)
    here, on_the_cpu = (
        method(device=where).estimate(
            train(network, data, config, tmp_path / f"{where.kind}{number}.h5", device=where), data, data
        )
        for number, where in enumerate((device, Device("cpu")))
    )
    assert_close(here.values, on_the_cpu.values, ROUNDING.get(device.kind, 5e-2), "float32")
