"""Show the training samples that helped and that harmed the network most at a clicked picture.

A plugin for Neural Network Console. Its label, fields and defaults are the entry `why_this_result` of
`nnabla_influence.nnc.host.manifest`; `plugins install` copies the package.
"""

import os
import signal
import sys


def interrupted(number, frame):
    os.write(2, b"interrupted\n")
    os._exit(128 + number)


if __name__ == "__main__":  # before all else, so that a signal is one line even while Python still loads
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupted)


def main():
    from pathlib import Path

    # One copy of the package for all scripts, in a folder that is no menu; where there is none, an installed package.
    for folder in list(Path(__file__).absolute().parents)[:4]:
        package = folder / "nnabla_influence_plugins" / "nnabla_influence.zip"
        if package.is_file():
            sys.path.insert(1, str(package))
            break

    from nnabla_influence.ending_signals import leave
    from nnabla_influence.nnc.host.running import run_plugin

    leave(run_plugin("why_this_result"))


if __name__ == "__main__":
    main()
