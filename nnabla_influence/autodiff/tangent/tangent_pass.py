"""One pass over a built graph that carries value and tangent of every sample: forward-mode differentiation.

For a direction u of the parameters, the tangent of sample i's loss is ``<grad l_i, u>``, for all samples of the batch
at once: a third of the price of a training step, where NNabla's double backward takes three to six. Batch statistics
couple the samples' tangents as they should. It is exact but for rounding in single precision.

Functions that no parameter leads to (transformations of the labels, say) need no rule: NNabla computes them.
"""

from __future__ import annotations

from collections import Counter
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

import nnabla as nn
import numpy as np
from numpy.typing import DTypeLike

from ...array import Array
from ...errors import UnsupportedError
from ...network import Graph
from ...parameters import ParameterSpace
from .buffers import Buffers
from .dual import Dual
from .node import Node, Rule
from .random_layers import PROBES, check_drawing
from .registry import RULES

__all__ = ["PassStep", "Tape", "TangentPass"]

# Functions whose outputs are new arrays that nobody else holds, or their inputs' where those were.
FRESH = ("Affine", "BatchNormalization", "Convolution", "Deconvolution", "DepthwiseConvolution", "ReLU")

# Functions that may overwrite their inputs' tangents although a way back will move: they read their output alone there,
# and those before them do not read theirs.
OUTPUT_ALONE = ("ReLU",)


class PassStep(NamedTuple):
    """One function of the pass.

    Args:
        node: The function.
        function: NNabla's.
        rule: Of it; None where NNabla computes it.
        inputs: Variables.
        outputs: Variables.
        spares: For each input, whether it may be overwritten.
        last_uses: The inputs that no later function reads.
        moves: For each input, whether a parameter that moves leads to it.
    """

    node: Node
    function: nn.function.Function
    rule: Optional[Rule]
    inputs: List[nn.Variable]
    outputs: List[nn.Variable]
    spares: List[bool]
    last_uses: List[nn.Variable]
    moves: List[bool]


class Tape:
    """The values of the inputs and of the outputs of every function of a pass.

    Args:
        moving: Whether to keep the tangents too, for a way back that moves.
    """

    def __init__(self, moving: bool = False) -> None:
        self.moving = moving
        self.functions: List[Tuple[List[Dual], List[Dual]]] = []

    def keep(self, inputs: List[Dual], outputs: List[Dual]) -> None:
        """Write the next function down."""
        self.functions.append((self._kept(inputs), self._kept(outputs)))

    def _kept(self, duals: List[Dual]) -> List[Dual]:
        return [Dual(dual.value, dual.tangent if self.moving else None) for dual in duals]


class TangentPass:
    """Values and tangents of some variables of a graph.

    Args:
        graph: The graph.
        outputs: Variables of it.
        space: The parameters that have tangents.
        buffers: Memory to compute in, if other passes share it.
        precision: Of the arithmetic; float64 to see what float32 makes of it.

    Raises:
        UnsupportedError: A function that a moving parameter leads to has no rule; it is named.

    Attributes:
        steps: The functions behind the outputs, inputs first.
        names: The variable of every parameter, and its name.
        precision: Of the arithmetic.
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Sequence[nn.Variable],
        space: ParameterSpace,
        buffers: Optional[Buffers] = None,
        precision: DTypeLike = np.float32,
    ) -> None:
        self.outputs = list(outputs)
        self.space = space
        self.names = {graph.leaves[name]: name for name in space.names if name in graph.leaves}
        self._columns = {variable: column for column, variable in graph.inputs}
        self.precision = precision
        self._buffers = Buffers() if buffers is None else buffers
        self.steps = self._planned()

    def run(
        self, theta: Array, batch: Mapping[str, Array], direction: Array, tape: Optional[Tape] = None
    ) -> List[Tuple[Array, Array]]:
        """Compute the outputs, and how they move.

        Args:
            theta: Parameters (P,).
            batch: Columns of B samples.
            direction: u (P,).
            tape: Receives the values on the way.

        Returns:
            Value and tangent of every output, float64 and arrays of their own.
        """
        # Tangents are linear in the direction, which may be shorter or longer than float32 can say.
        length = float(np.linalg.norm(direction))
        unit = np.empty(len(direction), self.precision)
        np.multiply(direction, 1.0 / (length or 1.0), out=unit, casting="unsafe")
        directions = self.space.unflatten(unit)
        parameters = self.space.unflatten(np.asarray(theta, self.precision))
        moving = {name: Dual(parameters[name], directions[name]) for name in parameters}
        outputs = self._carried(batch, moving, tape)
        return [
            (_as_float64(y.value), length * _as_float64(np.zeros_like(y.value) if y.tangent is None else y.tangent))
            for y in outputs
        ]

    def values(self, theta: Array, batch: Mapping[str, Array], tape: Optional[Tape] = None) -> List[Array]:
        """Compute the outputs alone, float64 and arrays of their own, at half the price; see `run`."""
        parameters = self.space.unflatten(np.asarray(theta, self.precision))
        outputs = self._carried(batch, {name: Dual(value) for name, value in parameters.items()}, tape)
        return [_as_float64(y.value) for y in outputs]

    def _carried(
        self, batch: Mapping[str, Array], parameters: Mapping[str, Dual], tape: Optional[Tape] = None
    ) -> List[Dual]:
        """Carry values and tangents through all functions."""
        known: Dict[nn.Variable, Dual] = {}

        def look_up(variable: nn.Variable) -> Dual:
            """Return a variable as it is by now."""
            if variable in known:
                return known[variable]
            if variable in self.names:
                return parameters[self.names[variable]]
            if variable in self._columns:
                column = batch[self._columns[variable]]
                return Dual(np.asarray(column, self.precision).reshape(variable.shape))
            return Dual(np.array(variable.d, self.precision))  # a copy: a probe may be written there

        with np.errstate(all="ignore"):  # what is not finite is handed on, as NNabla does
            for step in self.steps:
                inputs = [look_up(variable) for variable in step.inputs]
                inputs += [Dual(array.astype(self.precision)) for array in _drawn(step)]
                for dual, spare in zip(inputs, step.spares):
                    kept = tape is not None and tape.moving and step.node.kind not in OUTPUT_ALONE
                    is_array = dual.tangent is None or dual.tangent.flags.writeable  # not one number, repeated
                    dual.spare = spare and is_array and not kept
                outputs = _computed(step, inputs, self.precision)
                known.update(zip(step.outputs, outputs))
                if tape is not None:
                    tape.keep(inputs, outputs)
                for variable in step.last_uses:
                    known.pop(variable, None)
        return [look_up(variable) for variable in self.outputs]

    def _planned(self) -> List[PassStep]:
        """List the functions behind the outputs, inputs first, up to the last reader of every variable."""
        functions = _functions_behind(self.outputs)
        uses = Counter(variable for function in functions for variable in function.inputs)
        uses.update(self.outputs)
        left = uses.copy()
        fresh: Set[nn.Variable] = set()
        moving: Set[nn.Variable] = set(self.names)
        steps: List[PassStep] = []
        for function in functions:
            left.subtract(function.inputs)
            node = self._node(function)
            moves = [variable in moving for variable in function.inputs]
            rule = RULES.get(node.kind)
            if any(moves):
                _check(node)
                moving.update(function.outputs)
            elif node.kind in PROBES:  # NNabla computes it, whatever it draws
                rule = None
            if node.kind in FRESH:
                fresh.update(function.outputs)
            spares = [variable in fresh and uses[variable] == 1 for variable in function.inputs]
            read = [variable for variable in function.inputs if not left[variable]]
            steps.append(PassStep(node, function, rule, function.inputs, function.outputs, spares, read, moves))
        return steps

    def _node(self, function: nn.function.Function) -> Node:
        inputs, outputs = ([variable.shape for variable in side] for side in (function.inputs, function.outputs))
        return Node(function.info.type_name, function.info.args, inputs, outputs, self._buffers)


def _functions_behind(outputs: Sequence[nn.Variable]) -> List[nn.function.Function]:
    """Return NNabla's functions that lead to the outputs, inputs first, each once."""
    functions: Dict[nn.function.Function, None] = {}
    for output in outputs:
        output.visit(lambda function: functions.setdefault(function))
    return list(functions)


def _check(node: Node) -> None:
    if node.kind not in RULES:
        raise UnsupportedError(f"The forward mode has no rule for a layer of this network ({node.kind}).")
    check_drawing(node)


def _drawn(step: PassStep) -> List[Array]:
    """Let a layer that draws show what it draws; its input in NNabla's graph is lost."""
    if step.rule is None or step.node.kind not in PROBES:
        return []
    step.inputs[0].d = PROBES[step.node.kind](step.node)
    step.function.forward(step.inputs, step.outputs)
    return [step.outputs[0].d.copy()]


def _computed(step: PassStep, inputs: List[Dual], precision: DTypeLike) -> List[Dual]:
    """Compute the outputs of a function."""
    if step.rule is None:
        for variable, dual in zip(step.inputs, inputs):
            variable.d = dual.value
        step.function.forward(step.inputs, step.outputs)
        return [Dual(variable.d.astype(precision)) for variable in step.outputs]
    try:
        computed = step.rule(step.node, *inputs)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise _unknown(step.node) from error
    outputs = computed if isinstance(computed, list) else [computed]
    if len(outputs) != len(step.outputs):
        raise _unknown(step.node)
    return outputs


def _unknown(node: Node) -> UnsupportedError:
    """Return the error of a setting that a rule does not know."""
    settings = ", ".join(f"{name}={value}" for name, value in node.arguments.items())
    return UnsupportedError(f"The forward mode has no rule for a layer of this network ({node.kind}: {settings}).")


def _as_float64(array: Array) -> Array:
    """Return a new array, in the usual order in memory."""
    copy: Array = array.astype(np.float64, order="C")
    return copy
