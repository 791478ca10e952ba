"""The way back over a graph whose values a pass forwards has kept: ``J' c`` for cotangents c of its outputs.

It computes what NNabla's backward pass computes, from values that are there already, with the same products of
matrices as the forward mode.
"""

from __future__ import annotations

import math
from typing import Dict, List, Sequence

import nnabla as nn
import numpy as np

from ...array import Array
from ...errors import UnsupportedError
from ..tangent import TangentPass
from ..tangent.tangent_pass import Tape
from .kept import Kept
from .pull_registry import PULLS

__all__ = ["PullBack"]


class PullBack:
    """The way back of a pass.

    Args:
        forwards: The pass.

    Raises:
        UnsupportedError: A function that a moving parameter leads to has no pull; it is named.
    """

    def __init__(self, forwards: TangentPass) -> None:
        self._forwards = forwards
        for step in forwards.steps:
            if any(step.moves) and step.node.kind not in PULLS:
                raise UnsupportedError(f"There is no way back through a layer of this network ({step.node.kind}).")

    def run(self, tape: Tape, seeds: Sequence[Array]) -> Array:
        """Compute ``J' c``.

        Args:
            tape: What the pass has kept.
            seeds: c, in the shapes of the outputs.

        Returns:
            (P,), float64.
        """
        cotangents: Dict[nn.Variable, Array] = {}
        for variable, seed in zip(self._forwards.outputs, seeds):
            _add(cotangents, variable, seed.astype(np.float32))
        for step, (inputs, outputs) in zip(reversed(self._forwards.steps), reversed(tape)):
            cotangent = cotangents.pop(step.outputs[0], None)
            if cotangent is not None and any(step.moves):
                with np.errstate(all="ignore"):  # what is not finite is handed on, as NNabla does
                    arrays = PULLS[step.node.kind](step.node, Kept(inputs, outputs[0], step.moves), cotangent)
                for variable, moves, array in zip(step.inputs, step.moves, arrays):
                    if moves and array is not None:
                        _add(cotangents, variable, array)
        return self._flat(cotangents)

    def _flat(self, cotangents: Dict[nn.Variable, Array]) -> Array:
        space = self._forwards.space
        by_name = {
            name: cotangents[variable] for variable, name in self._forwards.names.items() if variable in cotangents
        }
        parts: List[Array] = [
            by_name[name].astype(np.float64).ravel() if name in by_name else np.zeros(math.prod(shape))
            for name, shape in zip(space.names, space.shapes)
        ]
        return np.concatenate(parts)


def _add(cotangents: Dict[nn.Variable, Array], variable: nn.Variable, array: Array) -> None:
    """Add to what other readers of a variable have found."""
    cotangents[variable] = cotangents[variable] + array if variable in cotangents else array
