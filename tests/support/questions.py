"""Questions for the tests of shared work: a module of its own, because worker processes import it by name."""

import logging
import os
import signal
import time
from pathlib import Path

import numpy as np

from nnabla_influence.errors import DataError, UnsupportedError

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
    """The first process that comes to item 5 is killed, as by the system that is out of memory."""
    if item == 5:
        try:
            Path(subject, "killed").touch(exist_ok=False)
        except FileExistsError:
            return -item
        os.kill(os.getpid(), signal.SIGKILL)
    return -item


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
    """Whether the subject's array is a map of a file."""
    base = subject.values
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    return isinstance(base, np.memmap)


def first_norm(oracle, batch, direction):
    """What an oracle that was asked with another direction first would give: it keeps the first one's length."""
    if not hasattr(oracle, "kept"):
        oracle.kept = float(np.linalg.norm(direction))
    return np.full(len(batch["y"]), oracle.kept * len(batch["y"]))


def refuses_small_batches(oracle, batch):
    if len(batch["y"]) < 6:
        raise UnsupportedError("it rounds")
    return len(batch["y"])
