"""NNabla's recurrent layers: steps of cells, layer above layer, in one or both directions of time.

The weights of each gate read ``[x, h]``, the step's input and the state before it:

    RNN    h <- f(W [x, h] + b)
    LSTM   c <- s(f) c + s(i) tanh(g),   h <- s(o) tanh(c);      i, f, g, o = W [x, h] + b
    GRU    h <- (1 - s(z)) tanh(n) + s(z) h;      r, z = W [x, h] + b,   n = W_x x + b + s(r) (W_h h + b')

with s the sigmoid. Dropout between the layers is out when scores are computed.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from .activations import rectified, sigmoid, tanh
from .dual import Dual
from .node import Node, Rule
from .shapes import joined, stacked

__all__ = ["RULES"]

Cell = Callable[[Dual, List[Dual], Dual, Optional[Dual]], List[Dual]]
"""(a step's input (B, D), states (B, H), weights, biases) -> new states, the hidden one first."""


def _rnn_cell(nonlinearity: Callable[[Dual], Dual]) -> Cell:
    def cell(x: Dual, states: List[Dual], weight: Dual, bias: Optional[Dual]) -> List[Dual]:
        """See `Cell`."""
        return [nonlinearity(_affine(joined([x, states[0]], -1), weight, bias))]

    return cell


def _lstm_cell(x: Dual, states: List[Dual], weight: Dual, bias: Optional[Dual]) -> List[Dual]:
    h, c = states
    both = joined([x, h], -1)
    i, f, g, o = (_affine(both, weight[gate], None if bias is None else bias[gate]) for gate in range(4))
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return [sigmoid(o) * tanh(c), c]


def _gru_cell(x: Dual, states: List[Dual], weight: Dual, bias: Optional[Dual]) -> List[Dual]:
    (h,) = states
    both = joined([x, h], -1)
    r, z = (_affine(both, weight[gate], None if bias is None else bias[gate]) for gate in range(2))
    inputs = x.value.shape[-1]
    of_input = _affine(x, weight[2, :, :inputs], None if bias is None else bias[2])
    of_state = _affine(h, weight[2, :, inputs:], None if bias is None else bias[3])
    n = tanh(of_input + sigmoid(r) * of_state)
    z = sigmoid(z)
    return [n + z * (h - n)]


def _affine(x: Dual, weight: Dual, bias: Optional[Dual]) -> Dual:
    y = x @ weight.transpose([1, 0])
    return y if bias is None else y + bias


def _layers(node: Node, cell: Cell, x: Dual, states: Sequence[Dual], parameters: Sequence[Dual]) -> List[Dual]:
    """Run all layers.

    Args:
        node: The function.
        cell: Of a step.
        x: (T, B, D).
        states: Hidden state, and what else a cell remembers, at the start (layers, directions, B, H).
        parameters: Weights of the first layer, of the others if there are any, biases if there are any.

    Returns:
        The last layer's hidden states (T, B, directions x H), and the states at the end.
    """
    waiting = list(parameters)
    layers = node.arguments["num_layers"]
    first = waiting.pop(0)
    others = waiting.pop(0) if layers > 1 else first
    bias = waiting.pop(0) if waiting else None
    steps = [x[t] for t in range(len(x.value))]
    ends: List[List[Dual]] = [[] for _ in states]
    for layer in range(layers):
        weights = first if layer == 0 else others[layer - 1]
        of_directions = []
        for direction in range(2 if node.arguments["bidirectional"] else 1):
            outputs, last = _run(
                cell,
                steps[:: -1 if direction else 1],
                [state[layer, direction] for state in states],
                weights[direction],
                None if bias is None else bias[layer, direction],
            )
            of_directions.append(outputs[:: -1 if direction else 1])
            for end, state in zip(ends, last):
                end.append(state)
        steps = [joined(parts, -1) for parts in zip(*of_directions)]
    return [stacked(steps, 0)] + [stacked(end, 0).reshape(*state.value.shape) for end, state in zip(ends, states)]


def _run(
    cell: Cell, steps: Sequence[Dual], states: List[Dual], weight: Dual, bias: Optional[Dual]
) -> Tuple[List[Dual], List[Dual]]:
    outputs = []
    for x in steps:
        states = cell(x, states, weight, bias)
        outputs.append(states[0])
    return outputs, states


def _rnn(node: Node, x: Dual, h: Dual, *parameters: Dual) -> List[Dual]:
    nonlinearity = rectified if node.arguments["nonlinearity"] == "relu" else tanh
    return _layers(node, _rnn_cell(nonlinearity), x, [h], parameters)


def _lstm(node: Node, x: Dual, h: Dual, c: Dual, *parameters: Dual) -> List[Dual]:
    return _layers(node, _lstm_cell, x, [h, c], parameters)


def _gru(node: Node, x: Dual, h: Dual, *parameters: Dual) -> List[Dual]:
    return _layers(node, _gru_cell, x, [h], parameters)


RULES: Dict[str, Rule] = {"RNN": _rnn, "LSTM": _lstm, "GRU": _gru}
"""By NNabla's type of the function."""
