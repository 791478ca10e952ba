"""Numbers of layers that NNabla's compiled code divides by, or takes as sizes, without looking at them.

With a stride of 0 a pooling does not fail: the division takes the whole process down, without a word. So a file that
holds such a number is refused by its layer's name before anything is built.
"""

from __future__ import annotations

from typing import Iterator, List, Sequence, Tuple

from ..errors import NetworkError
from .nnp import NNablaMessage

__all__ = ["require_layer_numbers"]

POSITIVE = frozenset(
    ("kernel", "stride", "dilation", "subkernel", "group", "num_groups", "deformable_group", "multiplier", "divisor",
     "block_size", "patch", "patch_step", "shift_step", "window_size", "fft_size", "num_layers")
)  # fmt: skip


def require_layer_numbers(networks: Sequence[NNablaMessage], path: str) -> None:
    """Refuse layers with a number that must be at least 1 and is not.

    Raises:
        NetworkError: There is one; layer and number are named.
    """
    for network in networks:
        for function in network.function:
            for name, numbers in _numbers(function):
                if min(numbers, default=1) < 1:
                    raise NetworkError(
                        f"'{path}': layer '{function.name}' ({function.type}) of network '{network.name}': expected "
                        f"{name} of at least 1, got {', '.join(map(str, numbers))}. Change it in the network."
                    )


def _numbers(function: NNablaMessage) -> Iterator[Tuple[str, List[int]]]:
    """Yield every number, or list of numbers, that a layer states and that must be positive.

    A lone number that is missing in the file is 0, for NNabla too; a list that is missing is left to it.
    """
    for _, parameters in function.ListFields():
        for field in parameters.DESCRIPTOR.fields if hasattr(parameters, "DESCRIPTOR") else ():
            if field.name in POSITIVE:
                yield field.name, _listed(getattr(parameters, field.name))


def _listed(value: object) -> List[int]:
    dimensions = getattr(value, "dim", value)  # a shape, a list of numbers, or a number
    return [dimensions] if isinstance(dimensions, int) else list(dimensions)  # type: ignore[call-overload]
