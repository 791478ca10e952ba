"""The options that say which network, and what its file does not say itself."""

import argparse

import pytest

from nnabla_influence.cli.main import build_parser
from nnabla_influence.cli.network_options import column_of_input
from nnabla_influence.cli.project_options import project_request
from nnabla_influence.network import StatedRoles

TRAIN = ("train", "--network", "net.nntxt", "--cache", "c.h5")


def test_loss_inputs_and_parameters_are_stated_of_a_file(tmp_path):
    values = tmp_path / "p.h5"
    values.touch()
    typed = ("--input", "a=b=x", "target=y", "--loss", "loss", "--learning-rate", "0.1", "--parameters", values)
    assert project_request(build_parser().parse_args([str(word) for word in (*TRAIN, *typed)])).stated == StatedRoles(
        {"a=b": "x", "target": "y"}, "loss", values
    )
    for text in ("x", "=x", "a="):
        with pytest.raises(argparse.ArgumentTypeError, match="expected VARIABLE=COLUMN"):
            column_of_input(text)
