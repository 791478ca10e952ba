"""Measure whether removing the most harmful samples helps: remove some, train again, draw the result.

A plugin for Neural Network Console. Its label, fields and defaults are the entry `removal_curve` of
`nnabla_influence.nnc.host.manifest`; the package is found because `plugins install` copies it beside this file.
"""

import sys


def main():
    from nnabla_influence.nnc.host.running import run_plugin

    sys.exit(run_plugin("removal_curve"))


if __name__ == "__main__":
    main()
