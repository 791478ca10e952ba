"""What a file declares must fit this machine before anything is built."""

import pytest

from nnabla_influence.errors import InfluenceError, NetworkError, TooLargeError
from nnabla_influence.network import Network, declared_size
from nnabla_influence.network.nnp import parse_text


def network(lines):
    return parse_text(f'network {{ name: "net" {lines} }}', "x").network


def variable(name, *shape, kind="Buffer", loop=""):
    dims = " ".join(f"dim: {size}" for size in shape)
    return f'variable {{ name: "{name}" type: "{kind}" {loop} shape {{ {dims} }} }} '


@pytest.fixture
def needed(monkeypatch):
    """``needed(lines)``: the bytes that are asked for, and what for."""
    asked = []
    monkeypatch.setattr(declared_size, "require_memory", lambda count, work: asked.append((count, work)))

    def ask(lines):
        declared_size.require_buildable(network(lines), "net.nntxt")
        return asked.pop()

    return ask


def test_the_largest_variable_counts_once_a_parameter_twice(needed):
    count, work = needed(variable("x", -1, 100) + variable("W", 10, 3, kind="Parameter"))
    assert count == 400 and "'net.nntxt'" in work and "'x' (-1, 100)" in work
    assert needed(variable("x", -1, 10) + variable("W", 10, 3, kind="Parameter"))[0] == 2 * 4 * 30


def test_loops_multiply(needed):
    loop = 'repeat_info { id: "L" times: 7 } '
    assert needed(loop + variable("W", 5, kind="Parameter", loop='repeat_id: "L"'))[0] == 2 * 4 * 5 * 7


def test_a_loop_that_turns_too_often_is_refused():
    loop = 'repeat_info { id: "L" times: 1000000000 } function { name: "f" type: "ReLU" repeat_id: "L" }'
    with pytest.raises(
        NetworkError, match="'a': expected at most 100,000 layers in network 'net' .* got 1,000,000,000"
    ):
        declared_size.require_buildable(network(loop), "a")


@pytest.mark.parametrize("old, new", [("dim: 16", "dim: 1000000000000"), ("dim: 64", "dim: 9000000000000000000")])
def test_an_absurd_shape_is_named_before_nnabla_makes_room(tmp_path, text, old, new):
    path = tmp_path / "net.nntxt"
    assert old in text()
    path.write_text(text().replace(old, new))
    with pytest.raises(
        TooLargeError, match=r"net.nntxt', whose largest variable is '.*memory of this machine"
    ) as caught:
        Network.load(path)
    assert isinstance(caught.value, InfluenceError) and caught.value.exit_code == 2
