"""How long `-h` takes: of the command, and of every plugin as Neural Network Console asks for its fields.

    python samples/benchmark/help_time.py

The best of several starts, because other processes may be busy. The plugins run without site-packages and the
environment's paths (`-S -E`), from a folder they are installed into, as a Python without any library starts them.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nnabla_influence.nnc.host.manifest import PLUGINS
from nnabla_influence.nnc.installer.bundle import windows_bundle
from nnabla_influence.nnc.installer.installation import Installation

AIM = 0.3  # seconds


def best(line, repeats):
    """Seconds of the fastest start."""
    durations = []
    for _ in range(repeats):
        started = time.perf_counter()
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
        durations.append(time.perf_counter() - started)
    return min(durations)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="starts, of which the fastest counts (default: 5)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        Installation(Path(name)).install(windows_bundle())
        lines = {"python -m nnabla_influence -h": [sys.executable, "-m", "nnabla_influence", "-h"]}
        for plugin in PLUGINS:
            script = Path(name, plugin.script)
            lines[f"{script.name} -h"] = [sys.executable, "-S", "-E", "-B", str(script), "-h"]
        for shown, line in lines.items():
            seconds = best(line, args.repeats)
            print(f"{1e3 * seconds:6.0f} ms {'' if seconds < AIM else '(too long) '}{shown}")


if __name__ == "__main__":
    main()
