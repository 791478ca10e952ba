"""A way to compute that the first batch decides on: whether ours gives what NNabla gives."""

from __future__ import annotations

from contextlib import suppress
from typing import Callable, Dict, Generic, Optional, Tuple, TypeVar

from ..errors import UnsupportedError

__all__ = ["FirstBatch"]

Way = TypeVar("Way")


class FirstBatch(Generic[Way]):
    """Our own way to compute, one for each size of batch and each network; None where it is no good.

    The first batch decides for batches of other sizes too: the layers are the same. A batch of one sample decides for
    itself alone, because what goes wrong among several does not show there.

    >>> ways = FirstBatch()
    >>> [ways.of(size, False, lambda: "ours", lambda way: size != 3) for size in (1, 3, 4)]
    ['ours', None, None]
    """

    def __init__(self) -> None:
        self._ways: Dict[Tuple[int, bool], Optional[Way]] = {}

    def of(
        self, size: int, validation: bool, make: Callable[[], Way], is_right: Callable[[Way], bool]
    ) -> Optional[Way]:
        """Return the way for a size.

        Args:
            size: Of the batch.
            validation: Whether it is the validation network's.
            make: Makes the way; UnsupportedError: there is none.
            is_right: Tells whether it gives what NNabla does; UnsupportedError: it cannot.
        """
        key = (size, validation)
        if key not in self._ways:
            decided = [way for (other, which), way in self._ways.items() if which == validation and other > 1]
            self._ways[key] = None
            if not decided or decided[0] is not None:
                with suppress(UnsupportedError):
                    way = make()
                    if decided or is_right(way):
                        self._ways[key] = way
        return self._ways[key]
