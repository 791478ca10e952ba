"""How much a packed file may unpack to.

Text packs to a tenth, trained weights hardly at all, while a file made to fill a machine's memory packs to a
thousandth. So what claims to unpack to more than a hundred times its bytes is refused before it is unpacked, unless it
is small anyway.
"""

from __future__ import annotations

from ..errors import CorruptFileError
from ..machine_memory import require_memory

__all__ = ["require_plausible_size"]

MOST_TIMES = 100
SMALL = 64 << 20  # bytes: harmless on any machine, and a new network's zeros may pack well


def require_plausible_size(what: str, unpacked: int, stored: int) -> None:
    """Refuse something whose unpacked size is out of proportion, or beyond the machine's memory.

    Args:
        what: What it is, for the message.
        unpacked: The bytes it claims to unpack to.
        stored: The bytes it takes in its file.

    Raises:
        CorruptFileError: It is out of proportion.
        TooLargeError: It does not fit the memory of this machine.
    """
    if unpacked > max(SMALL, MOST_TIMES * stored):
        raise CorruptFileError(
            f"expected {what} to unpack to at most {MOST_TIMES} times its {stored:,} bytes, got {unpacked:,} bytes"
        )
    require_memory(unpacked, f"unpacking {what}")
