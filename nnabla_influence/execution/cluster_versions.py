"""Do a cluster's workers have the versions of Python and the libraries that make the numbers here?

Another version of NNabla or NumPy may add in another order; then the results of two workers would differ in the last
digits, and nobody would know why. Patch releases of Python do not matter, other Pythons cannot even read the jobs.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, Set

from ..errors import RunError

__all__ = ["check_versions"]

_Client = Any
"""A `distributed.Client`."""


def check_versions(client: _Client, workers: Set[str]) -> None:
    """Compare the versions of what makes the numbers with those of this process.

    Args:
        client: A `distributed.Client`.
        workers: Addresses of the workers to ask.

    Raises:
        RunError: A worker has others; all such workers are named.
    """
    ours = {"python": "{}.{}".format(*sys.version_info), **_version_reader()()}
    wrong = []
    for worker, theirs in _versions(client, workers).items():
        different = [f"{name} {theirs.get(name) or 'missing'}" for name in ours if theirs.get(name) != ours[name]]
        if different:
            wrong.append(f"{worker} has {', '.join(different)}")
    if wrong:
        here = ", ".join(f"{name} {version}" for name, version in ours.items())
        raise RunError(f"All workers need the versions of this process ({here}), but {'; '.join(wrong)}.")


def _versions(client: _Client, workers: Set[str]) -> Dict[str, Dict[str, str]]:
    hosts = client.get_versions(check=False)["workers"]
    pythons = {worker: ".".join(hosts[worker]["packages"]["python"].split(".")[:2]) for worker in workers & set(hosts)}
    ours = "{}.{}".format(*sys.version_info)
    # A function cannot be sent to another Python, so that is settled first.
    same = [worker for worker, python in pythons.items() if python == ours]
    read = client.run(_version_reader(), workers=same, on_error="ignore") if same else {}
    return {worker: {"python": pythons[worker], **(read.get(worker) or {})} for worker in pythons}


def _version_reader() -> Callable[[], Dict[str, str]]:
    """Return a function that is sent as code, not as a name, so that it also runs where this package is missing."""

    def read_versions() -> Dict[str, str]:
        """Return the versions of the packages that worker and asking process must share."""
        import importlib
        import importlib.metadata

        versions = {}
        try:
            versions["nnabla_influence"] = importlib.import_module("nnabla_influence").__version__
            for name in ("nnabla", "numpy"):
                versions[name] = importlib.metadata.version(name)
        except ImportError:  # PackageNotFoundError is one; what is not in the answer is missing
            pass
        return versions

    return read_versions
