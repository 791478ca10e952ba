"""The types of command-line values: what they accept, and what they say otherwise."""

import argparse

import pytest

from nnabla_influence.cleansing import Count, Share
from nnabla_influence.cli import options
from nnabla_influence.errors import ConfigError
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
        (options.byte_size, "512MB", 512 * 2**20),
        (options.byte_size, "2g", 2 * 2**30),
        (options.byte_size, "7", 7),
        (options.amount, "100", Count(100)),
        (options.amount, "2%", Share(0.02)),
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
        (options.byte_size, "much", "a size such as 512MB or 2GB"),
        (options.byte_size, "0MB", "a size such as 512MB or 2GB"),
        (options.amount, "many", "a number of samples or a share, e.g. 100 or 2%"),
        (options.amount, "120%", "a number of samples or a share, e.g. 100 or 2%"),
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


def test_workers_and_scheduler_say_where_jobs_run():
    parser = argparse.ArgumentParser()
    options.add_execution(parser)
    assert options.execution(parser.parse_args([])) == Execution()
    assert options.execution(parser.parse_args(["--workers", "3"])) == Execution(workers=3)
    with pytest.raises(ConfigError, match="'nowhere'"):
        options.execution(parser.parse_args(["--scheduler", "nowhere"]))


@pytest.mark.parametrize("text", ["n" * 5000, "a/" * 5000 + "b"])
@pytest.mark.parametrize("read", [options.existing_file, options.output_file])
def test_a_path_that_the_system_cannot_look_at_is_refused_in_one_line(read, text):
    with pytest.raises(argparse.ArgumentTypeError, match="expected the name of a file, got '") as refused:
        read(text)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "given, expected",
    [
        ([], Execution.all_cores()),
        (["--workers", "1"], Execution()),
        (["--workers", "3"], Execution(workers=3)),
        (["--device", "cudnn"], Execution()),  # one GPU is not for several processes
        (["--device", "cudnn", "--workers", "2"], Execution(workers=2)),
    ],
    ids=str,
)
def test_a_scoring_uses_all_cores_once_that_pays_or_as_many_as_are_asked_for_at_once(given, expected):
    parser = argparse.ArgumentParser()
    options.add_scoring_workers(parser)
    options.add_device(parser)
    assert options.scoring_execution(parser.parse_args(given)) == expected


def test_a_scoring_on_a_cluster_needs_its_address_alone():
    parser = argparse.ArgumentParser()
    options.add_scoring_workers(parser)
    options.add_device(parser)
    for given in (["--scheduler", "nowhere"], ["--scheduler", "tcp://host:8786", "--workers", "2"]):
        with pytest.raises(ConfigError, match="'nowhere'|Give one of the two"):
            options.scoring_execution(parser.parse_args(given))
