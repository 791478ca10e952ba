"""One exception tree for the whole package.

::

    InfluenceError                     everything this package raises on purpose
    |- RequestError                    the request is wrong: exit code 2
    |  |- ConfigError                  a setting has an impossible value
    |  |- DataError                    a data set is missing, broken or does not fit the network
    |  |- NetworkError                 a network file is broken or lacks a role that is needed
    |  |- UnsupportedError             a solver, layer or loss this package cannot treat (named)
    |  |- CacheMismatchError           a cache is opened with other data, network or settings
    |  |- CheckpointMissingError       the cache's policy did not keep the parameters asked for
    |  |- OutputExistsError            the target exists and may not be overwritten
    |  |- TooLargeError                it needs more memory or room than this machine has
    |  `- MissingExtraError            an optional library is not installed
    `- RunError                        the request was fine, the run failed: exit code 1
       |- CorruptFileError             a file's contents do not match its checksum
       |- InUseError                   another process works on the same file
       |- ComputationError             NNabla failed at a batch, out of memory for instance
       `- DivergenceError              numbers grew without bound or became NaN

A message has three parts: what was expected, what arrived (with the value), what to do. Where the last part differs
between a command, a click and Python, it is a `Remedy`: data that each door says in its own words.
"""

from __future__ import annotations

from typing import Mapping, Optional

from .remedies import IN_PYTHON, Remedy, with_remedy


class InfluenceError(Exception):
    """Base of every exception this package raises on purpose.

    Args:
        message: What was expected and what arrived.
        remedy: What to do, where that depends on the door.

    Attributes:
        message: The message without the remedy.
        remedy: The remedy.
    """

    exit_code = 1

    def __init__(self, message: str = "", remedy: Optional[Remedy] = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return self.said(IN_PYTHON)

    def said(self, words: Mapping[str, str]) -> str:
        """Return the message with the remedy in the words of one door."""
        return with_remedy(self.message, self.remedy, words)


class RequestError(InfluenceError):
    """The request is wrong; nothing was changed."""

    exit_code = 2


class ConfigError(RequestError):
    """A setting has an impossible value."""


class DataError(RequestError):
    """A data set is missing, broken, or does not fit the network."""


class NetworkError(RequestError):
    """A network file is broken or lacks a role (loss, input, label) that is needed."""


class UnsupportedError(RequestError):
    """A solver, layer or loss that this package cannot treat; the message names it."""


class CacheMismatchError(RequestError):
    """A training cache is used with another data set, network or configuration."""


class CheckpointMissingError(RequestError):
    """The cache's policy did not keep the parameters a method needs."""


class OutputExistsError(RequestError):
    """The target exists already and holds something else."""


class TooLargeError(RequestError):
    """What is asked for needs more memory, or more room on a disk, than this machine has."""


class MissingExtraError(RequestError):
    """An optional library is not installed; the message says what to install."""


class RunError(InfluenceError):
    """The request was fine, the run failed."""


class CorruptFileError(RunError):
    """A file's contents do not match the checksum stored in it."""


class InUseError(RunError):
    """Another process works on the same file; the same command may succeed when it has ended."""


class ComputationError(RunError):
    """NNabla failed while a network computed; the same command may succeed at another time."""


class DivergenceError(RunError):
    """Training or the backward recursion grew without bound or produced NaN."""
