"""Adds a CSV to the data sets of NNC Desktop, so that a project can choose it for training.

NNC Desktop knows a data set by a row of its table ``datasets`` and a folder of the same number: ``index.csv``, whose
paths are absolute, and the pages of its table (see `dataset_pages`). The pictures themselves stay where they are.
NNabla decodes them into a cache of its own when a project first trains on the data set.

The folder is filled under a temporary name. Then, in one transaction, it gets its number and the row is written: a run
that is killed leaves no half data set, and never keeps NNC Desktop waiting. The number is larger than that of any row
and of any folder, so that nothing is ever replaced.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from ...dataset.csv import Table, write_csv
from ...errors import OutputExistsError, UnsupportedError
from ...progress import ProgressCallback
from ...temporary_names import folder_prefix, is_abandoned
from .dataset_check import NUMBER, column_kinds
from .dataset_pages import write_pages
from .desktop_database import DesktopDatabase, insert, timestamp

__all__ = ["DatasetRegistration", "RegisteredDataset"]

USER = 1
"""The only user of NNC Desktop, in its table ``users``."""

COMPLETED = 4
"""State of a data set, of its import and of its pages once they are whole."""

DATASETS = "nncd-datasets-rdc"
"""Below the bucket: a folder of the user's tenant, and in it one for each data set."""

INDEX = "index.csv"
ORIGIN = "#index_file_path"
"""Name of the entry in ``dataset_metadatas`` that says which CSV a data set was made from."""

COLUMNS = (
    "dataset_id",
    "tenant_id",
    "owner_user_id",
    "name",
    "storage_used",
    "extract_progress",
    "cache_progress",
    "cache_status",
    "data_num",
    "column_num",
    "header",
    "status",
    "copy_status",
    "deleted",
    "description",
)
NOTES = ("metadata_id", "dataset_id", "item_name", "text_value")


@dataclass(frozen=True)
class RegisteredDataset:
    """A data set of NNC Desktop.

    Attributes:
        name: What NNC Desktop lists it as.
        folder: Where NNC Desktop keeps it.
        samples: Its rows.
        backup: The copy of the database from before; None if the data set was there already and nothing was done.
    """

    name: str
    folder: Path
    samples: int
    backup: Optional[Path]


class DatasetRegistration:
    """The data sets of NNC Desktop's user.

    Args:
        database: Its ``nncd.db``; None: in the user's home.

    Raises:
        RequestError: There is no such database.
        UnsupportedError: It is of an unknown version, or has no user yet.
    """

    def __init__(self, database: Optional[Path] = None) -> None:
        self._database = DesktopDatabase((database or DesktopDatabase.default_path()).absolute())
        self._times = self._database.require_columns("datasets", COLUMNS)
        self._note_times = self._database.require_columns("dataset_metadatas", NOTES)
        self._database.require_columns("users", ("user_id", "tenant_id"), writing=False)
        self._tenant = self._users_tenant()
        self._folder = self._database.bucket / DATASETS / self._tenant

    def register(
        self, csv: Path, name: Optional[str] = None, progress: Optional[ProgressCallback] = None
    ) -> RegisteredDataset:
        """Add a CSV, unless it is there already.

        Args:
            csv: The data set.
            name: What it shall be called; None: the file's name without extension, as NNC Desktop does.
            progress: Called with (rows done, rows in all).

        Raises:
            DataError: NNC Desktop would not import this CSV.
            OutputExistsError: There is another data set of that name.
            RunError: The database refused; nothing was changed.
            OSError: The data set cannot be written.
        """
        table = Table.read(csv)
        kinds = column_kinds(table)
        name = name or csv.stem
        with self._new_folder() as folder:
            write_csv(folder / INDEX, table.header, _absolute_rows(table, kinds))
            there = self._same_data(name, folder / INDEX)
            if there is not None:
                return RegisteredDataset(name, there, len(table), None)
            write_pages(folder / "page", table, kinds, progress)
            return self._enter(folder, name, table)

    def _users_tenant(self) -> str:
        with self._database.open() as connection:
            row = connection.execute("SELECT tenant_id FROM users WHERE user_id = ?", (USER,)).fetchone()
        if row is None:
            raise UnsupportedError(
                f"Expected in '{self._database.path}' the user {USER} of NNC Desktop, got none. Nothing was changed. "
                "Start NNC Desktop once."
            )
        return str(row[0])

    @contextlib.contextmanager
    def _new_folder(self) -> Iterator[Path]:
        """Make a folder under a temporary name; whatever has not got its number in the end is removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for entry in self._folder.glob("partial-*"):
            with contextlib.suppress(OSError):  # a neighbour sweeps as well
                if is_abandoned(entry):
                    shutil.rmtree(str(entry))
        folder = Path(tempfile.mkdtemp(prefix=folder_prefix(), dir=str(self._folder)))
        try:
            os.chmod(str(folder), 0o755)  # as NNC Desktop makes it; temporary folders are their owner's only
            yield folder
        finally:
            if folder.exists():
                shutil.rmtree(str(folder))

    def _same_data(self, name: str, index: Path) -> Optional[Path]:
        """Return the folder of the data set of that name, None if there is none.

        Raises:
            OutputExistsError: It holds something else, or its import did not end well.
        """
        with self._database.open() as connection:
            rows = connection.execute(
                "SELECT dataset_id, tenant_id, status FROM datasets WHERE name = ? AND deleted = 0", (name,)
            ).fetchall()
        for number, tenant, status in rows:
            folder = self._folder.with_name(tenant) / str(number)
            if status != COMPLETED or not _equal(folder / INDEX, index):
                raise OutputExistsError(
                    f"Expected a name that no data set of NNC Desktop has, got '{name}', which holds other data "
                    f"({folder}). Delete that data set in NNC Desktop, or choose another name."
                )
            return folder
        return None

    def _enter(self, folder: Path, name: str, table: Table) -> RegisteredDataset:
        """Give a filled folder its number, and write its row."""
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        final = folder
        try:
            with self._database.change() as connection:
                number = self._free_number(connection)
                final = self._folder / str(number)
                os.rename(str(folder), str(final))
                insert(connection, "datasets", {**self._row(name, table, size), "dataset_id": number})
                self._note_origin(connection, number, table.path)
        except BaseException:
            if final.exists():
                os.replace(str(final), str(folder))  # which is removed
            raise
        return RegisteredDataset(name, final, len(table), self._database.backup)

    def _free_number(self, connection: sqlite3.Connection) -> int:
        (largest,) = connection.execute("SELECT COALESCE(MAX(dataset_id), 0) FROM datasets").fetchone()
        folders = [int(entry.name) for entry in self._folder.iterdir() if entry.name.isdecimal()]
        return max([int(largest), *folders]) + 1

    def _row(self, name: str, table: Table, size: int) -> Dict[str, Any]:
        return {
            "tenant_id": self._tenant,
            "owner_user_id": USER,
            "name": name,
            "storage_used": size,
            "extract_progress": 100,
            "cache_progress": 100,
            "cache_status": COMPLETED,
            "data_num": len(table),
            "column_num": len(table.header),
            "header": ",".join(table.header),
            "status": COMPLETED,
            "copy_status": COMPLETED,
            "deleted": 0,
            "description": "",
            **dict.fromkeys(self._times, timestamp()),
        }

    def _note_origin(self, connection: sqlite3.Connection, number: int, csv: Path) -> None:
        note = {"dataset_id": number, "item_name": ORIGIN, "text_value": str(csv)}
        insert(connection, "dataset_metadatas", {**note, **dict.fromkeys(self._note_times, timestamp())})


def _absolute_rows(table: Table, kinds: List[str]) -> Iterator[List[str]]:
    """Yield the rows with the whole paths of their files, as NNC Desktop keeps them."""
    for cells in table.rows:
        yield [cell if kind == NUMBER else str(table.resolve(cell)) for cell, kind in zip(cells, kinds)]


def _equal(first: Path, second: Path) -> bool:
    try:
        return first.read_bytes() == second.read_bytes()
    except OSError:
        return False
