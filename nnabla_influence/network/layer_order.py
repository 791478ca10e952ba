"""Layers that NNabla would walk through for ever: two of one name, or some that wait for each other.

NNabla looks for a layer whose inputs are made, and finds the layers that make them by their names. Where a layer waits
for itself, however far round, it does not end. Only the layers of a loop (`LOOPS`) may go back to an earlier one.
"""

from __future__ import annotations

from collections import Counter
from typing import Dict, List, Sequence, Set

from ..errors import NetworkError
from .nnp import NNablaMessage

__all__ = ["require_layer_order"]

LOOPS = ("RepeatStart", "RepeatEnd", "RecurrentInput", "RecurrentOutput", "Delay")


def require_layer_order(networks: Sequence[NNablaMessage], path: str) -> None:
    """Refuse networks in which two layers have one name, or layers wait for each other.

    Raises:
        NetworkError: There are such layers; one is named.
    """
    for network in networks:
        names = Counter(function.name for function in network.function)
        twice = [name for name, count in names.items() if count > 1]
        if twice:
            raise NetworkError(
                f"'{path}': expected a name of its own for every layer of network '{network.name}', got '{twice[0]}' "
                f"{names[twice[0]]} times. Rename the others in the network."
            )
        waiting = _in_circles(network)
        if waiting:
            raise NetworkError(
                f"'{path}': expected layers that follow each other in network '{network.name}', got some that wait for "
                f"each other, such as '{waiting[0]}'. Connect them anew."
            )


def _in_circles(network: NNablaMessage) -> List[str]:
    """Return the layers that can never begin, because they wait for what comes after them."""
    layers = [function for function in network.function if function.type not in LOOPS]
    makers: Dict[str, Set[int]] = {}  # of a variable
    for number, layer in enumerate(layers):
        for name in layer.output:
            makers.setdefault(name, set()).add(number)
    waits = [{maker for name in layer.input for maker in makers.get(name, ())} for layer in layers]
    followers: Dict[int, List[int]] = {}
    for number, needed in enumerate(waits):
        for maker in needed:
            followers.setdefault(maker, []).append(number)
    ready = [number for number, needed in enumerate(waits) if not needed]
    while ready:
        done = ready.pop()
        for number in followers.get(done, ()):
            waits[number].discard(done)
            if not waits[number]:
                ready.append(number)
    return [layer.name for layer, needed in zip(layers, waits) if needed]
