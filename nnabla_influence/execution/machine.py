"""The machine a job runs on: its CPU, and how many threads a job may take of it.

A matrix product is summed in an order that depends on the CPU model and on the number of threads. Every job therefore
runs with one BLAS thread, in whatever executor: one worker per core uses the machine fully, and a laptop with 4
cores and a server with 64 give the same bits. (NNabla computes with one thread on the CPU by itself.)
"""

from __future__ import annotations

import functools
import importlib
import logging
import platform
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Iterator, List

from .blas_threads import BlasThreads, blas_libraries, one_blas_thread

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

__all__ = ["cpu_model", "one_thread"]

LOGGER = logging.getLogger("nnabla_influence")


@functools.lru_cache(maxsize=None)
def cpu_model() -> str:
    """Return the CPU's model, e.g. ``Intel(R) Xeon(R) Processor (family 6, model 106)``; never empty."""
    name = _linux_model() if platform.system() == "Linux" else ""
    if platform.system() == "Darwin":
        name = _mac_model()
    return name or platform.processor() or platform.machine() or "unknown CPU"


def _linux_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    try:
        first = cpuinfo.read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return ""
    facts: Dict[str, str] = {}
    for line in first.splitlines():
        key, _, value = line.partition(":")
        facts[key.strip()] = value.strip()
    if "model name" in facts:
        # Virtual machines hide the name's number; family and model tell the generations apart.
        return f"{facts['model name']} (family {facts.get('cpu family', '?')}, model {facts.get('model', '?')})"
    if "CPU part" in facts:  # ARM
        return f"{platform.machine()} (implementer {facts.get('CPU implementer', '?')}, part {facts['CPU part']})"
    return ""


def _mac_model() -> str:
    try:
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False).stdout.strip()
    except OSError:
        return ""


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit NumPy's and SciPy's BLAS, which are two libraries, to one thread; the former number returns afterwards."""
    importlib.import_module("scipy.linalg")  # a BLAS that is loaded later would keep all its threads
    try:
        pools = _thread_pools(len(sys.modules))
    except (ImportError, UnicodeError):  # threadpoolctl 3.7 reads the names of mapped files in the locale's encoding
        with one_blas_thread(_libraries()):
            yield
        return
    with pools.limit(limits=1):
        yield


@functools.lru_cache(maxsize=1)
def _thread_pools(modules: int) -> ThreadpoolController:
    """Look for the libraries that have threads: a search of a millisecond, so again only when more is imported."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@functools.lru_cache(maxsize=1)
def _libraries() -> List[BlasThreads]:
    """Find the libraries without threadpoolctl, and say once if none is."""
    libraries = blas_libraries()
    if not libraries:
        LOGGER.info("threadpoolctl is not installed: the last digits may depend on this machine's number of cores")
    return libraries
