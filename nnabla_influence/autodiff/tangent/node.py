"""One function of NNabla's graph, as the rules of the forward mode see it."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Tuple, Union

from .buffers import Buffers
from .dual import Dual

__all__ = ["Node", "Rule"]


class Node(NamedTuple):
    """One function of a graph.

    Args:
        kind: NNabla's type of it, e.g. ``Convolution``.
        arguments: NNabla's arguments of it.
        input_shapes: Of its inputs.
        output_shapes: Of its outputs.
        buffers: Memory to compute in.
    """

    kind: str
    arguments: Dict[str, Any]
    input_shapes: List[Tuple[int, ...]]
    output_shapes: List[Tuple[int, ...]]
    buffers: Buffers


Rule = Callable[..., Union[Dual, List[Dual]]]
"""``rule(node, *inputs)`` -> its output, or a list of them.

The axes of every array are NNabla's. How they lie in memory is free: convolutions leave the channels last, and
layers that work element by element keep it so.
"""
