"""Read NNabla's network files, ``.nnp`` archives and ``.nntxt`` text, and write archives.

An ``.nnp`` is a zip file with the network as protocol-buffer text (``*.nntxt``) and its parameters (``*.h5`` or
``*.protobuf``); an ``.nntxt`` holds the network alone, or both. Parameters are handed on as NumPy arrays under their
full names, so a layer called ``Affine`` (parameters ``Affine/affine/W``) cannot collide with anything. The text is read
as UTF-8 whatever the locale.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Mapping, Union

import nnabla as nn
import numpy as np
from google.protobuf import text_format
from google.protobuf.message import DecodeError
from nnabla.utils import nnabla_pb2
from nnabla.utils.nnp_format import nnp_version

from ..archives.hdf5_datasets import read_datasets
from ..archives.zip_members import read_members
from ..array import Array
from ..choices import BUILTINS
from ..errors import CorruptFileError, NetworkError, TooLargeError
from ..files import write_bytes_atomic
from ..similar_names import did_you_mean

__all__ = [
    "NNablaMessage",
    "NetworkFile",
    "parse_bytes",
    "parse_text",
    "read_network_file",
    "read_parameters",
    "write_archive",
]

TEXT_SUFFIXES = (".nntxt", ".prototxt")
VALUE_SUFFIXES = (".h5", ".protobuf")
UNIX = 3  # zipfile's number of the system that a file was written on

NNablaMessage = Any
"""A protocol-buffer message of ``nnabla_pb2``, which states no types: a whole file, or one of the sections in it.

A file's sections are networks (with functions and variables), optimizers, monitors, data sets; which of them a
parameter holds stands in its name.
"""


@dataclass(frozen=True)
class NetworkFile:
    """The contents of a network file.

    Args:
        proto: NNabla's message: networks, data sets, optimizers, monitors (no parameters).
        parameters: Parameter values by full name; empty when the file holds none.
        path: Where it came from, for messages.
    """

    proto: NNablaMessage
    parameters: Dict[str, Array]
    path: str


def read_network_file(path: Union[str, Path]) -> NetworkFile:
    """Read an ``.nnp``, ``.nntxt`` or ``.prototxt`` file.

    Raises:
        NetworkError: The file is missing, of another kind, or broken.
    """
    path = Path(path)
    if path.is_dir():
        raise NetworkError(f"'{path}' is a folder. Give the results.nnp or net.nntxt in it.")
    if not path.is_file():
        raise NetworkError(
            f"Network file '{path}' does not exist. Give an .nnp or .nntxt file, or a built-in such as builtin:cnn."
            f"{did_you_mean(f'builtin:{path}', BUILTINS)}"
        )
    if path.suffix.lower() == ".nnp":
        return _read_archive(path)
    if path.suffix.lower() in TEXT_SUFFIXES:
        proto = parse_text(_decoded(path.read_bytes(), path), path)
        return NetworkFile(proto, _take_parameters(proto, str(path)), str(path))
    raise NetworkError(f"Network file '{path}' should end in .nnp or .nntxt, not '{path.suffix}'.")


def read_parameters(path: Union[str, Path]) -> Dict[str, Array]:
    """Read parameter values from a file of their own, ``.h5`` or ``.protobuf``.

    Raises:
        NetworkError: The file is missing, of another kind, or broken.
    """
    path = Path(path)
    if not path.is_file() or path.suffix.lower() not in VALUE_SUFFIXES:
        raise NetworkError(f"Expected a file of parameters ({' or '.join(VALUE_SUFFIXES)}), got '{path}'.")
    return _values(path.read_bytes(), path.name, str(path))


def write_archive(path: Union[str, Path], text: str, parameters: Mapping[str, Array]) -> None:
    """Write an ``.nnp`` as ``nnabla_cli train`` does; the file appears whole or not at all.

    Every parameter is marked ``need_grad``, running statistics too: NNabla's trainer marks all that it draws, and which
    of them train is said by the learning-rate multipliers in the text. Without the mark `nnabla.get_parameters` passes
    over them, and a solver would train nothing. The same arguments give the same bytes.

    Args:
        path: The archive.
        text: The network as protocol-buffer text.
        parameters: Values by full name, in NNabla's order (`Network.parameter_names`).
    """
    variables = {name: nn.Variable.from_numpy_array(value, need_grad=True) for name, value in parameters.items()}
    # In memory: on a full disk HDF5 and the ZIP writer raise errors of their own, or take the process down.
    values = io.BytesIO()
    nn.save_parameters(values, variables, extension=".h5")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(_timeless("nnp_version.txt"), f"{nnp_version()}\n")
        archive.writestr(_timeless("net.nntxt"), text.encode("utf-8"))
        archive.writestr(_timeless("parameter.h5"), values.getvalue())
    write_bytes_atomic(path, packed.getbuffer())


def _timeless(name: str) -> zipfile.ZipInfo:
    """Return the entry of a file in an archive, without the time and place at which it was written."""
    entry = zipfile.ZipInfo(name)
    entry.create_system = UNIX  # else it tells on which system it was written
    return entry


def parse_text(text: str, path: Union[str, Path]) -> NNablaMessage:
    """Parse NNabla's protocol-buffer text.

    Raises:
        NetworkError: The text is not such a message; the parser's line and column are named.
    """
    proto = nnabla_pb2.NNablaProtoBuf()
    try:
        text_format.Merge(text, proto)
    except text_format.ParseError as error:
        raise NetworkError(
            f"'{path}' is not a readable NNabla network (line:column: {error}). Save it again."
        ) from error
    return proto


def parse_bytes(data: bytes) -> NNablaMessage:
    """Return the message that `SerializeToString` made bytes of."""
    proto = nnabla_pb2.NNablaProtoBuf()
    proto.ParseFromString(data)
    return proto


def _decoded(data: bytes, path: Union[str, Path]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NetworkError(f"'{path}' is not UTF-8 text ({error}). Save it again as UTF-8.") from error


def _read_archive(path: Path) -> NetworkFile:
    """Read an archive without NNabla's own reader, which unpacks whatever there is and follows links."""
    try:
        members = read_members(path, lambda name: name.lower().endswith((*TEXT_SUFFIXES, *VALUE_SUFFIXES)))
    except (CorruptFileError, TooLargeError) as error:
        raise NetworkError(f"'{path}' is not a readable .nnp archive: {error}. Save the network again.") from error
    proto = nnabla_pb2.NNablaProtoBuf()
    parameters: Dict[str, Array] = {}
    for name, data in members.items():
        inside = f"{path}!{name}"
        if name.lower().endswith(TEXT_SUFFIXES):
            message = parse_text(_decoded(data, inside), inside)
            parameters.update(_take_parameters(message, inside))
            proto.MergeFrom(message)
        else:
            parameters.update(_values(data, name, inside))
    if not proto.network:
        raise NetworkError(f"'{path}' holds no network (*.nntxt) beside its parameters.")
    return NetworkFile(proto, parameters, str(path))


def _values(data: bytes, name: str, path: str) -> Dict[str, Array]:
    """Read the parameter values of an archive's member.

    Raises:
        NetworkError: It is broken.
    """
    try:
        if name.lower().endswith(".protobuf"):
            return _take_parameters(nnabla_pb2.NNablaProtoBuf.FromString(data), path)
        with np.errstate(over="ignore"):  # becomes infinite, and is refused by its name
            return {key: np.asarray(value, np.float32) for key, value in read_datasets(data).items()}
    except (CorruptFileError, TooLargeError, DecodeError) as error:
        raise NetworkError(f"'{path}' holds no readable parameters: {error}. Save the network again.") from error


def _take_parameters(proto: NNablaMessage, path: str) -> Dict[str, Array]:
    """Move parameter values out of the message.

    Raises:
        NetworkError: A parameter has another number of values than its shape says.
    """
    values = {}
    for parameter in proto.parameter:
        shape = tuple(parameter.shape.dim)
        if min(shape, default=1) < 0 or math.prod(shape) != len(parameter.data):
            raise NetworkError(
                f"'{path}': parameter '{parameter.variable_name}' should have the values of shape {shape}, but there "
                f"are {len(parameter.data):,}. Save the network again."
            )
        values[parameter.variable_name] = np.array(parameter.data, np.float32).reshape(shape)
    del proto.parameter[:]  # the message is kept as text and hashed; values have no place in either
    return values
