"""`python -m nnabla_influence`, and the program ``nnabla-influence``."""

from __future__ import annotations

import sys
from typing import NoReturn

from .ending_signals import ending_signals, exit_code, leave

__all__ = ["run"]


def run() -> NoReturn:
    """Run the command that was typed, and end the process with its exit code."""
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
