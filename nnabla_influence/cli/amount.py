"""An amount of samples as it is typed: ``100`` or ``2%``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import ConfigError

if TYPE_CHECKING:  # loading it would make --help slow
    from ..cleansing import Amount

__all__ = ["amount"]


def amount(text: str) -> Amount:
    """Read an amount, as an argparse type."""
    from ..cleansing import amount_from

    try:
        return amount_from(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(error.message) from None
