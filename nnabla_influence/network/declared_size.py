"""The least memory a network needs, by the shapes its file declares: looked at before NNabla makes room for them.

A file may declare any shape, and a loop any number of turns. Parameters exist twice at least (their value and their
gradient), every other variable once for each sample.
"""

from __future__ import annotations

import math
from typing import Dict, Sequence, Tuple

from ..errors import NetworkError
from ..machine_memory import require_memory
from .nnp import NNablaMessage

__all__ = ["require_buildable"]

BYTES = 4  # float32
MOST_LAYERS = 100_000  # after loops are expanded; NNabla takes a second for a thousand of them


def require_buildable(networks: Sequence[NNablaMessage], path: str) -> None:
    """Refuse networks whose declared variables do not fit this machine, or whose loops have too many layers.

    Raises:
        TooLargeError: They do not fit; the largest variable is named.
        NetworkError: A loop turns too often, or a shape is negative.
    """
    for network in networks:
        turns = {info.id: max(1, info.times) for info in network.repeat_info}
        layers = sum(_turns(function, turns) for function in network.function)
        if layers > MOST_LAYERS:
            raise NetworkError(
                f"'{path}': expected at most {MOST_LAYERS:,} layers in network '{network.name}' with its loops, got "
                f"{layers:,}. Save it with fewer turns."
            )
        _require_room(network, turns, path)


def _require_room(network: NNablaMessage, turns: Dict[str, int], path: str) -> None:
    sizes = {variable.name: _bytes(variable, turns) for variable in network.variable}
    if sizes:
        name, largest = max(sizes.items(), key=_size)
        shape = next(tuple(variable.shape.dim) for variable in network.variable if variable.name == name)
        work = f"'{path}', whose largest variable is '{name}' {shape},"
        require_memory(max(largest, sum(_parameters(network, sizes))), work)


def _size(item: Tuple[str, int]) -> int:
    return item[1]


def _parameters(network: NNablaMessage, sizes: Dict[str, int]) -> Sequence[int]:
    return [2 * sizes[variable.name] for variable in network.variable if variable.type == "Parameter"]


def _bytes(variable: NNablaMessage, turns: Dict[str, int]) -> int:
    """Return the bytes of a variable for one sample; -1 stands for the batch axis."""
    numbers: int = math.prod(abs(size) for size in variable.shape.dim)
    return BYTES * numbers * _turns(variable, turns)


def _turns(part: NNablaMessage, turns: Dict[str, int]) -> int:
    return math.prod(turns.get(name, 1) for name in part.repeat_id)
