"""What a pass forwards keeps of each function for the way back."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional

from ..tangent.dual import Dual
from ..tangent.node import Node

__all__ = ["Kept", "Pull"]


class Kept(NamedTuple):
    """The values of one function of a graph, and their tangents if the way back is to move.

    Args:
        inputs: Of its inputs. One that a later function could overwrite is not there for the layers that allow that.
        output: Of its first output.
        wanted: Of which inputs the cotangent is asked for.
        ends: Which inputs are parameters: of their cotangents a way back that moves needs the tangents alone.
    """

    inputs: List[Dual]
    output: Dual
    wanted: List[bool]
    ends: List[bool]


Pull = Callable[[Node, Kept, Dual], List[Optional[Dual]]]
"""``pull(node, kept, cotangent of the output)`` -> cotangents of the inputs, None where not wanted or zero.

With J the function's derivative, the tangent of its output is ``J dx``, and the cotangent of its input ``J' c``. Where
the kept values have tangents, so have the cotangents: ``d(J' c) = dJ' c + J' dc``, with which second derivatives come
in.
"""
