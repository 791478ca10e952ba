"""Score every training sample of the selected result by what it does to the validation loss or error.

A plugin for Neural Network Console. Its label, fields and defaults are the entry `influence` of
`nnabla_influence.nnc.host.manifest`; the package is found because `plugins install` copies it beside this file.
"""

import sys


def main():
    from nnabla_influence.nnc.host.running import run_plugin

    sys.exit(run_plugin("influence"))


if __name__ == "__main__":
    main()
