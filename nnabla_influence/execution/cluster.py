"""A Dask cluster as an executor: its scheduler's address is looked at before anything is computed.

Dask gives the jobs of a worker that died to another one (up to ``distributed.scheduler.allowed-failures`` times), so
this module only reports it. Everything that can be wrong with a cluster is found when connecting, within `SECONDS`: no
answer, no workers, workers with other versions of the libraries that make the numbers.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator
from urllib.parse import urlsplit

from ..errors import MissingExtraError, RunError
from ..remedies import remedy
from .cluster_versions import check_versions
from .job_executor import JobExecutor

__all__ = ["SECONDS", "on_cluster"]

LOGGER = logging.getLogger("nnabla_influence")

SECONDS = 7.0
"""Seconds that the scheduler and its first worker may take to answer."""

WATCH_SECONDS = 1.0
NOISY = ("distributed", "tornado", "asyncio")

_Distributed = Any
"""The module `distributed`, which is loaded only when it is needed."""

_Client = Any
"""A `distributed.Client`."""


@contextmanager
def on_cluster(address: str) -> Iterator[JobExecutor]:
    """Open a cluster's workers as long as the block lasts.

    Jobs that are running when it is left early end by themselves.

    Args:
        address: The scheduler's, e.g. ``tcp://host:8786``.

    Raises:
        MissingExtraError: Dask is not installed.
        RunError: The scheduler does not answer, has no workers, or has workers that do not fit.
    """
    distributed = _library()
    with _quiet():
        client = _connect(distributed, address)
        try:
            yield _Cluster(distributed, client, address)
        finally:
            client.close()


class _Cluster(JobExecutor):
    """Executor of a Dask cluster that knows its workers and says who comes and goes."""

    def __init__(self, distributed: _Distributed, client: _Client, address: str) -> None:
        # pure=False: a job that is asked for twice runs twice
        super().__init__(client.get_executor(pure=False), width=sys.maxsize, patience=WATCH_SECONDS)
        self._distributed = distributed
        self._client = client
        self._address = address
        self._workers: Dict[str, int] = {}
        self._meet(_workers(client, address))
        LOGGER.info("%d workers at %s", len(self._workers), address)

    def result(self, future: Future[Any], name: str) -> Any:
        """Return the result of a job; see `JobExecutor.result`. Dead workers and a lost scheduler are named."""
        try:
            return super().result(future, name)
        except self._distributed.KilledWorker as error:
            raise RunError(
                f"The workers that ran {name} died, one after the other; probably their memory does not suffice. Give "
                "them more (dask worker --memory-limit), or start fewer on a machine."
            ) from error
        except CancelledError as error:
            raise self._gone() from error

    def watch(self) -> None:
        """Look which workers there are now, and say what has changed."""
        try:
            now = dict(self._client.nthreads())
        except (OSError, ValueError, CancelledError) as error:
            raise self._gone() from error
        for worker in sorted(set(self._workers) - set(now)):
            LOGGER.warning("worker %s is gone; its jobs run again on another worker", worker)
        if not now and self._workers:
            LOGGER.warning("no workers are left; waiting until one is started: dask worker %s", self._address)
        self._meet(now)

    @property
    def workers(self) -> int:
        """Return how many workers there are."""
        return len(self._workers)

    def forget(self, futures: Iterable[Future[Any]]) -> None:
        """Take back jobs; see `JobExecutor.forget`."""
        if self._client.status == "running":  # else nobody is there to be told
            super().forget(futures)

    def _meet(self, workers: Dict[str, int]) -> None:
        """Check the workers that were not there before."""
        new = set(workers) - set(self._workers)
        if new:
            check_versions(self._client, new)
        for worker in sorted(new) if self._workers else ():
            LOGGER.info("worker %s has joined", worker)
        if any(workers[worker] > 1 for worker in new):
            LOGGER.warning(
                "some workers have several threads, of which one is used; "
                "start them with: dask worker %s --nworkers N --nthreads 1",
                self._address,
            )
        self._workers = workers

    def _gone(self) -> RunError:
        return RunError(f"The scheduler at {self._address} is gone. Start it again and repeat the command.")


def _library() -> _Distributed:
    try:
        import distributed
        import distributed.comm
    except ImportError as error:
        raise MissingExtraError(remedy=remedy("install-dask", error=error)) from error
    return distributed


def _connect(distributed: _Distributed, address: str) -> _Client:
    # The pool's thread has an event loop of its own: the caller's may be running already, in a notebook for example.
    with ThreadPoolExecutor(1) as thread:
        reason = thread.submit(_trouble, distributed, address).result()
    if not reason:
        try:
            # Not the default client: that would be global state.
            return distributed.Client(address, timeout=SECONDS / 2, set_as_default=False)
        except (OSError, asyncio.TimeoutError) as error:
            reason = str(error)
    raise RunError(
        f"No Dask scheduler answers at {address} ({reason}). Look at the address the scheduler printed when it "
        "started, and whether a firewall lies between."
    )


def _trouble(distributed: _Distributed, address: str) -> str:
    """Return why no scheduler can be talked to, or nothing.

    Dask's client waits forever for the greeting of a port that accepts a connection and then says nothing, and tries
    again and again where nobody listens; so the first contact is ours.
    """
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname, parts.port or 0), timeout=SECONDS / 2).close()
        asyncio.run(asyncio.wait_for(_greet(distributed, address), SECONDS / 2))
    except (asyncio.TimeoutError, socket.timeout):
        return f"it was silent for {SECONDS / 2:.1f} s"
    except OSError as error:
        return error.strerror or str(error)
    except TypeError as error:  # Dask's complaint about missing certificates
        return str(error)
    except (ValueError, MemoryError):  # another protocol's text read as lengths
        return "something else answers there"
    return ""


async def _greet(distributed: _Distributed, address: str) -> None:
    arguments = distributed.Security().get_connection_args("client")
    connection = await distributed.comm.connect(address, timeout=SECONDS / 2, **arguments)
    await connection.close()


def _workers(client: _Client, address: str) -> Dict[str, int]:
    """Return the threads of each worker, by address; wait for the first worker."""
    end = time.monotonic() + SECONDS / 2
    workers = dict(client.nthreads())
    while not workers and time.monotonic() < end:
        time.sleep(0.1)
        workers = dict(client.nthreads())
    if not workers:
        raise RunError(
            f"The scheduler at {address} has no workers. Start some on every machine: "
            f"dask worker {address} --nworkers N --nthreads 1"
        )
    return workers


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's own log lines off standard error: what matters is raised or logged by this module."""
    names = [name for name in list(logging.root.manager.loggerDict) if name.split(".")[0] in NOISY]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
