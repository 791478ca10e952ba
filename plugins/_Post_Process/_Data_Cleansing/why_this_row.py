"""Show the training samples that helped and that harmed the network most at one row of an evaluation result.

A plugin for Neural Network Console. Its label, fields and defaults are the entry `why_this_row` of
`nnabla_influence.nnc.host.manifest`; `plugins install` copies the package.
"""

import sys
from pathlib import Path


def main():
    # One copy of the package for all scripts, in a folder that is no menu; where there is none, an installed package.
    for folder in list(Path(__file__).absolute().parents)[:4]:
        package = folder / "nnabla_influence_plugins" / "nnabla_influence.zip"
        if package.is_file():
            sys.path.insert(1, str(package))
            break

    from nnabla_influence.nnc.host.running import run_plugin

    sys.exit(run_plugin("why_this_row"))


if __name__ == "__main__":
    main()
