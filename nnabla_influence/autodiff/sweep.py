"""The noun *sweep*: the same question about batch after batch, asked of one oracle, or of one in every worker.

The batches of a data set are independent of each other as long as the parameters stay: sample products, gradients,
curvature products, losses. A `Sweep` asks for them in this process, a `SharedSweep` lets workers answer whole batches.
Answers come in the order of the batches and are the same to the last bit, so sums of them are too.

How an oracle computes (by our own passes, by double backward, by differences) is decided by the first batch of every
size that a kind of question meets. So a worker that is new to an oracle first repeats these decisions, on the same
batches with the same directions.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, TypeVar

from ..array import IntArray
from ..dataset.dataset import Dataset
from ..execution import Execution, SharedWork, said_once
from .loss_oracle import LossOracle

__all__ = ["HERE", "SharedSweep", "Sweep", "sweeping"]

Answer = TypeVar("Answer")
Subject = TypeVar("Subject")
Item = TypeVar("Item")


class Sweep:
    """Questions that are answered in this process, one batch after the other.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Network
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> losses = partial(LossOracle.sample_losses, theta=network.theta)
    >>> batches = [np.array([0, 1, 2]), np.array([3])]
    >>> [len(answer) for answer in Sweep().batches(LossOracle(network), losses, data, batches)]
    [3, 1]
    """

    def batches(
        self, oracle: LossOracle, question: Callable[..., Answer], data: Dataset, batches: Sequence[IntArray]
    ) -> Iterator[Answer]:
        """Ask about every batch.

        Args:
            oracle: Who knows.
            question: Called with the oracle and, as ``batch``, the columns of B samples; a partial of a module's
                function or of a method of `LossOracle`, so that it can be sent.
            data: The rows.
            batches: Row numbers of each batch.

        Yields:
            The answers, in the order of the batches.
        """
        for rows in batches:
            yield question(oracle, batch=data.batch(rows))

    def items(
        self, subject: Subject, question: Callable[[Subject, Item], Answer], items: Sequence[Item]
    ) -> Iterator[Answer]:
        """Ask about every item of something else than an oracle, see `execution.SharedWork.answers`."""
        for item in items:
            yield question(subject, item)


HERE = Sweep()
"""One batch after the other, in this process."""


class SharedSweep(Sweep):
    """Questions that workers share.

    Args:
        work: The workers.
    """

    def __init__(self, work: SharedWork) -> None:
        self._work = work
        self._subjects: Dict[Tuple[int, int], _Subject] = {}

    def batches(
        self, oracle: LossOracle, question: Callable[..., Answer], data: Dataset, batches: Sequence[IntArray]
    ) -> Iterator[Answer]:
        """See `Sweep.batches`."""
        key = (id(oracle), id(data))
        subject = self._subjects.setdefault(key, _Subject(_Questioned(oracle, data)))
        asked: Callable[[_Questioned, IntArray], Answer] = partial(_of_rows, question=question)
        before = subject.decisions
        subject.decisions = subject.decisions_with(_kind(question), asked, batches)
        try:
            yield from self._work.answers(subject.questioned, asked, batches, subject.decisions)
        except Exception:
            subject.decisions = before  # what cannot be answered decides nothing
            raise

    def items(
        self, subject: Subject, question: Callable[[Subject, Item], Answer], items: Sequence[Item]
    ) -> Iterator[Answer]:
        """See `Sweep.items`."""
        yield from self._work.answers(subject, question, items)


class _Questioned(NamedTuple):
    """What workers need to answer."""

    oracle: LossOracle
    data: Dataset

    def __reduce__(self) -> Tuple[Callable[..., Any], Tuple[Any, ...]]:
        return _Questioned, (self.oracle, self.data.without_table())  # the text of a CSV is of no use there


class _Subject:
    """An oracle and its data, and the questions that have decided how it computes."""

    def __init__(self, questioned: _Questioned) -> None:
        self.questioned = questioned
        self.decisions: List[_Decision] = []

    def decisions_with(
        self, kind: Tuple[Any, ...], question: Callable[..., Any], batches: Sequence[IntArray]
    ) -> List[_Decision]:
        """Return the decisions so far, and those that the first batch of every new size will make."""
        known = {(decision.kind, len(decision.item)) for decision in self.decisions}
        first_of_size: Dict[int, IntArray] = {}
        for rows in batches:
            first_of_size.setdefault(len(rows), rows)
        new = [_Decision(question, rows, kind) for size, rows in first_of_size.items() if (kind, size) not in known]
        return [*self.decisions, *new]


class _Decision(NamedTuple):
    """A rehearsal (see `execution.Rehearsal`), and what kind of question it decides."""

    question: Callable[..., Any]
    item: IntArray
    kind: Tuple[Any, ...]


def _of_rows(questioned: _Questioned, rows: IntArray, question: Callable[..., Answer]) -> Answer:
    return question(questioned.oracle, batch=questioned.data.batch(rows))


def _kind(question: Callable[..., Any]) -> Tuple[Any, ...]:
    """Return which questions decide alike: those by one function about one network."""
    function = getattr(question, "func", question)
    return function.__qualname__, getattr(question, "keywords", {}).get("validation", False)


@contextmanager
def sweeping(execution: Execution, shared: Optional[Path] = None) -> Iterator[Sweep]:
    """Open a sweep; its workers go at the end of the block.

    Args:
        execution: Where to compute.
        shared: A folder that all machines of a cluster see; processes of this machine do without.

    Raises:
        RunError: The cluster cannot be used.
    """
    if not execution.elsewhere:
        yield HERE
        return
    with said_once(), SharedWork(execution, shared) as work:
        yield SharedSweep(work)
