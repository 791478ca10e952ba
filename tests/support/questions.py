"""Questions for the tests of shared work: a module of its own, because worker processes import it by name."""

import logging
import os
import signal
import time
from pathlib import Path

import numpy as np

from nnabla_influence.errors import DataError, UnsupportedError
from support.jobs import in_a_worker

LOGGER = logging.getLogger("nnabla_influence")


class Scales:
    """A subject with an array, and a memory: it keeps the first factor that it is asked with."""

    def __init__(self, values):
        self.values = values
        self.first = None


def scaled(subject, item, factor):
    """The sum of the values times the factor that this subject was asked with first; and where."""
    if subject.first is None:
        subject.first = float(factor.sum())
    return float(subject.values.sum()) * subject.first * item, os.getpid()


def slowly(subject, item):
    time.sleep(0.3)
    return item, os.getpid()


def negative(subject, item):
    return -item


def refuses_three(subject, item):
    if item == 3:
        raise DataError("expected a picture, got 'x.csv'; give a picture.")
    return item


def dies_once(subject, item):
    """The first worker that comes to an item is killed, as by the system that is out of memory."""
    if not in_a_worker():
        return -item
    try:
        Path(subject, "killed").touch(exist_ok=False)
    except FileExistsError:
        return -item
    return os.kill(os.getpid(), signal.SIGKILL)


def says(subject, item):
    LOGGER.info("the network is slow")
    LOGGER.info("item %d", item)
    return item


def notes(subject, item):
    """Leaves a file in the folder that is the subject."""
    Path(subject, str(item)).touch()
    time.sleep(0.02)
    return item


def mapped(subject, item):
    """Whether the subject's array is a map of a file; and where."""
    base = subject.values
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    return isinstance(base, np.memmap), os.getpid()


def first_norm(oracle, batch, direction):
    """What an oracle that was asked with another direction first would give: it keeps the first one's length."""
    if not hasattr(oracle, "kept"):
        oracle.kept = float(np.linalg.norm(direction))
    return np.full(len(batch["y"]), oracle.kept * len(batch["y"]))


def refuses_small_batches(oracle, batch):
    if len(batch["y"]) < 6:
        raise UnsupportedError("it rounds")
    return len(batch["y"])
