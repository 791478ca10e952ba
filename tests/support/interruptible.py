"""Processes that can be interrupted, wherever the tests run.

A shell starts background jobs with SIGINT ignored, and a child inherits that: under ``nohup make test &`` Ctrl-C would
reach nobody. Give `default_interrupt` to Popen as ``preexec_fn``.
"""

import os
import signal


def _restore():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


default_interrupt = None if os.name == "nt" else _restore
