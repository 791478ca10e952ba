"""What several scorings of one training have in common, computed once.

Scoring one validation row after the other asks for the same oracle with its graphs, the same curvature of the training
loss and the same second moments each time; only the validation gradient differs, and what is made of it.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Hashable, TypeVar

__all__ = ["ReusedWork"]

T = TypeVar("T")


class ReusedWork:
    """Results by what identifies them.

    >>> reused = ReusedWork()
    >>> [reused.once("name", lambda: number) for number in (1, 2)]
    [1, 1]
    """

    def __init__(self) -> None:
        self._results: Dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result of a key, made where it is asked for first."""
        if key not in self._results:
            self._results[key] = make()
        result: T = self._results[key]
        return result

    def keep(self, key: Hashable, result: object) -> None:
        """Keep a result that something else came by."""
        self._results[key] = result

    def __contains__(self, key: Hashable) -> bool:
        return key in self._results
