"""``J v`` by a central difference of the predictions along v, whose mean also serves as the prediction.

A large step crosses kinks (ReLU, max pooling) and sees curvature, a small one drowns in float32. Relative error of
Gauss-Newton products ``G v`` made of it against double backward, by the step's length relative to the parameters':

=====================================================  =====  =====  =====  =====  =====
network, direction v                                   1e-2   1e-3   3e-4   1e-4   1e-5
=====================================================  =====  =====  =====  =====  =====
15 small networks of the tests, random v, the worst    .021   .0076  .0004  .0019  .033
builtin:mlp on digits (ReLU), loss gradient            .0060  .0017  .0012  .0001  .0002
builtin:cnn on digits (ReLU, max pooling), random v    .0067  .0005  .0003  .0012  .0044
builtin:cifarnet (batch norm), loss gradient           .081   .0057  .0029  .0019  .0013
builtin:cifarnet, random v                             .044   .016   .025   .055   .091
=====================================================  =====  =====  =====  =====  =====

3e-4 is the one that stays within 1e-2 for smooth networks, 3e-2 with batch normalisation, and 3e-3 in all directions
that matter here: gradients, and products of G with them.
"""

from __future__ import annotations

from typing import List

import numpy as np

from ..array import Array
from .output_tangents import MovingOutputs, OutputTangents
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph

__all__ = ["DIFFERENCE", "DifferenceTangents"]

# Step of central differences, relative to the length of the parameters; see the table above.
DIFFERENCE = 3e-4


class DifferenceTangents(OutputTangents):
    """Tangents by two forward passes.

    Args:
        network: The built network with its parameters.
        relative: The step relative to the length of the parameters, because that is what float32 resolves.
    """

    def __init__(self, network: ParameterizedGraph, relative: float = DIFFERENCE) -> None:
        super().__init__(network)
        self._relative = relative
        for variable in self.outputs:
            variable.persistent = True  # else a forward pass clears them

    def run(self, point: EvaluationPoint, batch: Batch, direction: Array) -> MovingOutputs:
        """See `OutputTangents.run`."""
        length = float(np.linalg.norm(direction))  # |v|
        step = self._relative * max(float(np.linalg.norm(point.theta)), 1.0)
        shift = (step / length) * direction
        self.network.graph.feed(batch)
        ends: List[List[Array]] = []
        for end in (point.shifted(shift), point.shifted(-shift)):
            self.network.move_to(end)
            self.network.graph.sample_losses.forward(clear_buffer=True)
            ends.append([variable.d.astype(np.float64) for variable in self.outputs])
        self.network.move_to(point)
        tangents = [(a - b) * (length / (2 * step)) for a, b in zip(*ends)]
        return MovingOutputs([(a + b) / 2 for a, b in zip(*ends)], tangents)
