"""Show the most harmful and the most helpful samples of an influence CSV as an HTML page and a picture.

A plugin for Neural Network Console. Its label, fields and defaults are the entry `influence_report` of
`nnabla_influence.nnc.host.manifest`; the package is found because `plugins install` copies it beside this file.
"""

import sys


def main():
    from nnabla_influence.nnc.host.running import run_plugin

    sys.exit(run_plugin("influence_report"))


if __name__ == "__main__":
    main()
