"""The noun *shared work*: one question about many items of one subject, answered by workers, in order.

A *subject* (a network and its data) goes to every worker once. A *question* (a function of the subject and an item)
goes out with its items in pieces, and the answers come back in the order of the items, so whoever adds them up adds
in the same order as one process does. Whether an item is answered here or there changes no bit of its answer.

On one machine the asking process is one of the workers, so it computes while the others start, and a network is in
memory once for each of them. Starting a process costs some seconds, most of them for importing NNabla. So unless
workers are asked for from the start, the work begins in this process, and the others join as soon as it is known to
take longer than `PATIENCE`. The workers of a cluster may be other machines: there the asking process only waits.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from contextlib import ExitStack, closing
from functools import lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import (
    Any,
    Callable,
    Deque,
    Dict,
    Generic,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Set,
    Tuple,
    Type,
    TypeVar,
)

from ..errors import RunError
from .execution import Execution
from .job_runner import JobRunner
from .said_once import as_a_worker
from .shared_folder import shared_folder
from .shared_value import SharedValue

__all__ = ["PATIENCE", "Rehearsal", "SharedWork", "end_if_unwanted"]

LOGGER = logging.getLogger("nnabla_influence")

PATIENCE = 10.0
"""Seconds that the work may be known to take before workers are started for it; three times what starting takes."""

PIECES = 32
"""Pieces of a round for each worker: small enough to end at the same time, and to show how far it is."""

Subject = TypeVar("Subject")
Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Rehearsal(Protocol):
    """A question about an item that every worker answers first, because it decides how others are answered.

    Attributes:
        question: The question.
        item: The item.
    """

    @property
    def question(self) -> Callable[[Any, Any], Any]:
        """The question."""

    @property
    def item(self) -> Any:
        """The item."""


class SharedWork:
    """Questions that workers share; to be used in a ``with`` block, at whose end they go.

    Args:
        execution: Where to work.
        shared: A folder that all machines of a cluster see; processes of this machine do without.
    """

    def __init__(self, execution: Execution, shared: Optional[Path] = None) -> None:
        self._runner = JobRunner(execution, takes_part=True)
        self._alone = not execution.elsewhere
        self._place = shared
        self._folder: Optional[Path] = None
        self._stack = ExitStack()
        self._mapped = execution.scheduler is None
        self._workers = 0
        self._elsewhere = execution.from_start
        self._spent = 0.0  # seconds of work in this process
        self._shared: Dict[int, Tuple[object, SharedValue[Any]]] = {}  # by identity, with what keeps it from reuse
        self._subjects: List[SharedValue[Any]] = []
        self._here: Dict[int, _Opened[Any]] = {}  # subjects by identity
        self._count = 0

    def __enter__(self) -> SharedWork:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        for _, value in self._shared.values():
            value.remove()  # first: whoever still works on it ends with the item at hand
        self._runner.__exit__(kind, error, traceback)
        self._stack.close()  # last, when no worker has a file open any more: Windows removes none that is

    def answers(
        self,
        subject: Subject,
        question: Callable[[Subject, Item], Answer],
        items: Sequence[Item],
        rehearsals: Sequence[Rehearsal] = (),
    ) -> Iterator[Answer]:
        """Answer a question about every item.

        Args:
            subject: What the question is about; the same object is sent once.
            question: It can be pickled; a partial of a module's function is one.
            items: The items.
            rehearsals: What a worker that is new to the subject answers before, in this order.

        Yields:
            The answers, in the order of the items.

        Raises:
            RunError: Workers died again and again, or the cluster cannot be used.
            Exception: What the question raises.
        """
        rest = deque(items)
        yield from self._answered_here(subject, question, rest)
        if rest:
            yield from self._answered_elsewhere(subject, question, list(rest), rehearsals)

    # -- in this process -----------------------------------------------------------------------------------------

    def _answered_here(
        self, subject: Subject, question: Callable[[Subject, Item], Answer], rest: Deque[Item]
    ) -> Iterator[Answer]:
        seconds: List[float] = []
        while rest and not self._pays(seconds, len(rest)):
            started = time.perf_counter()
            answer = question(subject, rest.popleft())
            seconds.append(time.perf_counter() - started)
            self._spent += seconds[-1]
            yield answer

    def _pays(self, seconds: Sequence[float], left: int) -> bool:
        """Whether to go on in workers, by the seconds that this round's items took so far."""
        if not (self._elsewhere or self._alone):
            pace = min(seconds[1:], default=0.0)  # the first one prepares the others
            self._elsewhere = self._spent + pace * left > PATIENCE
        return self._elsewhere and not self._alone

    # -- elsewhere -----------------------------------------------------------------------------------------------

    def _answered_elsewhere(
        self,
        subject: Subject,
        question: Callable[[Subject, Item], Answer],
        items: Sequence[Item],
        rehearsals: Sequence[Rehearsal],
    ) -> Iterator[Answer]:
        size = max(1, len(items) // (PIECES * self._started()))
        pieces = [items[start : start + size] for start in range(0, len(items), size)]
        first = [_SharedRehearsal(self._share(rehearsal.question), rehearsal.item) for rehearsal in rehearsals]
        shared = self._share(subject)
        if shared not in self._subjects:
            self._subjects.append(shared)
        jobs = [_Piece(shared, self._share(question), first, piece) for piece in pieces]
        mine = self._here.setdefault(id(subject), _Opened(subject))
        here = partial(_answered_by_the_asking, mine, question, list(zip(first, rehearsals)))
        early: Dict[int, List[Answer]] = {}
        due = 0
        try:
            with closing(self._runner.completed(_answered, jobs, here)) as results:
                for number, answers in results:
                    early[number] = answers
                    while due in early:
                        yield from early.pop(due)
                        due += 1
        finally:
            if not any(rehearsal.question is question for rehearsal in rehearsals):
                self._shared.pop(id(question))[1].remove()

    def _started(self) -> int:
        if not self._workers:
            self._workers = self._runner.start()
            LOGGER.debug("%d workers share the work", self._workers)
        return self._workers

    def _share(self, value: Any) -> SharedValue[Any]:
        if id(value) not in self._shared:
            if self._folder is None:
                self._folder = self._stack.enter_context(shared_folder(self._place))
            shared = SharedValue(value, self._folder / str(self._count), self._mapped, self._subjects)
            self._shared[id(value)] = (value, shared)
            self._count += 1
        return self._shared[id(value)][1]


class _SharedRehearsal(NamedTuple):
    """A question and an item that a worker answers before its first job; the answer is thrown away."""

    question: SharedValue[Any]
    item: Any


class _Piece(NamedTuple):
    """A job: some of the items."""

    subject: SharedValue[Any]
    question: SharedValue[Any]
    rehearsals: Sequence[_SharedRehearsal]
    items: Sequence[Any]


class _Opened(Generic[Subject]):
    """A subject in a worker, and what was rehearsed on it."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._rehearsed: Set[Tuple[Path, int]] = set()

    def rehearse(
        self, number: int, shared: _SharedRehearsal, question: Optional[Callable[[Subject, Any], Any]]
    ) -> None:
        """Answer what decides, once; the question is opened if this is not the process that asks it."""
        key = (shared.question.folder, number)
        if key not in self._rehearsed:
            (question or shared.question.opened())(self.subject, shared.item)
            self._rehearsed.add(key)


@lru_cache(maxsize=2)
def _opened(subject: SharedValue[Subject]) -> _Opened[Subject]:
    """Open a subject in a worker; two, because a method may ask about training and validation data in turn."""
    return _Opened(subject.opened())


def _answered(piece: _Piece) -> List[Any]:
    opened = _opened(piece.subject)
    for number, rehearsal in enumerate(piece.rehearsals):
        opened.rehearse(number, rehearsal, None)
    question = piece.question.opened()
    _AtHand.folder = piece.question.folder
    try:
        return [_wanted(question, opened.subject, item) for item in piece.items]
    finally:
        _AtHand.folder = None


def _answered_by_the_asking(
    opened: _Opened[Subject],
    question: Callable[[Subject, Item], Answer],
    rehearsals: Sequence[Tuple[_SharedRehearsal, Rehearsal]],
    piece: _Piece,
) -> List[Answer]:
    """Answer a piece in the process that asks, which has the subject and the questions themselves."""
    with as_a_worker():
        for number, (shared, rehearsal) in enumerate(rehearsals):
            opened.rehearse(number, shared, rehearsal.question)
        return [question(opened.subject, item) for item in piece.items]


def _wanted(question: Callable[[Subject, Item], Answer], subject: Subject, item: Item) -> Answer:
    end_if_unwanted()
    return question(subject, item)


class _AtHand:
    """What this worker works on: the folder is there as long as somebody waits for it."""

    folder: Optional[Path] = None


def end_if_unwanted(*progress: int) -> None:
    """End the work of a worker that nobody waits for; nobody can interrupt a worker of a cluster from afar.

    Called before every item. A question that takes long about one calls it too; it has the form of a
    `progress.ProgressCallback`.

    Raises:
        RunError: The asking process is gone, or was interrupted.
    """
    if _AtHand.folder is not None and not _AtHand.folder.is_dir():
        raise RunError("Nobody waits for this work any more.")
