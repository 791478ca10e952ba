"""Standard streams that whoever started the program has closed (``>&-``).

Python then has no `sys.stdout`, and, worse, the next file that is opened gets its number: what a library prints would
be written into a cache. So a stream that is closed leads nowhere instead.
"""

from __future__ import annotations

import os
import sys

__all__ = ["open_closed_streams"]


def open_closed_streams() -> None:
    """Let standard input, output and error that are closed lead nowhere."""
    for number in range(3):  # in this order: the system gives the lowest number that is free
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process lives
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
