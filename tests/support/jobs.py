"""Jobs for the tests of execution: a module of its own, because worker processes import it by name."""

import logging
import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np

from nnabla_influence.errors import DataError


def product(seed):
    """A number whose last bits depend on how many threads BLAS uses; and some time, so that every worker gets a job."""
    time.sleep(0.02)
    values = np.random.default_rng(seed).random((300, 20000)).astype(np.float32)
    return float(np.sum(values @ values[0])), os.getpid()


def killed_once(job):
    """(number, folder): the first to come takes its whole process with it, like the out-of-memory killer does."""
    number, folder = job
    try:
        Path(folder, "killed").touch(exist_ok=False)
    except FileExistsError:
        return product(number)[0]
    os.kill(os.getpid(), signal.SIGKILL)


def killed_always(number):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return number


def in_a_worker():
    return multiprocessing.parent_process() is not None


def kills_a_worker(number):
    if number == 0 and in_a_worker():
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def refuses(number):
    if number == 1:
        raise DataError("expected a picture, got 'x.csv'; give a picture.")
    time.sleep(0.05)
    return number


def logs(number):
    logging.getLogger("nnabla_influence").warning("job %d has something to say", number)
    logging.getLogger("nnabla_influence").debug("details of %d", number)
    return number


def waits(job):
    """(number, folder): says that it has started, then stays unless it is stopped, and says that or its end too."""
    number, folder = job
    if number == "quick":
        return number
    Path(folder, f"started{number}").write_text(str(os.getpid()), encoding="utf-8")
    try:
        for _ in range(6000):
            time.sleep(0.1)  # Python hears a signal that comes just before a long sleep only after it
        Path(folder, f"finished{number}").touch()
    finally:
        Path(folder, f"stopped{number}").touch()


def threads(number):
    from threadpoolctl import threadpool_info

    return sorted({pool["num_threads"] for pool in threadpool_info()})


def _missing():
    raise DataError("expected the decoded data, found no data on this machine.")


class MissingThere:
    """A job whose unpacking fails in the worker."""

    def __reduce__(self):
        return _missing, ()
