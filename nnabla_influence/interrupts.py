"""Ctrl-C stays Ctrl-C, and says how to go on.

Python raises KeyboardInterrupt wherever the main thread is. Inside a compiled method of NNabla (a backward pass, an
update), the call then *returns a result with an exception set*, as the interpreter puts it, and a SystemError arrives
instead, with the KeyboardInterrupt as its cause. Whoever waits for KeyboardInterrupt to say how to go on would never
see it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator, Mapping, Optional

from .remedies import IN_PYTHON, Remedy, with_remedy

__all__ = ["Interrupted", "clear_interrupts", "resumable"]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during work whose progress was kept.

    Args:
        kept: A sentence that says where.
        remedy: How to go on.
    """

    def __init__(self, kept: str = "", remedy: Optional[Remedy] = None) -> None:
        super().__init__(kept)
        self.kept = kept
        self.remedy = remedy

    def __str__(self) -> str:
        return self.said(IN_PYTHON)

    def said(self, words: Mapping[str, str]) -> str:
        """Return the sentence with the remedy in the words of one door."""
        return with_remedy(self.kept, self.remedy, words)


@contextmanager
def clear_interrupts() -> Iterator[None]:
    """Turn a SystemError that Ctrl-C caused back into the KeyboardInterrupt it was.

    Raises:
        KeyboardInterrupt: Ctrl-C came while compiled code ran.
        SystemError: Any other, as it came.
    """
    try:
        yield
    except SystemError as error:
        if _was_interrupt(error):
            raise KeyboardInterrupt from error
        raise


@contextmanager
def resumable(kept: str, remedy: Optional[Remedy] = None) -> Iterator[None]:
    """Run a block whose progress is kept; Ctrl-C inside says where, and how to go on.

    Args:
        kept: A sentence that says where the progress is.
        remedy: How to go on.

    Raises:
        Interrupted: Ctrl-C came.
    """
    try:
        with clear_interrupts():
            yield
    except KeyboardInterrupt as interrupt:
        raise Interrupted(kept, remedy) from interrupt


def _was_interrupt(error: BaseException) -> bool:
    cause: Optional[BaseException] = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__
    return cause is not None
