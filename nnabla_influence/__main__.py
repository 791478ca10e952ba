"""`python -m nnabla_influence`, and the program ``nnabla-influence``.

A signal may come at any moment, also while Python still loads what the command needs. So the first thing that is done
is to hear it: until the work begins nothing is at stake, and the process ends at once with one line and the signal's
exit code. Before that there is only Python's own start, in which a signal ends the process as it ends any Python.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` would take as long as all of this
    from typing import NoReturn

__all__ = ["run"]


def _end_at_once(number: int, frame: object) -> NoReturn:
    os.write(2, b"interrupted\n")
    os._exit(128 + number)


def _hear() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _end_at_once)


if __name__ == "__main__":
    _hear()


def run() -> NoReturn:
    """Run the command that was typed, and end the process with its exit code."""
    _hear()
    from .ending_signals import ending_signals, exit_code, leave

    with ending_signals():
        try:
            from .cli.main import main  # here, so that a signal that comes while it is loaded ends in one line

            code = main()
        except KeyboardInterrupt:
            sys.stderr.write("interrupted\n")
            code = exit_code()
        leave(code)


if __name__ == "__main__":
    run()
