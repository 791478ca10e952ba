"""Processes that can be interrupted, wherever the tests run.

A shell starts background jobs with SIGINT ignored, `nohup` with SIGHUP ignored, and a child inherits that: under
``nohup make test &`` neither would reach anybody. Give `default_interrupt` to Popen as ``preexec_fn``.
"""

import os
import signal


def _restore():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


default_interrupt = None if os.name == "nt" else _restore
