"""The types of command-line values: what they accept, and what they say otherwise."""

import argparse

import pytest

from nnabla_influence.cli import options, project_options
from nnabla_influence.errors import ConfigError, OutputExistsError
from nnabla_influence.execution import Execution


@pytest.mark.parametrize(
    "kind, text, value",
    [
        (options.positive_int, "3", 3),
        (options.non_negative_int, "0", 0),
        (options.positive_float, "1e-3", 1e-3),
        (options.rate, "0", 0.0),
        (options.rate, "1", 1.0),
        (options.image_size, "28x32", (28, 32)),
        (options.image_size, "8X8", (8, 8)),
    ],
)
def test_accepted(kind, text, value):
    assert kind(text) == value


@pytest.mark.parametrize(
    "kind, text, expected",
    [
        (options.positive_int, "0", "a whole number of at least 1"),
        (options.positive_int, "2.5", "a whole number of at least 1"),
        (options.non_negative_int, "-1", "a whole number of at least 0"),
        (options.positive_float, "0", "a number greater than 0"),
        (options.positive_float, "inf", "a number greater than 0"),
        (options.positive_float, "much", "a number greater than 0"),
        (options.rate, "10%", "a share from 0 to 1"),
        (options.rate, "1.1", "a share from 0 to 1"),
        (options.rate, "nan", "a share from 0 to 1"),
        (options.image_size, "28", "HEIGHTxWIDTH"),
        (options.image_size, "0x28", "HEIGHTxWIDTH"),
        (options.image_size, "28x28x3", "HEIGHTxWIDTH"),
    ],
)
def test_refused_with_what_was_expected_and_what_arrived(kind, text, expected):
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        kind(text)
    assert expected in str(caught.value) and f"'{text}'" in str(caught.value)


def test_files(tmp_path):
    path = tmp_path / "a.csv"
    assert options.output_file(str(path)) == path
    with pytest.raises(argparse.ArgumentTypeError, match="there is none at"):
        options.existing_file(str(path))
    path.touch()
    assert options.existing_file(str(path)) == path
    for kind in (options.existing_file, options.output_file):
        with pytest.raises(argparse.ArgumentTypeError, match="the folder"):
            kind(str(tmp_path))


def test_common_options():
    parser = argparse.ArgumentParser()
    options.add_common(parser)
    assert vars(parser.parse_args([])) == {"seed": 0, "device": "cpu", "quiet": False, "verbose": False}


def test_an_output_must_not_be_an_input(tmp_path):
    path, link = tmp_path / "a.csv", tmp_path / "link.csv"
    options.check_output(path, path, None, "builtin:mlp")  # what does not exist cannot be harmed
    path.touch()
    link.symlink_to(path)
    options.check_output(path, None, "builtin:mlp", tmp_path / "other.csv")
    for same in (str(path), tmp_path / "folder" / ".." / "a.csv", link):
        (tmp_path / "folder").mkdir(exist_ok=True)
        with pytest.raises(OutputExistsError, match="got one that is read"):
            options.check_output(path, None, same)


@pytest.mark.parametrize("text, name", [("sgd", "Sgd"), ("ADAMW", "AdamW"), ("AMSGRAD", "AMSGRAD")])
def test_solvers_in_any_spelling(text, name):
    assert project_options.solver(text) == name


def test_solvers_are_those_with_an_adjoint():
    from nnabla_influence.training import RULES

    assert set(project_options.SOLVERS) == set(RULES)
    with pytest.raises(argparse.ArgumentTypeError, match="Sgd, Momentum.*got 'Lars'"):
        project_options.solver("Lars")


def test_workers_and_scheduler_say_where_jobs_run():
    parser = argparse.ArgumentParser()
    options.add_execution(parser)
    assert options.execution(parser.parse_args([])) == Execution()
    assert options.execution(parser.parse_args(["--workers", "3"])) == Execution(workers=3)
    with pytest.raises(ConfigError, match="'nowhere'"):
        options.execution(parser.parse_args(["--scheduler", "nowhere"]))
