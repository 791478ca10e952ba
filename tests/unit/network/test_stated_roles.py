"""Networks that NNabla's own ``save`` wrote, without a training, and parameters in a file of their own."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from nnabla.utils.save import save

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import NetworkError
from nnabla_influence.network import Network, StatedRoles
from nnabla_influence.network.nnp import read_network_file

INPUTS = {"features": "x", "target": "y"}


@pytest.fixture()
def saved(tmp_path):
    """``saved(losses)``: an .nnp with what a function of the losses (B, 1) returns; and the values in it."""

    def write(of_losses=F.mean, name="saved.nnp"):
        scope = OrderedDict()
        with nn.parameter_scope("", scope), nn.auto_forward(False):
            x, y = nn.Variable((4, 3)), nn.Variable((4, 1))
            hidden = PF.batch_normalization(PF.affine(x, 5, name="a"), name="n")
            output = PF.affine(hidden, 2, name="b")
            variables = {"score": output}
            if of_losses is not None:
                variables["loss"] = of_losses(F.softmax_cross_entropy(output, y))
            values = {key: v.d.copy() for key, v in nn.get_parameters(grad_only=False).items()}
            network = {"name": "net", "batch_size": 4, "outputs": variables, "names": {"features": x, "target": y}}
            run = {"name": "run", "network": "net", "data": ["features"], "output": ["score"]}
            save(str(tmp_path / name), {"networks": [network], "executors": [run]})
            nn.save_parameters(str(tmp_path / "parameters.h5"))
        return tmp_path / name, values

    return write


def test_loss_and_inputs_are_what_was_stated(saved):
    path, values = saved()
    network = Network.load(path, inputs=INPUTS, loss="loss")
    assert network.trained and network.columns == ("x", "y") and network.settings.batch_size == 4
    assert (network.loss_role.function, network.loss_role.target) == ("SoftmaxCrossEntropy", "y")
    assert network.space.names == ("a/affine/W", "a/affine/b", "b/affine/W", "b/affine/b", "n/bn/beta", "n/bn/gamma")
    assert network.statistics.names == ("n/bn/mean", "n/bn/var")
    found = {**network.space.unflatten(network.theta), **network.statistics.unflatten(network.statistics_values)}
    assert all(np.array_equal(found[name], value) for name, value in values.items())


def test_a_mean_is_replaced_by_its_terms(saved, caplog):
    caplog.set_level("INFO")
    path, _ = saved()
    of_mean = Network.load(path, inputs=INPUTS, loss="loss")
    assert "loss: 'loss' is a mean; its terms '@net/SoftmaxCrossEntropy_out' are taken" in caplog.text
    of_terms = Network.load(saved(F.identity)[0], inputs=INPUTS, loss="@net/SoftmaxCrossEntropy_out")
    assert of_mean.roles.training.losses == of_terms.roles.training.losses


def test_what_was_stated_stays_with_the_network(saved):
    """A cache keeps the text and the values; nothing has to be stated again."""
    network = Network.load(saved()[0], inputs=INPUTS, loss="loss")
    again = Network.from_values(network.text, network.theta, network.statistics_values)
    assert again.roles == network.roles and again.fingerprint == network.fingerprint
    assert network.settings.solver.name == "Sgd" and network.settings.epochs == 1


def test_a_file_of_which_nothing_is_stated_is_refused_and_both_ways_are_named(saved):
    with pytest.raises(NetworkError, match="no optimizer section") as caught:
        Network.load(saved()[0])
    said = caught.value.said(IN_COMMANDS)
    assert "results.nnp or net.nntxt of a training project" in said
    assert "--input VARIABLE=COLUMN ... --loss VARIABLE" in said and "It computes 'loss', '@net/" in said
    assert 'Network.load(path, inputs={"VARIABLE": "COLUMN"}, loss="VARIABLE")' in str(caught.value)
    with pytest.raises(NetworkError, match="no loss; save it with its loss"):
        Network.load(saved(None)[0])


@pytest.mark.parametrize(
    "inputs, loss, message",
    [
        (INPUTS, "los", r"losses that it computes \('loss', '@net/.*got 'los'\. Did you mean loss\?"),
        (INPUTS, None, "got none"),
        ({"features": "x"}, "loss", r"a column for every input of the loss, got none for 'target'"),
        (
            {**INPUTS, "feature": "x"},
            "loss",
            "inputs of the loss, features, target, got 'feature'. Did you mean features",
        ),
    ],
)
def test_what_is_stated_wrongly(saved, inputs, loss, message):
    with pytest.raises(NetworkError, match=message):
        Network.load(saved()[0], inputs=inputs, loss=loss)


def test_what_a_file_says_itself_is_not_stated_again(tmp_path, text):
    (tmp_path / "net.nntxt").write_text(text(), encoding="utf-8")
    with pytest.raises(NetworkError, match="has an optimizer section"):
        Network.load(tmp_path / "net.nntxt", loss="loss")


def test_parameters_may_lie_beside_the_network(saved, tmp_path):
    path, values = saved()
    whole = Network.load(path, inputs=INPUTS, loss="loss")
    (tmp_path / "net.nntxt").write_text(whole.text, encoding="utf-8")
    with pytest.raises(NetworkError, match="holds no value for parameter"):
        Network.load(tmp_path / "net.nntxt")
    stated = StatedRoles().found_beside(tmp_path / "net.nntxt")
    assert stated.parameters == tmp_path / "parameters.h5"
    split = Network.load(tmp_path / "net.nntxt", parameters=stated.parameters)
    assert split.trained and np.array_equal(split.theta, whole.theta)


def test_only_text_has_its_parameters_beside_and_a_named_file_is_kept(saved, tmp_path):
    path, _ = saved()
    assert StatedRoles().found_beside(path) == StatedRoles()
    named = StatedRoles(parameters="other.h5")
    assert named.found_beside(tmp_path / "net.nntxt") == named
    with pytest.raises(NetworkError, match=r"a file of parameters \(.h5 or .protobuf\), got 'other.h5'"):
        named.applied_to(read_network_file(path))
