"""Network files: what is read, and what is refused by name."""

import time
import tracemalloc
import zipfile
from collections import OrderedDict

import h5py
import nnabla as nn
import numpy as np
import pytest

from nnabla_influence.errors import NetworkError
from nnabla_influence.network import Network, write_archive
from nnabla_influence.network.nnp import parse_text, read_network_file


@pytest.mark.parametrize("kind", [".h5", ".protobuf"])
def test_every_parameter_is_read_under_its_full_name(archive, values, kind):
    network = Network.load(archive(values, kind))
    found = network.space.unflatten(network.theta)
    assert network.trained and set(found) == set(values)
    assert all(np.array_equal(found[name], values[name]) for name in values)


def test_a_folder_with_spaces_and_japanese_characters(archive, values, tmp_path):
    (tmp_path / "結果 1").mkdir()
    path = archive(values).rename(tmp_path / "結果 1" / "学習 結果.nnp")
    assert Network.load(path).path == str(path)


def test_a_text_file_is_not_trained_and_is_drawn_with_the_seed(tmp_path, text):
    path = tmp_path / "net.nntxt"
    path.write_bytes(b"\xef\xbb\xbf" + text().encode("utf-8"))  # some editors write a BOM
    first, again, other = Network.load(path), Network.load(path, seed=0), Network.load(path, seed=1)
    assert not first.trained
    assert np.array_equal(first.theta, again.theta) and not np.allclose(first.theta, other.theta)


def test_a_text_file_may_hold_parameters_too(tmp_path, text, values):
    path = tmp_path / "net.prototxt"
    parameters = "".join(
        f'parameter {{ variable_name: "{name}" shape {{ {" ".join(f"dim: {d}" for d in value.shape)} }} '
        + " ".join(f"data: {number:.9g}" for number in value.ravel())
        + " }\n"
        for name, value in values.items()
    )
    path.write_text(text() + parameters, encoding="utf-8")
    file = read_network_file(path)
    assert len(file.proto.parameter) == 0, "values are kept apart from the structure"
    assert all(np.array_equal(file.parameters[name], values[name]) for name in values)
    assert Network.load(path).trained


def test_what_is_written_can_be_trained_by_nnabla(tmp_path, text, values):
    """`nn.get_parameters` passes over a parameter that is not marked as one that needs a gradient."""
    write_archive(tmp_path / "results.nnp", text(), values)
    scope = OrderedDict()
    with nn.parameter_scope("", scope):
        nn.load_parameters(str(tmp_path / "results.nnp"))
        assert set(nn.get_parameters()) == set(values)
    assert all(
        np.array_equal(read_network_file(tmp_path / "results.nnp").parameters[name], values[name]) for name in values
    )


def test_the_bytes_do_not_depend_on_the_time(tmp_path, text, values, monkeypatch):
    first, second = tmp_path / "first.nnp", tmp_path / "second.nnp"
    write_archive(first, text(), values)
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)  # from here zipfile takes the time of a member
    write_archive(second, text(), values)
    assert first.read_bytes() == second.read_bytes()


# --- refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("none.nnp", None, "'.*none.nnp' does not exist.*builtin:cnn"),
        ("net.onnx", b"", "should end in .nnp or .nntxt, not '.onnx'"),
        ("broken.nnp", b"PK no zip", "not a readable .nnp archive.*Save the network again"),
        ("broken.nntxt", b"network {\n  nam: 3\n}", r"not a readable NNabla network \(line:column: 2:3"),
        ("sjis.nntxt", 'network { name: "学習" }'.encode("cp932"), "not UTF-8.*Save it again as UTF-8"),
        ("empty.nntxt", b"", "no optimizer section"),
    ],
)
def test_files_that_are_no_networks(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(NetworkError, match=message):
        Network.load(tmp_path / name)


def test_a_folder_is_no_network_file(tmp_path):
    with pytest.raises(NetworkError, match="is a folder. Give the results.nnp or net.nntxt in it"):
        Network.load(tmp_path)


def test_an_archive_without_a_network(archive, values):
    with pytest.raises(NetworkError, match="holds no network"):
        Network.load(archive(values, network=""))


def test_parse_errors_name_the_file():
    with pytest.raises(NetworkError, match="'my.nntxt'"):
        parse_text("?", "my.nntxt")


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_parameter_that_is_not_finite_is_named(archive, values, broken):
    name = sorted(values)[0]
    values[name] = values[name].copy()
    values[name].flat[-1] = broken
    with pytest.raises(NetworkError, match=rf"\.nnp': 1 of .* not finite, the first \({broken}\) in .*'{name}'"):
        Network.load(archive(values))


# --- of strangers -------------------------------------------------------------------------------------------------


def zipped(path, *members):
    with zipfile.ZipFile(str(path), "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


def hdf5(path, make):
    with h5py.File(str(path), "w") as file:
        make(file)
    return path.read_bytes()


def refused(path):
    with pytest.raises(NetworkError) as caught:
        Network.load(path)
    message = str(caught.value)
    assert message.startswith(f"'{path}") and "\n" not in message
    return message


def test_an_archive_that_fills_the_memory_is_refused_before_it_is_unpacked(tmp_path, text):
    bomb = zipped(tmp_path / "bomb.nnp", ("network.nntxt", text()), ("parameter.h5", bytes(200 << 20)))
    assert bomb.stat().st_size < 1 << 20
    tracemalloc.start()
    message = refused(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "'parameter.h5' to unpack to at most 100 times" in message and "209,715,200" in message
    assert peak < 20 << 20


@pytest.mark.parametrize(
    "make, message",
    [
        (
            lambda file: file.create_dataset("a", shape=(9,), dtype="u1", external=[("/etc/passwd", 0, 9)]),
            "another file",
        ),
        (lambda file: file.update({"a": h5py.ExternalLink("/etc/passwd", "/")}), "'a', a link"),
        (lambda file: file.create_dataset("a", shape=(10**12,), dtype="f4", chunks=(9,)), "4,000,000,000,000 bytes"),
        (lambda file: file.create_dataset("a", data="text"), "got the type object"),
    ],
)
def test_parameters_that_are_no_numbers_in_this_file(tmp_path, text, make, message):
    values = hdf5(tmp_path / "parameter.h5", make)
    found = refused(zipped(tmp_path / "a.nnp", ("network.nntxt", text()), ("parameter.h5", values)))
    assert message in found and found.endswith("Save the network again.")


def test_broken_parameters(tmp_path, text):
    for name in ("parameter.h5", "parameter.protobuf"):
        message = refused(zipped(tmp_path / "a.nnp", ("network.nntxt", text()), (name, b"\xff" * 100)))
        assert f"a.nnp!{name}' holds no readable parameters" in message


@pytest.mark.parametrize("shape", [(10**12,), (-1,), (2**40, 2**40)])
def test_a_declared_shape_is_checked_against_the_values(tmp_path, text, shape):
    dims = " ".join(f"dim: {size}" for size in shape)
    lines = f'parameter {{ variable_name: "a" shape {{ {dims} }} data: 1 data: 2 }}'
    path = tmp_path / "net.nntxt"
    path.write_text(text() + lines)
    assert f"should have the values of shape {shape}, but there are 2" in refused(path)
