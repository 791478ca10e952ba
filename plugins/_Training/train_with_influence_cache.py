"""Train the project's network as NNC does, and keep the parameters of the last epoch for the influence scores.

A plugin for Neural Network Console. Its label, fields and defaults are the entry `train_with_influence_cache` of
`nnabla_influence.nnc.host.manifest`; the package is found because `plugins install` copies it beside this file.
"""

import sys


def main():
    from nnabla_influence.nnc.host.running import run_plugin

    sys.exit(run_plugin("train_with_influence_cache"))


if __name__ == "__main__":
    main()
