"""Read NNabla's network files, ``.nnp`` archives and ``.nntxt`` text, and write archives.

An ``.nnp`` is a zip file with the network as protocol-buffer text (``*.nntxt``) and its parameters (``*.h5`` or
``*.protobuf``); an ``.nntxt`` holds the network alone, or both. Parameters are loaded into a private scope and handed
on as NumPy arrays under their full names, so a layer called ``Affine`` (parameters ``Affine/affine/W``) cannot
collide with anything. The text is read as UTF-8 whatever the locale.
"""

from __future__ import annotations

import shutil
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Mapping, Union

import nnabla as nn
import numpy as np
from google.protobuf import text_format
from nnabla.utils import nnabla_pb2
from nnabla.utils.nnp_format import nnp_version

from ..array import Array
from ..choices import BUILTINS
from ..errors import NetworkError
from ..files import atomic_path
from ..similar_names import did_you_mean

__all__ = ["NNablaMessage", "NetworkFile", "parse_text", "read_network_file", "write_archive"]

TEXT_SUFFIXES = (".nntxt", ".prototxt")
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
        return NetworkFile(proto, _take_parameters(proto), str(path))
    raise NetworkError(f"Network file '{path}' should end in .nnp or .nntxt, not '{path.suffix}'.")


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
    with atomic_path(path) as temporary:
        values = temporary.with_suffix(".h5")
        try:
            nn.save_parameters(str(values), variables)
            with zipfile.ZipFile(temporary, "w") as archive:
                archive.writestr(_timeless("nnp_version.txt"), f"{nnp_version()}\n")
                archive.writestr(_timeless("net.nntxt"), text.encode("utf-8"))
                with archive.open(_timeless("parameter.h5", values.stat().st_size), "w") as target:
                    with open(values, "rb") as source:
                        shutil.copyfileobj(source, target)
        finally:
            if values.exists():
                values.unlink()


def _timeless(name: str, size: int = 0) -> zipfile.ZipInfo:
    """Return the entry of a file in an archive, without the time and place at which it was written."""
    entry = zipfile.ZipInfo(name)
    entry.file_size = size  # zipfile chooses its format for large files by it
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


def _decoded(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NetworkError(f"'{path}' is not UTF-8 text ({error}). Save it again as UTF-8.") from error


def _read_archive(path: Path) -> NetworkFile:
    proto = nnabla_pb2.NNablaProtoBuf()
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.lower().endswith(TEXT_SUFFIXES):
                    proto.MergeFrom(parse_text(_decoded(archive.read(name), path), f"{path}!{name}"))
    except zipfile.BadZipFile as error:
        raise NetworkError(f"'{path}' is not a readable .nnp archive ({error}); save the network again.") from error
    if not proto.network:
        raise NetworkError(f"'{path}' holds no network (*.nntxt) beside its parameters.")
    parameters = _take_parameters(proto)
    scope: OrderedDict[str, nn.Variable] = OrderedDict()  # private: names cannot meet those of another network
    with nn.parameter_scope("", scope):
        nn.load_parameters(str(path))
        loaded = nn.get_parameters(grad_only=False)
    parameters.update({name: np.array(variable.d, np.float32) for name, variable in loaded.items()})
    return NetworkFile(proto, parameters, str(path))


def _take_parameters(proto: NNablaMessage) -> Dict[str, Array]:
    """Move parameter values out of the message."""
    values = {p.variable_name: np.array(p.data, np.float32).reshape(tuple(p.shape.dim)) for p in proto.parameter}
    del proto.parameter[:]  # the message is kept as text and hashed; values have no place in either
    return values
