"""The plugin *Remove harmful samples*: the training data without its most harmful samples, and these, as two CSV files.

A number or a share is taken from the influence CSV as it is, and so is a list, such as the one downloaded from the
report. ``auto`` must not let the data that made the scores also choose the number, so it scores once more, with half of
the validation data; the last epoch is trained again without the most harmful samples of that ranking, for several
numbers and batch orders, and the other half chooses. What is removed then are the samples of the ranking that was
judged.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Tuple

from ..cleansing import Listed, Removal, amount_from, class_numbers, cleanse
from ..cli.cleanse import report_classes
from ..cli.console import Console
from ..errors import ConfigError, DataError
from ..files import refuse_overwriting
from ..scored_data import ScoredData

__all__ = ["removal_of", "run"]

AUTO = "auto"


def run(args: argparse.Namespace, console: Console) -> None:
    """Write the two files.

    Raises:
        ConfigError: The field `remove` holds something else.
        DataError: The influence CSV is missing or broken, or nothing would be left.
        OutputExistsError: An output is read, or both are the same file.
    """
    influence, output, removed = Path(args.influence), Path(args.output), Path(args.removed)
    if not influence.is_file():
        raise DataError(
            f"Expected an influence CSV at '{influence}', found no file. Start the plugin Influence first, or name its "
            "output."
        )
    refuse_overwriting([output, removed], [influence])
    if args.remove.strip().lower() == AUTO:
        influence, removal = _judged(args, console)
    else:
        removal = removal_of(args.remove)
    data = ScoredData.read(influence)
    rows = removal.rows(data.scores)
    cleanse(data, rows, output, removed)
    report_classes(console, class_numbers(data), rows, "removed")
    if not len(rows):
        console.info(f"no sample is removed: {output} holds all of them, {removed} is a header only")
    console.info(f"{len(rows)} of {len(data)} samples removed ({len(rows) / len(data):.1%}): {removed}")
    console.info(f"cleansed data: {output} ({len(data) - len(rows)} samples); train on it to see whether it helped")


def removal_of(text: str) -> Removal:
    """The rule behind ``100``, ``5%``, or the file of a list.

    Raises:
        ConfigError: It is none of these.
    """
    if text.strip().lower().endswith(".csv"):
        return Listed(_list_file(text.strip()))
    try:
        return amount_from(text.replace(" ", ""))
    except ConfigError:
        raise ConfigError(
            "Expected in the field remove a number such as 100, a percentage such as 5%, auto, or the list (.csv) "
            f"downloaded from the report; got '{text}'."
        ) from None


def _list_file(name: str) -> Path:
    """The list, also where browsers put it.

    Raises:
        ConfigError: There is no such file.
    """
    given = Path(name.strip('"'))
    places = (given, Path.home() / "Downloads" / given.name)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise ConfigError(f"Expected the list at '{places[0]}' or '{places[1]}', found no file. Give its full name.")
    return found


def _judged(args: argparse.Namespace, console: Console) -> Tuple[Path, Removal]:
    """The influence CSV and the number of `auto`."""
    from .automatic import choose

    return choose(args, console)
