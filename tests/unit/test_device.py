"""Devices are chosen loudly and change nothing global."""

import sys

import nnabla as nn
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.device import Device
from nnabla_influence.errors import ConfigError, MissingExtraError


@pytest.mark.parametrize("name", ["gpu", "cpu:0", "cudnn:x", ""])
def test_a_device_that_does_not_exist_is_refused(name):
    with pytest.raises(ConfigError, match="cpu, cuda, cudnn"):
        Device(name)


def test_the_scope_is_left_as_it_was_found():
    before = str(nn.get_current_context())
    with Device("cpu").scope():
        assert "cpu:float" in nn.get_current_context().backend
    assert str(nn.get_current_context()) == before


def test_a_missing_cuda_extension_says_what_to_install():
    try:
        import nnabla_ext.cudnn  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match=r"nnabla-influence\[cuda120\]") as refused:
            Device("cudnn:1").context()
        said = refused.value.said(IN_COMMANDS)
        assert said.endswith('for example pip install "nnabla-influence[cuda120]", or use --device cpu.')


def test_what_nnabla_cannot_have_is_not_searched_for_whenever_an_array_is_read(monkeypatch):
    searched = []

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            searched.append(name)

    array = nn.NdArray((2, 3))
    array.zero()
    _ = array.data  # what can be found is found the first time
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    assert array.data.shape == (2, 3) and not searched
