"""From an NNC CSV to decoded arrays, once.

Three passes, each over one row at a time: look at the cells (`inspection`), hash the files they name (`file_cells`,
`fingerprint`), and, only if the data cache does not hold that fingerprint yet, decode them into it
(`variable_decoder`, `store`). Broken cells are collected along the way. As soon as there is one, nothing is stored any
more, but the rest is still decoded, so that one message lists everything.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import RunError
from ..execution import Execution
from ..remedies import remedy
from .cache_limit import data_cache_limit, mark_used, trim_data_cache
from .csv import Table
from .data_cache import default_data_cache
from .decoded_files import FileCell, decoded_files
from .decoding import ImageSize
from .file_cells import FileCells, FileCounter, FileProgress
from .fingerprint import FileIndex, table_fingerprint
from .inspection import VariablePlan, inspect
from .problems import Problems
from .store import ENVIRONMENT, ArrayWriter, new_entry, open_entry
from .variable_decoder import VariableDecoder
from .verified_array import VerifiedArray

__all__ = ["DecodeSettings", "FileProgress", "ingest"]


class DecodeSettings(NamedTuple):
    """The settings that change the numbers a network sees.

    Attributes:
        image_size: (H, W) to which images are resized, or None.
        normalize: Whether images are scaled to 0..1.
    """

    image_size: ImageSize = None
    normalize: bool = True


ATTEMPTS = 3  # another process may empty the data cache at the moment a data set is ready


def ingest(
    table: Table,
    settings: DecodeSettings,
    data_cache: Path,
    progress: Optional[FileProgress] = None,
    execution: Execution = Execution(),
) -> Tuple[str, Dict[str, VerifiedArray]]:
    """Decode a data set, or open it where the data cache holds it decoded.

    Args:
        table: The CSV's text.
        settings: How images become numbers.
        data_cache: The folder of the data cache.
        progress: Called with (files done, files in all) while files are read.
        execution: The processes of this machine that decode files.

    Returns:
        The fingerprint, and read-only arrays (N, *shape) by variable: uint8 or uint16 for images, else float32.

    Raises:
        DataError: Some cells are broken; all of them are listed, up to 20.
        RunError: The data cache cannot be written.
    """
    problems = Problems(table.path)
    plans = inspect(table, problems)
    files = FileCells(table, plans, problems)
    index = FileIndex(data_cache, table.path)
    unknown = files.look_up(index)
    counter = FileCounter(progress, len(unknown) + files.count)  # hashed, then decoded
    files.hash(index, unknown, counter)
    if len(problems):
        _decode(table, plans, settings, problems, counter, (), execution)
        problems.raise_if_any()
    fingerprint = table_fingerprint(table, plans, files.digests, settings.image_size, settings.normalize)
    # Before decoding, which takes longer: an interruption there does not cost the hashes.
    _save(index)
    arrays = _opened(data_cache, fingerprint)
    known = arrays is not None
    for _ in range(ATTEMPTS):
        if arrays is not None:
            break
        names = [plan.name for plan in plans]
        with new_entry(data_cache, fingerprint, table.path, names, len(table)) as writers:
            _decode(table, plans, settings, problems, counter, writers, execution)
            problems.raise_if_any()
        # Opened instead of kept: memory-mapped, and shared with every process that reads the same data.
        arrays = _opened(data_cache, fingerprint)
    counter.finish()
    if not known and data_cache == default_data_cache():
        trim_data_cache(data_cache, data_cache_limit())
    if arrays is None:
        raise RunError(
            f"Expected the decoded data in {data_cache / fingerprint}, got no such folder: another process removed it.",
            remedy("decode-again"),
        )
    return fingerprint, arrays


def _opened(data_cache: Path, fingerprint: str) -> Optional[Dict[str, VerifiedArray]]:
    """Open a decoded data set and mark it as used; None if there is none, or it is removed just now."""
    arrays = open_entry(data_cache, fingerprint)
    if arrays is None:
        return None
    mark_used(data_cache, fingerprint)
    return arrays if (data_cache / fingerprint).is_dir() else None


def _save(index: FileIndex) -> None:
    try:
        index.save()
    except OSError as error:
        raise RunError(
            f"Expected to write the data cache {index.location.parent.parent}, got the error: {error}.",
            remedy("choose-data-cache", variable=ENVIRONMENT),
        ) from error


def _decode(
    table: Table,
    plans: Sequence[VariablePlan],
    settings: DecodeSettings,
    problems: Problems,
    counter: FileCounter,
    writers: Sequence[ArrayWriter],
    execution: Execution,
) -> None:
    """Decode every file cell, write what is whole to `writers` (none: only check), report what is broken."""
    decoders = []
    for number, plan in enumerate(plans):
        writer = writers[number] if writers else None
        if plan.numbers is None:
            decoders.append(VariableDecoder(table, plan, writer))
        elif writer is not None:
            writer.begin(plan.lead or (1,), plan.numbers.dtype)
            writer.write(plan.numbers)
    # Row by row over all variables, so that the files of a sample are read together.
    places: List[Tuple[VariableDecoder, int, int]] = []
    cells: List[FileCell] = []
    for row in range(len(table)) if decoders else ():
        for decoder in decoders:
            for k, cell in decoder.cells(row, problems):
                places.append((decoder, row, k))
                cells.append(cell)
    with closing(decoded_files(cells, settings.image_size, execution)) as decoded:
        for (decoder, row, k), array in zip(places, decoded):
            decoder.take(row, k, array, problems)
            counter.step()
    for decoder in decoders:
        decoder.report_odd_ones(problems)
