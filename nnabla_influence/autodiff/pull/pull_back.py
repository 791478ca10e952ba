"""The way back over a graph whose values a pass forwards has kept: ``J' c`` for cotangents c of its outputs.

It computes what NNabla's backward pass computes, from values that are there already, with the same products of
matrices as the forward mode. Where the tape has tangents, the way back moves with them: forward mode over the way back,
which gives products with the Hessian and needs no graph of second derivatives.
"""

from __future__ import annotations

import math
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

import nnabla as nn
import numpy as np

from ...array import Array
from ...errors import UnsupportedError
from ..tangent import TangentPass, Tape
from ..tangent.dual import Dual
from ..tangent.tangent_pass import PassStep
from .kept import Kept
from .pull_registry import PULLS
from .shape_pulls import joined_outputs

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
        return self._flat({variable: dual.value for variable, dual in self._pulled(tape, seeds).items()})

    def moved(self, tape: Tape, seeds: Sequence[Array]) -> Array:
        """Compute the tangent of ``J' c`` along the pass's direction, for seeds that stay as they are.

        Of a loss's gradient that is the product of its Hessian with the direction.

        Args:
            tape: What the pass has kept, with its tangents.
            seeds: c, in the shapes of the outputs.

        Returns:
            (P,), float64.
        """
        pulled = self._pulled(tape, seeds, tangents_alone=True)
        return self._flat({v: dual.tangent for v, dual in pulled.items() if dual.tangent is not None})

    def _pulled(self, tape: Tape, seeds: Sequence[Array], tangents_alone: bool = False) -> Dict[nn.Variable, Dual]:
        """Return the cotangents of the variables without a function: parameters, among others."""
        cotangents: Dict[nn.Variable, Dual] = {}
        for _ in self._back(tape, seeds, cotangents, tangents_alone=tangents_alone):
            pass
        return cotangents

    def layers(self, tape: Tape, seeds: Sequence[Array]) -> Iterator[Tuple[PassStep, Kept, Dual]]:
        """Go back without computing the parameters' cotangents.

        Args:
            tape: What the pass has kept.
            seeds: c, in the shapes of the outputs.

        Yields:
            The functions that parameters lead to, the last one first: each with its values, and the cotangent of its
            output.
        """
        return self._back(tape, seeds, {}, with_parameters=False)

    def _back(
        self,
        tape: Tape,
        seeds: Sequence[Array],
        cotangents: Dict[nn.Variable, Dual],
        with_parameters: bool = True,
        tangents_alone: bool = False,
    ) -> Iterator[Tuple[PassStep, Kept, Dual]]:
        """Carry cotangents back, see `layers`; what is left are those of the variables without a function."""
        for variable, seed in zip(self._forwards.outputs, seeds):
            _add(cotangents, variable, Dual(seed.astype(self._forwards.precision)))
        for step, (inputs, outputs) in zip(reversed(self._forwards.steps), reversed(tape.functions)):
            cotangent = joined_outputs(step.node, [cotangents.pop(output, None) for output in step.outputs])
            if cotangent is None or not any(step.moves):
                continue
            ends = [variable in self._forwards.names for variable in step.inputs]
            wanted = [moves and (with_parameters or not end) for moves, end in zip(step.moves, ends)]
            drawn = [False] * (len(inputs) - len(step.moves))  # what a layer has drawn does not move
            kept = Kept(inputs, outputs[0], wanted + drawn, [tangents_alone and end for end in ends] + drawn)
            yield step, kept, cotangent
            with np.errstate(all="ignore"):  # what is not finite is handed on, as NNabla does
                pulled = _through(step, kept, cotangent) if any(wanted) else []
                for variable, is_wanted, dual in zip(step.inputs, wanted, pulled):
                    if is_wanted and dual is not None:
                        _add(cotangents, variable, dual)

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


def _through(step: PassStep, kept: Kept, c: Dual) -> List[Optional[Dual]]:
    """Return the cotangents of a function's inputs."""
    try:
        return PULLS[step.node.kind](step.node, kept, c)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        settings = ", ".join(f"{name}={value}" for name, value in step.node.arguments.items())
        raise UnsupportedError(
            f"There is no way back through a layer of this network ({step.node.kind}: {settings})."
        ) from error


def _add(cotangents: Dict[nn.Variable, Dual], variable: nn.Variable, dual: Dual) -> None:
    """Add to what other readers of a variable have found."""
    cotangents[variable] = cotangents[variable] + dual if variable in cotangents else dual
