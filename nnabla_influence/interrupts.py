"""Ctrl-C stays Ctrl-C, is never lost, and says how to go on.

Python raises KeyboardInterrupt wherever the main thread is. Two places do not let it pass:

- Inside a compiled method of NNabla (a backward pass, an update) that calls Python, the call *returns a result with
  an exception set*, as the interpreter puts it, and a SystemError arrives instead, with the KeyboardInterrupt as its
  cause.
- Inside a function that the interpreter calls by itself (the callback of a weak reference, a ``__del__``), the
  exception cannot go anywhere: it is printed as *Exception ignored in* and thrown away. NNabla imports modules while
  it reads an array, and every import has such a callback; so of 3,000 interrupts at random moments of a small training
  47 were lost, and the training ran to its end.

`clear_interrupts` gives both back as the KeyboardInterrupt they were. Whoever keeps progress says where it is and what
to do with `resumable`.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Optional, Set

from .remedies import IN_PYTHON, Remedy, with_remedy

__all__ = ["Interrupted", "clear_interrupts", "interruption_text", "resumable"]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with what is kept and how to go on.

    Example:
        >>> from nnabla_influence.remedies import remedy
        >>> str(Interrupted("the progress is in 'cache.h5.partial'.", remedy("go-on")))
        "the progress is in 'cache.h5.partial'. The same call goes on."

    Args:
        kept: A sentence on where the progress is.
        remedy: How to go on.

    Attributes:
        kept: The sentence.
        remedy: The remedy.
    """

    def __init__(self, kept: str, remedy: Optional[Remedy] = None) -> None:
        super().__init__(kept, remedy)
        self.kept = kept
        self.remedy = remedy

    def __str__(self) -> str:
        return self.said(IN_PYTHON)

    def said(self, words: Mapping[str, str]) -> str:
        """Return the sentence with the remedy in the words of one door."""
        return with_remedy(self.kept, self.remedy, words)


def interruption_text(interrupt: KeyboardInterrupt, words: Mapping[str, str]) -> str:
    """Return what an interrupt has to say in the words of one door; empty if it is a bare Ctrl-C."""
    return interrupt.said(words) if isinstance(interrupt, Interrupted) else str(interrupt)


@contextmanager
def resumable(kept: str, remedy: Optional[Remedy] = None, folder: Optional[Path] = None) -> Iterator[None]:
    """Say after Ctrl-C where the progress is and how to go on; the outermost block has the last word.

    A block inside knows its own part only: a plugin that trains and scores goes on as a whole.

    Args:
        kept: A sentence on where the progress is.
        remedy: How to go on.
        folder: Where the progress is kept, if there may be none yet: then the interrupt is left as it came.

    Raises:
        Interrupted: Ctrl-C came inside.
    """
    try:
        with clear_interrupts():
            yield
    except KeyboardInterrupt as interrupt:
        if folder is not None and not folder.is_dir():
            raise
        raise Interrupted(kept, remedy) from interrupt


@contextmanager
def clear_interrupts() -> Iterator[None]:
    """Give back the KeyboardInterrupt that compiled code or the interpreter's own callbacks did not let pass.

    One that was thrown away is raised when the innermost block ends; NNabla therefore computes every batch in a block
    of its own.

    Raises:
        KeyboardInterrupt: Ctrl-C came inside.
        SystemError: Any other, as it came.
    """
    try:
        with _noticing_discarded():
            yield
    except KeyboardInterrupt:
        _Discarded.take()  # a second one got through
        raise
    except BaseException as error:  # an error does not make an interrupt undone
        if _Discarded.take() or _was_interrupt(error):
            raise KeyboardInterrupt from error
        raise
    if _Discarded.take():
        raise KeyboardInterrupt


class _Discarded:
    """An interrupt that the interpreter threw away and nobody has seen since."""

    pending = False

    @classmethod
    def take(cls) -> bool:
        """Return whether there is one, and forget it."""
        pending = cls.pending
        cls.pending = False
        return pending


@contextmanager
def _noticing_discarded() -> Iterator[None]:
    """Note down interrupts that the interpreter can only print; everything else is printed as before."""
    before = sys.unraisablehook
    if isinstance(before, _Notice):  # a block further out notices already
        yield
        return
    sys.unraisablehook = _Notice(before)
    try:
        yield
    finally:
        sys.unraisablehook = before


class _Notice:
    """A hook for exceptions that can go nowhere.

    Args:
        others: Called with those that are no interrupt.
    """

    def __init__(self, others: Callable[[Any], Any]) -> None:
        self.others = others

    def __call__(self, unraisable: Any) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            _Discarded.pending = True
        else:
            self.others(unraisable)


def _was_interrupt(error: BaseException) -> bool:
    """Say whether an error goes back to an interrupt: inside compiled code, or while something was tidied up after it.

    A file that is closed while an interrupt passes may raise an error of its own (a ZIP file whose stream is closed
    already), which then hides the interrupt.
    """
    seen: Set[int] = set()
    while not isinstance(error, KeyboardInterrupt):
        seen.add(id(error))
        earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if earlier is None or id(earlier) in seen:
            return False
        error = earlier
    return True
