"""The machine's memory: known, bounded by its container, and never promised away."""

import pytest

from nnabla_influence import machine_memory as module
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import TooLargeError
from nnabla_influence.machine_memory import machine_memory, readable_bytes, require_memory
from nnabla_influence.remedies import remedy


def test_this_machine_has_some():
    assert 2**27 < machine_memory() < 2**50


def test_a_container_bounds_it(tmp_path, monkeypatch):
    for text, limit in (("1000000\n", 1000000), ("max\n", None)):
        (tmp_path / "memory.max").write_text(text)
        assert module._container([tmp_path / "none", tmp_path / "memory.max"]) == limit
    monkeypatch.setattr(module, "_container", lambda files: 5000)
    assert machine_memory() == 5000


def test_what_does_not_fit_is_refused_with_what_lowers_it(monkeypatch):
    monkeypatch.setattr(module, "machine_memory", lambda: 2**30)
    require_memory(2**30, "it")
    with pytest.raises(
        TooLargeError, match="Expected it to fit the 1.0 GiB of memory of this machine.* 80.0 GiB"
    ) as caught:
        require_memory(80 * 2**30, "it", remedy("resize-images"))
    assert caught.value.said(IN_COMMANDS).endswith("--image-size HxW.")


def test_a_system_that_does_not_say_refuses_nothing(monkeypatch):
    monkeypatch.setattr(module, "machine_memory", lambda: None)
    require_memory(2**80, "it")


@pytest.mark.parametrize(
    "count, text", [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (2**60, "1,048,576.0 TiB")]
)
def test_bytes_are_written_for_people(count, text):
    assert readable_bytes(count) == text
