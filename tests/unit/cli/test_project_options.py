"""The options that say which network, data, training and scores, and the requests they make."""

import argparse
from pathlib import Path

import pytest

from nnabla_influence.choices import METHODS
from nnabla_influence.cli import project_options
from nnabla_influence.cli.main import build_parser
from nnabla_influence.cli.project_options import project_request, score_request, training_overrides
from nnabla_influence.device import Device
from nnabla_influence.errors import ConfigError
from nnabla_influence.execution import Execution
from nnabla_influence.workflow.data_reading import ReadingSettings
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.score import ScoreRequest
from nnabla_influence.workflow.training_overrides import TrainingOverrides


def parsed(*typed):
    return build_parser().parse_args([str(word) for word in typed])


TRAIN = ("train", "--network", "net.nntxt", "--cache", "c.h5")
SCORE = ("score", "--output", "x.csv")


def test_left_out_options_make_the_requests_that_nobody_filled_in():
    """So commands, plugins and Python do the same where nothing is said, if not all with every core.

    A Python user's program may lack the guard that processes need, so there one process decodes.
    """
    everywhere = ReadingSettings(execution=Execution.all_cores())
    assert project_request(parsed(*TRAIN)) == ProjectRequest("net.nntxt", reading=everywhere)
    assert score_request(parsed(*SCORE, "--method", "loss")) == ScoreRequest("loss")
    assert training_overrides(parsed("evaluate", "--network", "n", "--output", "x.csv")) == TrainingOverrides()


def test_options_of_data_and_training_arrive(tmp_path):
    csv = tmp_path / "a.csv"
    csv.touch()
    typed = "--epochs 4 --batch-size 5 --solver adam --learning-rate 0.1 --from-scratch --task regression --crop 2 "
    typed += "--flip --policy sqrt --record-margins --no-average-parameters --seed 9 --device cudnn:1 "
    typed += f"--workers 3 --image-size 8x9 --image-normalization no --data-cache d --train {csv} --validation {csv}"
    builtin = ("train", "--network", "builtin:cnn", "--cache", "c.h5")
    assert project_request(parsed(*builtin, *typed.split()), trained=True) == ProjectRequest(
        "builtin:cnn",
        csv,
        csv,
        9,
        Device("cudnn:1"),
        ReadingSettings((8, 9), False, Path("d"), execution=Execution(3)),
        TrainingOverrides(4, 5, "Adam", 0.1, True, "regression", 2, True, "sqrt", True, False),
        True,
    )


def test_pixels_are_scaled_as_the_project_says_unless_somebody_decides():
    choices = {"auto": None, "yes": True, "no": False}
    for word, normalize in choices.items():
        assert project_request(parsed(*TRAIN, "--image-normalization", word)).reading.normalize is normalize


def test_what_a_method_needs_is_recorded_while_training():
    run = ("run", "--network", "n", "--output", "x.csv")
    assert training_overrides(parsed(*run, "--method", "margin")).record_margins
    assert training_overrides(parsed(*run, "--at", "average")).needs_average
    assert not training_overrides(parsed(*run, "--at", "final")).needs_average


def test_settings_of_methods_arrive_by_the_names_of_their_constructors():
    typed = "--method spectral --lanczos-steps 3 --horizon 2 --subset 7 --at final --batch-norm frozen"
    request = score_request(parsed(*SCORE, *typed.split(), "--seed", "4"))
    assert request.settings == {"lanczos_steps": 3, "horizon": 2, "subset": 7, "at": "final", "batch_norm": "frozen"}
    assert request.seed == 4
    request = score_request(parsed(*SCORE, "--method", "sgd-influence", "--through", "all", "--memory", "1KB"))
    assert request.settings == {"through": "all", "memory": 1024}


def test_every_setting_that_can_be_typed_is_one_of_some_method():
    """`ScoreRequest` refuses what its method lacks, so a wrong name would be refused everywhere."""
    examples = {
        "recursion": "corrected", "batch_norm": "batch", "through": "last", "memory": 1024, "curvature": "ggn",
        "at": "final", "subset": 4, "lanczos_steps": 2, "horizon": 1, "damping": 1.0, "inverse": "cg",
        "iterations": 3, "checkpoints": 1, "objective": "error", "folds": 3, "neighbors": 2, "features": "hidden",
    }  # fmt: skip
    parser = argparse.ArgumentParser()
    project_options.add_scoring_options(parser)
    prefix = project_options.METHOD_SETTING
    typed = {name[len(prefix) :] for name in vars(parser.parse_args([])) if name.startswith(prefix)}
    assert typed == set(examples)
    for name, value in examples.items():
        assert any(_accepts(method, name, value) for method in METHODS), name


def _accepts(method, name, value):
    try:
        ScoreRequest(method, {name: value})
    except ConfigError:
        return False
    return True


def test_epochs_to_train_are_told_from_steps_to_follow():
    assert project_options.epochs("3") == 3
    with pytest.raises(argparse.ArgumentTypeError, match="how many epochs to train, got 'all'.*--through all when"):
        project_options.epochs("all")
    assert score_request(parsed(*SCORE, "--method", "sgd-influence", "--epochs", "all")).settings == {"through": "all"}


@pytest.mark.parametrize("text, name", [("sgd", "Sgd"), ("ADAMW", "AdamW"), ("AMSGRAD", "AMSGRAD")])
def test_solvers_in_any_spelling(text, name):
    assert project_options.solver(text) == name


def test_solvers_are_those_with_an_adjoint():
    from nnabla_influence.training import RULES

    assert set(project_options.SOLVERS) == set(RULES)
    with pytest.raises(argparse.ArgumentTypeError, match="Sgd, Momentum.*got 'Lars'"):
        project_options.solver("Lars")
