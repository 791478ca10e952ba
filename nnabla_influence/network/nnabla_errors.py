"""NNabla's exceptions, turned into this package's own.

NNabla states no exceptions: its loader and its functions raise what their code happens to raise, from deep inside. A
network that cannot be built is refused by `build_network`. One that was built can still fail at its first batch: an
index that a layer takes from the data lies outside its table, or memory runs out. NNabla then raises a RuntimeError
from its C++ sources and prints the layer's type.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Iterator

from ..errors import ComputationError
from ..interrupts import clear_interrupts

__all__ = ["NNABLA_ERRORS", "one_line", "translated_errors"]

NNABLA_ERRORS = (
    RuntimeError,
    ValueError,
    TypeError,
    NameError,
    AttributeError,
    LookupError,
    AssertionError,
    ArithmeticError,
    MemoryError,
)
"""The exceptions of NNabla's loader and of its functions."""

OUT_OF_MEMORY = re.compile(r"\balloc|out of memory", re.IGNORECASE)


def one_line(error: BaseException) -> str:
    r"""Return what an exception of NNabla's says, in one line and without the place in its sources.

    >>> one_line(RuntimeError("value error\n/src/affine.cpp:46\nFailed `a == b`: Sizes differ.\n"))
    'Failed `a == b`: Sizes differ'
    """
    text = " ".join(str(error).split())
    if isinstance(error, KeyError):  # its text is the key alone
        return f"there is no {text}"
    # The words before "Failed" are the kind of error and the C++ file; find() is -1 where NNabla's Python code raised.
    return text[max(text.find("Failed `"), 0) :].rstrip(".") or type(error).__name__


@contextmanager
def translated_errors(network: str, work: str) -> Iterator[None]:
    """Run a block in which NNabla computes, and turn its failure into an error of this package.

    Args:
        network: The network's path, for the message.
        work: What is being done, for the message.

    Raises:
        ComputationError: NNabla failed; the message says what it says, and what to do.
        KeyboardInterrupt: Ctrl-C came inside, also where NNabla would have lost it.
    """
    try:
        with clear_interrupts():
            yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError) or OUT_OF_MEMORY.search(str(error)):
            advice = "There is not enough memory: take a smaller batch size, or a device with more."
        else:
            advice = "Look for values in the data that this layer cannot take, such as an index outside its table."
        raise ComputationError(f"NNabla failed at {work} of '{network}': {one_line(error)}. {advice}") from error
