"""What NNabla raises while a built network computes becomes an error of this package.

A network can be built and still fail at its first batch: an index that a layer takes from the data lies outside its
table, or memory runs out. NNabla then raises a RuntimeError from its C++ sources and prints the layer's type.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Iterator

from ..errors import ComputationError
from ..interrupts import clear_interrupts
from .building import spoken

OUT_OF_MEMORY = re.compile(r"\balloc|out of memory", re.IGNORECASE)


@contextmanager
def computing(network: str, work: str) -> Iterator[None]:
    """Runs a block in which NNabla computes.

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
    except RuntimeError as error:
        if OUT_OF_MEMORY.search(str(error)):
            advice = "There is not enough memory: take a smaller batch size, or a device with more."
        else:
            advice = "Look for values in the data that this layer cannot take, such as an index outside its table."
        raise ComputationError(f"NNabla failed at {work} of '{network}': {spoken(error)}. {advice}") from error
