"""Ctrl-C stays Ctrl-C.

Python raises KeyboardInterrupt wherever the main thread is. Inside a compiled method of NNabla (a backward pass, an
update), the call then *returns a result with an exception set*, as the interpreter puts it, and a SystemError arrives
instead, with the KeyboardInterrupt as its cause. Whoever waits for KeyboardInterrupt to say how to go on would never
see it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator, Optional

__all__ = ["clear_interrupts"]


@contextmanager
def clear_interrupts() -> Iterator[None]:
    """Turns a SystemError that Ctrl-C caused back into the KeyboardInterrupt it was.

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


def _was_interrupt(error: BaseException) -> bool:
    cause: Optional[BaseException] = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__
    return cause is not None
