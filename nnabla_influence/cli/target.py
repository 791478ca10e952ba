"""`--target`: ask what influences one class, or some validation rows, instead of the mean over all of them.

Every method's question is the mean loss over the validation data; another question is other validation data. So a
target is a subset of the validation rows, with a fingerprint of its own, and nothing else changes.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

from ..errors import ConfigError, DataError
from .options import existing_file

LOGGER = logging.getLogger("nnabla_influence")
MOST_CLASSES_SHOWN = 50
# Methods whose scores are the same whatever the validation data
WITHOUT_VALIDATION = ("self-influence", "loss", "margin", "random")


class Target(NamedTuple):
    """A class number, or a CSV that lists validation rows."""

    kind: str
    value: Union[int, Path]


def add_target_option(parser: Any) -> None:
    """``--target``."""
    parser.add_argument(
        "--target",
        type=target,
        metavar="WHAT",
        help="what influences class=K, or the validation rows=CSV lists by datasource_index (default: the mean over "
        "all validation rows)",
    )


def target(text: str) -> Target:
    """``class=3`` or ``rows=list.csv``."""
    kind, equals, value = text.partition("=")
    if kind == "class" and value.isdecimal():
        return Target(kind, int(value))
    if kind == "rows" and value:
        return Target(kind, existing_file(value))
    raise argparse.ArgumentTypeError(f"expected class=K with a class number, or rows=CSV, got '{text}'")


def target_file(asked: Optional[Target]) -> Optional[Path]:
    """The file a target reads, if any."""
    return asked.value if asked is not None and isinstance(asked.value, Path) else None


def refuse_target(asked: Optional[Target], method: str) -> None:
    """Refuse a target for a method that never looks at the validation data.

    Raises:
        ConfigError: It is one of `WITHOUT_VALIDATION`.
    """
    if asked is not None and method in WITHOUT_VALIDATION:
        raise ConfigError(
            f"--target means nothing to --method {method}, whose scores do not ask about validation rows; leave it "
            "out, or use another method."
        )


def narrowed(validation: Any, network: Any, asked: Optional[Target]) -> Any:
    """The validation rows that are asked about.

    Args:
        validation: The validation `Dataset`.
        network: The `Network`, which knows the label column.
        asked: The target; None for all rows.

    Raises:
        DataError: There is no such class, the labels are no class numbers, or the list is broken or names a row there
            is not.
    """
    import numpy as np

    from ..dataset.indexed_column import listed_samples

    if asked is None:
        return validation
    if isinstance(asked.value, Path):
        rows = np.array(sorted(listed_samples(asked.value)), dtype=np.int64)
        if rows[-1] >= len(validation):
            raise DataError(
                f"{asked.value}: expected rows of {validation.path} from 0 to {len(validation) - 1}, found {rows[-1]}. "
                "List validation rows, not training rows."
            )
    else:
        rows = _rows_of_class(validation, network, asked.value)
    LOGGER.info("target: %d of %d validation rows (%s=%s)", len(rows), len(validation), *asked)
    return validation.subset(rows)


def _rows_of_class(validation: Any, network: Any, number: int) -> Any:
    import numpy as np

    role = network.roles.validation.losses[0]
    column = role.target or network.loss_role.target
    if column is None or validation.shapes[column] != (1,):
        raise DataError(
            f"--target class={number} needs one class number per sample, which the network '{network.path}' does not "
            "read. Name the validation rows with --target rows=CSV."
        )
    labels = validation.column(column)[:, 0]  # (N,)
    rows = np.flatnonzero(labels == number)
    if not len(rows):
        values, counts = np.unique(labels, return_counts=True)
        if (values != values.round()).any():
            raise DataError(
                f"{validation.path}: --target class={number} needs class numbers in column {column}, found real values "
                f"such as {values[values != values.round()][0]:g}. Name the validation rows with --target rows=CSV."
            )
        shown = ", ".join(f"{v:g} ({n} rows)" for v, n in zip(values[:MOST_CLASSES_SHOWN], counts))
        more = ", ..." if len(values) > MOST_CLASSES_SHOWN else ""
        raise DataError(
            f"{validation.path}: expected rows of class {number} in column {column}, found none. The classes there "
            f"are: {shown}{more}."
        )
    return rows
