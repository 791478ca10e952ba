"""Roles are read from the file's sections, by name."""

import re

import pytest

from nnabla_influence.errors import NetworkError, UnsupportedError
from nnabla_influence.network import Network
from nnabla_influence.network.nnp import parse_text
from nnabla_influence.network.roles import matches, read_roles

DATA = 'data_variable {\n    variable_name: "Input"\n    data_name: "x"\n  }'


def roles_of(text):
    return read_roles(parse_text(text, "net.nntxt"), "net.nntxt")


def test_inputs_losses_and_targets_are_named(text):
    roles = roles_of(text("two_inputs"))
    assert roles.training.inputs == {"Input": "left", "Input_2": "right", "SoftmaxCrossEntropy_T": "y"}
    (loss,) = roles.training.losses
    assert (loss.variable, loss.function, loss.prediction, loss.target) == (
        "SoftmaxCrossEntropy",
        "SoftmaxCrossEntropy",
        "Affine_3",
        "y",
    )
    assert roles.trainable_patterns[0] == "Affine/affine/W" and len(roles.trainable_patterns) == 6


@pytest.mark.parametrize("kind", ["affine", "two_inputs"])
def test_the_order_of_sections_means_nothing(text, kind):
    assert roles_of(text(kind, labels_first=True)) == roles_of(text(kind))


# --- the validation network ---------------------------------------------------------------------------------------


def test_the_monitor_of_the_validation_data_chooses_the_validation_network(text):
    roles = roles_of(text("conv_bn"))
    assert roles.validation.name == "MainValidation"
    assert roles.validation.losses[0].variable == "SoftmaxCrossEntropy", "not the monitored TopNError"
    assert roles.note == ("validation loss: 'SoftmaxCrossEntropy' of network 'MainValidation' (monitor 'valid_error')")


def test_a_network_that_computes_another_loss_is_no_validation_network(text):
    """Then it is the training network's loss."""
    original = text()
    start, end = original.index('name: "MainValidation"'), original.index('name: "MainRuntime"')
    changed = original[:start] + original[start:end].replace('"SoftmaxCrossEntropy"', '"Other"') + original[end:]
    changed = changed.replace('type: "Other"', 'type: "SoftmaxCrossEntropy"')
    roles = roles_of(changed)
    assert roles.validation == roles.training and "the training network 'Main'" in roles.note


def test_without_monitors_the_training_network_is_used(text):
    original = text()
    roles = roles_of(original[: original.index("\nmonitor {")] + "\n")
    assert roles.validation == roles.training and "the training network 'Main'" in roles.note


def test_a_monitor_of_the_training_network_changes_nothing(text):
    roles = roles_of(text().replace('network_name: "MainValidation"', 'network_name: "Main"'))
    assert roles.validation == roles.training


# --- parameters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern, name, fits",
    [
        ("Affine/affine/W", "Affine/affine/W", True),
        ("Affine/affine/W", "Affine_2/affine/W", False),
        ("Affine/affine/W", "Affine/affine/W2", False),
        ("Affine/affine/W", "Outer/Affine/affine/W", False),
        ("Affine{Loop}/affine/W", "Affine[0]/affine/W", True),
        ("Affine{Loop}/affine/W", "Affine[12]/affine/W", True),
        ("Affine{Loop}/affine/W", "Affine_2[0]/affine/W", False),
        ("Affine{Loop}/affine/W", "Affine[x]/affine/W", False),
        ("A{Outer}{Inner}/W", "A[1][0]/W", True),
        ("A.b{Loop}/W", "Axb[0]/W", False),
        ("Affine/affine/W", "Affine/affine/W_RepeatStart[0]", True),  # the older way
        ("Affine/affine/W", "Affine/affine/W_RepeatStart_2[1]_Inner[3]", True),
    ],
)
def test_loops_repeat_parameters(pattern, name, fits):
    assert matches(pattern, name) == fits


def test_a_multiplier_of_zero_freezes_a_parameter(text):
    frozen = text().replace(
        'variable_name: "Affine/affine/W"\n    learning_rate_multiplier: 1.0',
        'variable_name: "Affine/affine/W"\n    learning_rate_multiplier: 0.0',
    )
    network = Network.from_text(frozen)
    assert "Affine/affine/W" not in network.space.names and network.statistics.names == ("Affine/affine/W",)


def test_running_statistics_never_train_whatever_the_multipliers_say(text):
    network = Network.from_text(
        text("conv_bn").replace("learning_rate_multiplier: 0.0", "learning_rate_multiplier: 1.0")
    )
    assert network.statistics.names == ("BatchNormalization/bn/mean", "BatchNormalization/bn/var")
    assert network.running_statistics == network.statistics.names and network.has_batch_norm
    assert "BatchNormalization/bn/gamma" in network.space.names


def test_a_network_that_trains_nothing_is_refused(text):
    with pytest.raises(NetworkError, match="trains no parameter"):
        Network.from_text(text().replace("learning_rate_multiplier: 1.0", "learning_rate_multiplier: 0.0"))


# --- refused ------------------------------------------------------------------------------------------------------


def _without_optimizer(text):
    return text[: text.index("\noptimizer {")] + text[text.index("\nmonitor {") :]


def _two_optimizers(text):
    start, end = text.index("\noptimizer {"), text.index("\nmonitor {")
    return text[:end] + text[start:end].replace('"Optimizer"', '"Second"') + text[end:]


def _optimizer_replace(old, new):
    def change(text):
        start, end = text.index("\noptimizer {"), text.index("\nmonitor {")
        assert old in text[start:end]
        return text[:start] + text[start:end].replace(old, new) + text[end:]

    return change


LOSS = 'loss_variable {\n    variable_name: "SoftmaxCrossEntropy"\n  }'
GENERATOR = 'generator_variable {\n variable_name: "Input"\n type: "%s"\n multiplier: 0.5\n }'
REFUSED = {
    "no optimizer": (_without_optimizer, NetworkError, "no optimizer section.*not one exported for inference"),
    "two optimizers": (_two_optimizers, UnsupportedError, r"2 optimizers \(Optimizer, Second\)"),
    "no such network": (
        _optimizer_replace('network_name: "Main"', 'network_name: "Mian"'),
        NetworkError,
        r"network 'Mian', which is not in the file \(networks: Main, MainValidation, MainRuntime\)",
    ),
    "no loss": (_optimizer_replace(LOSS, ""), NetworkError, "'Optimizer' names no loss variable"),
    "no such loss": (
        _optimizer_replace(LOSS, 'loss_variable { variable_name: "L" }'),
        NetworkError,
        "loss variable 'L' is not computed by network 'Main'",
    ),
    "an input without data": (
        _optimizer_replace(DATA, ""),
        NetworkError,
        "no data-set column for variable 'Input' of network 'Main'",
    ),
    "data without an input": (
        _optimizer_replace('variable_name: "Input"', 'variable_name: "Imput"'),
        NetworkError,
        "feeds variable 'Imput', which network 'Main' does not have",
    ),
    "training progress": (
        _optimizer_replace('data_name: "x"', 'data_name: "%iter"'),
        UnsupportedError,
        "'Input' is fed with '%iter'",
    ),
    "random generator": (
        _optimizer_replace(DATA, GENERATOR % "Normal"),
        UnsupportedError,
        r"'Input' is filled by a random generator \(Normal\)",
    ),
    "no such data set": (
        _optimizer_replace('dataset_name: "Training"', 'dataset_name: "Train"'),
        NetworkError,
        "data set 'Train'.*no section",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_lack_a_role(text, name):
    change, error, message = REFUSED[name]
    with pytest.raises(error, match=message) as caught:
        Network.from_text(change(text()), "net.nntxt")
    assert "'net.nntxt'" in str(caught.value)


def test_a_constant_generator_fills_its_variable(text):
    network = Network.from_text(_optimizer_replace(DATA, GENERATOR % "Constant")(text()))
    assert network.roles.training.constants == {"Input": 0.5} and network.columns == ("y",)


# --- scoring ----------------------------------------------------------------------------------------------------------


def test_randomness_that_stays_moves_scoring_to_the_validation_network(text):
    """Without a validation network that does without, the training network is kept, and refused when it is scored."""
    crop = (
        'function {\n name: "Crop"\n type: "RandomCrop"\n input: "Input"\n output: "Crop"\n '
        "random_crop_param { shape { dim: 1 dim: 8 dim: 8 } base_axis: 1 seed: -1 }\n }\n"
        'variable {\n name: "Crop"\n type: "Buffer"\n shape { dim: -1 dim: 1 dim: 8 dim: 8 }\n }\n'
    )
    start = 'network {\n  name: "Main"\n'
    cropped = text().replace(start, start + crop).replace('input: "Input"', 'input: "Crop"', 2)
    cropped = cropped.replace('input: "Crop"', 'input: "Input"', 1)
    network = Network.from_text(cropped)
    assert (network.roles.training.name, network.roles.scoring.name) == ("Main", "MainValidation")
    assert re.search(r"training samples are scored on it too, because layer 'Crop' \(RandomCrop\)", network.roles.note)
    assert Network.from_text(text()).roles.scoring.name == "Main"
