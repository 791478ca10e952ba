"""Signals that end a process: each ends it as Ctrl-C does, with its own exit code.

Ctrl-C (SIGINT, 130), a system that shuts down or a scheduler whose time is up (SIGTERM, 143), a terminal that was
closed (SIGHUP, 129), Ctrl-Break on Windows: all of them arrive as KeyboardInterrupt, so that all is tidied up and it is
said how to go on. What whoever started the process has told it to ignore (``nohup``, a background job) stays ignored.

Two moments are special. While NNabla is imported, an exception would come out of compiled code that is half set up, as
a traceback or a crash; nothing is at stake yet, so the process ends at once. When the work is done, what comes is too
late, and is ignored: while the interpreter is torn down it could only crash.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import Iterator, List, NoReturn, Optional

__all__ = ["ending_signals", "exit_code", "leave", "received"]

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # not every system has each
SIGNALLED = 128  # what shells add to a signal's number


class _Received:
    """The last signal that came."""

    number: Optional[int] = None


@contextmanager
def ending_signals() -> Iterator[None]:
    """Turn every ending signal into a KeyboardInterrupt while the block runs; outside the main thread, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if not any(signal.getsignal(number) is _end for number in _numbers()):  # else it is a block inside another
        _Received.number = None
    heeded = [number for number in _numbers() if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, _end) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is _end:  # `leave` has made them deaf for good
                signal.signal(number, handler)


def received() -> bool:
    """Whether a signal came, wherever its KeyboardInterrupt went."""
    return _Received.number is not None


def exit_code() -> int:
    """Return the exit code of a process that was interrupted: 130, or that of the signal that came."""
    return SIGNALLED + (_Received.number or signal.SIGINT)


def leave(code: int) -> NoReturn:
    """End the process, deaf to signals that come too late.

    Raises:
        SystemExit: The work was not interrupted; else the process ends without tearing down what an interrupt has left
            half-made.
    """
    for number in _numbers():
        signal.signal(number, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or a full disk that was reported
            stream.flush()
    if code > SIGNALLED:
        os._exit(code)
    sys.exit(code)


def _numbers() -> List[int]:
    return [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


def _end(number: int, frame: object) -> NoReturn:
    if _is_being_imported("nnabla"):
        with contextlib.suppress(OSError):
            os.write(2, b"interrupted\n")
        os._exit(SIGNALLED + number)
    _Received.number = number
    raise KeyboardInterrupt


def _is_being_imported(name: str) -> bool:
    return bool(getattr(getattr(sys.modules.get(name), "__spec__", None), "_initializing", False))
