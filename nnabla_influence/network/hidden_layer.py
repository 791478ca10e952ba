"""Where the last hidden layer of a network ends: at the input of the last affine layer before the loss."""

from __future__ import annotations

from typing import List, Optional, Set

from .loss_role import producers_of
from .nnp import NNablaMessage

__all__ = ["last_hidden_variable"]


def last_hidden_variable(network: NNablaMessage, prediction: Optional[str]) -> Optional[str]:
    """Return the variable that enters the last affine layer.

    Args:
        network: The network message.
        prediction: The variable that the loss compares with the target.

    Returns:
        Its name; None if no affine layer leads to the prediction.
    """
    producers = producers_of(network)
    waiting: List[str] = [] if prediction is None else [prediction]
    seen: Set[str] = set()
    while waiting:  # breadth first: the layer nearest to the prediction
        name = waiting.pop(0)
        if name in seen or name not in producers:
            continue
        seen.add(name)
        function = producers[name]
        if function.type == "Affine":
            return str(function.input[0])
        waiting += function.input
    return None
