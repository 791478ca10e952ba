"""A number of bytes as people write it: ``512MB``, ``2GB``; powers of 1024."""

from __future__ import annotations

__all__ = ["EXPECTED", "byte_size", "byte_text"]

EXPECTED = "a size such as 512MB or 2GB"
UNITS = ("", "KB", "MB", "GB")


def byte_size(text: str) -> int:
    """Read a number of bytes.

    Raises:
        ValueError: It is none; the message says what arrived.

    >>> byte_size("2GB"), byte_size("7")
    (2147483648, 7)
    """
    number = text.strip().upper()
    number = number[:-1] if number.endswith("B") else number
    unit = 1
    for power, letter in enumerate("KMG", start=1):
        if number.endswith(letter):
            number = number[:-1]
            unit = 1024**power
    if not number.isdecimal() or int(number) == 0:
        raise ValueError(f"expected {EXPECTED}, got '{text}'")
    return int(number) * unit


def byte_text(size: int) -> str:
    """Write a number of bytes with three digits.

    >>> byte_text(700), byte_text(3 * 1024**3)
    ('700 bytes', '3 GB')
    """
    power = min(len(UNITS) - 1, max(0, (max(1, size).bit_length() - 1) // 10))
    return f"{size:,} bytes" if power == 0 else f"{size / 1024**power:,.3g} {UNITS[power]}"
