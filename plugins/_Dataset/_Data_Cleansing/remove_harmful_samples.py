"""Write the training data without its most harmful samples, and the removed samples, as two CSV files.

A plugin for Neural Network Console. Its label, fields and defaults are the entry `remove_harmful_samples` of
`nnabla_influence.nnc.host.manifest`; the package is found because `plugins install` copies it beside this file.
"""

import sys


def main():
    from nnabla_influence.nnc.host.running import run_plugin

    sys.exit(run_plugin("remove_harmful_samples"))


if __name__ == "__main__":
    main()
