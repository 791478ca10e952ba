"""``J v`` by forward mode: exact, from one pass over the network; see `tangent.TangentPass`.

The same pass keeps what the way back needs, so ``J' c`` costs no second pass forwards; see `pull.PullBack`.
"""

from __future__ import annotations

from functools import partial
from typing import Optional

from ..array import Array
from ..errors import UnsupportedError
from .output_tangents import MovingOutputs, OutputTangents
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph
from .pull import PullBack
from .tangent import TangentPass, Tape

__all__ = ["ForwardTangents"]


class ForwardTangents(OutputTangents):
    """Tangents by the rules of calculus.

    Args:
        network: The built network with its parameters, without random layers.

    Raises:
        UnsupportedError: A layer has no rule; it is named.
    """

    def __init__(self, network: ParameterizedGraph) -> None:
        super().__init__(network)
        self._pass = TangentPass(network.graph, self.outputs, network.space, network.buffers)
        self._back: Optional[PullBack] = None
        try:
            self._back = PullBack(self._pass)
        except UnsupportedError:
            pass  # NNabla's backward pass does it, which takes longer and is as right

    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> MovingOutputs:
        """See `OutputTangents.run`."""
        self.network.start_layers(point)
        tape: Optional[Tape] = None if self._back is None else Tape()
        predictions, tangents = zip(*self._pass.run(point.theta, batch, direction, tape))
        if self._back is None or tape is None:
            return MovingOutputs(list(predictions), list(tangents))
        return MovingOutputs(list(predictions), list(tangents), partial(self._back.run, tape))
