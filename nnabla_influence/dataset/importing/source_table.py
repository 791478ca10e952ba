"""A table as it stands in a file: CSV, Excel or Parquet, as one frame of raw cells."""

from __future__ import annotations

import hashlib
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Callable, List, NamedTuple, Optional, Sequence

import pandas as pd

from ...array import Array
from ...errors import DataError, MissingExtraError
from .delimited import read_delimited, read_text_columns, unique_names
from .import_note import ImportNote
from .text_encoding import decode_text

__all__ = ["SourceTable", "read_source_table"]

PARQUET = (".parquet", ".pq")
# What pandas needs to read a format, as a module and as a package, by the ending of the file.
READERS = {
    ".xlsx": ("openpyxl", "openpyxl"),
    ".xlsm": ("openpyxl", "openpyxl"),
    ".xls": ("xlrd", "xlrd"),
    ".ods": ("odf", "odfpy"),
    **dict.fromkeys(PARQUET, ("pyarrow", "pyarrow")),
}


class SourceTable(NamedTuple):
    """A table before anything is decided about its columns.

    Attributes:
        frame: One column per column of the table, by its name.
        notes: What was found out while it was read, in sentences.
        path: The file; None for a frame in memory.
        commas_are_decimal: What ``1,234`` is where nothing else says so.
        read_text: Reads some columns as text, those of numbers too; None: the frame holds all there is.
    """

    frame: pd.DataFrame
    notes: List[ImportNote]
    path: Optional[Path] = None
    commas_are_decimal: bool = False
    read_text: Optional[Callable[[Sequence[str]], List[Array]]] = None

    @classmethod
    def of(cls, frame: pd.DataFrame, path: Optional[Path] = None) -> SourceTable:
        """Make it of a frame; every column gets a name of its own, in text.

        Raises:
            DataError: It has no rows or no columns.
        """
        if not len(frame) or not len(frame.columns):
            raise DataError(f"Expected a table with rows and columns, got {len(frame)} rows of {list(frame.columns)}.")
        named = frame.reset_index(drop=True)
        named.columns = pd.Index(unique_names([str(name) for name in frame.columns]))
        return cls(named, [], path)


def read_source_table(path: Path, encoding: Optional[str] = None, header: Optional[bool] = None) -> SourceTable:
    """Read a table.

    Args:
        path: The file; its ending says what it is, and whatever is not known is taken as text.
        encoding: Of a text file; None: find out.
        header: Whether a text file's first line names the columns; None: find out.

    Raises:
        ConfigError: There is no such encoding.
        DataError: The file cannot be read, or is no table.
        MissingExtraError: What pandas needs for the format is not installed.
    """
    suffix = path.suffix.lower()
    if suffix in READERS:
        read = pd.read_parquet if suffix in PARQUET else pd.read_excel
        return SourceTable.of(_read_by_pandas(path, read), path)
    data = _bytes_of(path)
    again = _reader(path, data)
    decoded = decode_text(data, path, encoding)
    del data  # half of what is held while the cells are read
    cut = read_delimited(decoded.text, path, header)
    notes = [ImportNote(f"the text is {decoded.encoding}")] if decoded.encoding else []

    def read_text(names: Sequence[str]) -> List[Array]:
        """Read columns as text, from the file once more."""
        return read_text_columns(decode_text(again(), path, encoding).text, path, header, names)

    return SourceTable(cut.frame, notes + cut.notes, path, cut.commas_are_decimal, read_text)


def _reader(path: Path, data: bytes) -> Callable[[], bytes]:
    """Return what reads a file once more; a pipe can be read only once, so its bytes are kept."""
    if not path.is_file():
        return lambda: data
    digest = hashlib.blake2b(data).digest()

    def again() -> bytes:
        """Read the file, and refuse another text than before."""
        read = _bytes_of(path)
        if hashlib.blake2b(read).digest() != digest:
            raise DataError(f"{path}: expected the text that it had a moment ago, got another one. Import it again.")
        return read

    return again


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: expected a readable table, got the error: {error.strerror}.") from error


def _read_by_pandas(path: Path, read: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    module, package = READERS[path.suffix.lower()]
    # Asked first: pandas itself looks into the file before it says what is missing.
    if find_spec(module) is None:
        raise MissingExtraError(
            f"{path}: expected what pandas needs to read {path.suffix} files, got none. Install it with "
            f"pip install {package}, or save the table as CSV."
        )
    try:
        return read(path)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:  # pyarrow's errors are among them
        raise DataError(
            f"{path}: expected a readable {path.suffix} table, got the error: {_first_line(error)}. Save it again, or "
            "as CSV."
        ) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
