"""Messages that several workers have in common."""

import logging

from nnabla_influence.execution import said_once
from nnabla_influence.execution.said_once import as_a_worker

LOGGER = logging.getLogger("nnabla_influence")


def relay(text):
    record = LOGGER.makeRecord(LOGGER.name, logging.WARNING, "file", 1, text, (), None)
    record.from_worker = True
    LOGGER.handle(record)


def test_what_a_worker_repeats_is_dropped_and_what_this_process_says_is_not(caplog):
    with said_once():
        for text in ("slow", "slow", "other"):
            relay(text)
        LOGGER.warning("here %d", 1)
        relay("here 1")
        LOGGER.warning("here %d", 1)
        with as_a_worker():
            LOGGER.warning("here %d", 1)
            LOGGER.warning("as one of them")
            LOGGER.warning("as one of them")
    assert caplog.messages == ["slow", "other", "here 1", "here 1", "as one of them"]
    caplog.clear()
    relay("slow")
    relay("slow")
    assert caplog.messages == ["slow", "slow"] and not LOGGER.filters
