"""A Dask cluster on this machine: a scheduler and workers with the settings of docs/guides/several-machines.md."""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

SETTINGS = {
    "DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON": json.dumps(
        {"MALLOC_TRIM_THRESHOLD_": 536870912, "MALLOC_MMAP_THRESHOLD_": 33554432}
    ),
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
}
PATIENCE = 60  # seconds for the scheduler to start


@contextmanager
def local_cluster(workers):
    """Start a cluster of so many workers, and end it; its address."""
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        contact = folder / "scheduler.json"
        of_scheduler = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(contact))
        scheduler = ending.enter_context(_running("dask_scheduler", *of_scheduler))
        address = _address_in(contact, scheduler)
        for _ in range(workers):
            ending.enter_context(_running("dask_worker", address, "--nworkers", "1", "--nthreads", "1"))
        yield address


@contextmanager
def _running(name, *arguments):
    command = [sys.executable, "-m", f"distributed.cli.{name}", *arguments, "--dashboard-address", "127.0.0.1:0"]
    where = {"env": {**os.environ, **SETTINGS}, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, **where)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _address_in(contact, scheduler):
    until = time.monotonic() + PATIENCE
    while scheduler.poll() is None and time.monotonic() < until:
        with suppress(OSError, ValueError):  # not there yet, or half written
            return json.loads(contact.read_text(encoding="utf-8"))["address"]
        time.sleep(0.1)
    raise SystemExit("error: the scheduler does not start; is Dask installed? pip install 'nnabla-influence[dask]'")
