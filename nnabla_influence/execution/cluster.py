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
from typing import Any, Callable, Dict, Iterator
from urllib.parse import urlsplit

from ..errors import MissingExtraError, RunError
from .workplace import Workplace

__all__ = ["SECONDS", "on_cluster"]

LOGGER = logging.getLogger("nnabla_influence")

SECONDS = 7.0
"""How long the scheduler and its first worker may take to answer."""

WATCH_SECONDS = 1.0
NOISY = ("distributed", "tornado", "asyncio")


@contextmanager
def on_cluster(address: str) -> Iterator[Workplace]:
    """A cluster's workers, as long as the block lasts. Jobs that are running when it is left early end by themselves.

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


class _Cluster(Workplace):
    def __init__(self, distributed: Any, client: Any, address: str) -> None:
        # pure=False: a job that is asked for twice runs twice
        super().__init__(client.get_executor(pure=False), width=sys.maxsize, patience=WATCH_SECONDS)
        self._distributed = distributed
        self._client = client
        self._address = address
        self._workers: Dict[str, int] = {}
        self._meet(_workers(client, address))
        LOGGER.info("%d workers at %s", len(self._workers), address)

    def result(self, future: Future, name: str) -> Any:
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
        try:
            now = dict(self._client.nthreads())
        except (OSError, ValueError, CancelledError) as error:
            raise self._gone() from error
        for worker in sorted(set(self._workers) - set(now)):
            LOGGER.warning("worker %s is gone; its jobs run again on another worker", worker)
        if not now and self._workers:
            LOGGER.warning("no workers are left; waiting until one is started: dask worker %s", self._address)
        self._meet(now)

    def _meet(self, workers: Dict[str, int]) -> None:
        """Checks the workers that were not there before."""
        new = set(workers) - set(self._workers)
        if new:
            _check_versions(self._client, new)
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


def _library() -> Any:
    try:
        import distributed
        import distributed.comm
    except ImportError as error:
        raise MissingExtraError(
            f'--scheduler needs Dask ({error}); install it with pip install "nnabla-influence[dask]"'
        ) from error
    return distributed


def _connect(distributed: Any, address: str) -> Any:
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


def _trouble(distributed: Any, address: str) -> str:
    """Why no scheduler can be talked to, or nothing.

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


async def _greet(distributed: Any, address: str) -> None:
    arguments = distributed.Security().get_connection_args("client")
    connection = await distributed.comm.connect(address, timeout=SECONDS / 2, **arguments)
    await connection.close()


def _workers(client: Any, address: str) -> Dict[str, int]:
    """The threads of each worker, by address; waits for the first worker."""
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


def _check_versions(client: Any, workers: Any) -> None:
    """Compares the versions of what makes the numbers.

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


def _versions(client: Any, workers: Any) -> Dict[str, Dict[str, str]]:
    hosts = client.get_versions(check=False)["workers"]
    pythons = {worker: ".".join(hosts[worker]["packages"]["python"].split(".")[:2]) for worker in workers & set(hosts)}
    ours = "{}.{}".format(*sys.version_info)
    # A function cannot be sent to another Python, so that is settled first.
    same = [worker for worker, python in pythons.items() if python == ours]
    read = client.run(_version_reader(), workers=same, on_error="ignore") if same else {}
    return {worker: {"python": pythons[worker], **(read.get(worker) or {})} for worker in pythons}


def _version_reader() -> Callable[[], Dict[str, str]]:
    """A function that is sent as code, not as a name, so that it also runs where this package is missing."""

    def versions() -> Dict[str, str]:
        import importlib
        import importlib.metadata

        found = {}
        try:
            found["nnabla_influence"] = importlib.import_module("nnabla_influence").__version__
            for name in ("nnabla", "numpy"):
                found[name] = importlib.metadata.version(name)
        except ImportError:  # PackageNotFoundError is one; what is not in the answer is missing
            pass
        return found

    return versions


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Dask's own log lines off standard error: what matters is raised or logged by this module."""
    names = [name for name in list(logging.root.manager.loggerDict) if name.split(".")[0] in NOISY]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
