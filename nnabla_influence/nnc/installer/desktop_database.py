"""NNC Desktop's SQLite database: read, or changed in one transaction after a backup of the whole.

A table with other columns than expected is refused, because guessing would damage somebody's projects. NNC Desktop may
have the database open meanwhile: SQLite's own locks keep the two apart, and a change takes milliseconds.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterator, List, Mapping, Sequence

from ...errors import RequestError, RunError, UnsupportedError
from ...remedies import remedy

__all__ = ["BUCKET", "TIMES", "DesktopDatabase", "insert", "timestamp"]

BUCKET = "nncd_bucket"
"""NNC Desktop's folder in the user's home."""

TIMES = ("create_datetime", "update_datetime")
"""Columns that NNC Desktop fills itself in every table; written where a table has them."""

WAIT = 5.0
"""Seconds to wait for NNC Desktop to release its database."""


class DesktopDatabase:
    """The database of NNC Desktop.

    Args:
        path: Its SQLite file, ``nncd.db``.

    Raises:
        RequestError: There is no such file.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise RequestError(
                f"Expected the database of NNC Desktop, but there is no file '{path}'. Start NNC Desktop once, or",
                remedy("name-database"),
            )
        self.path = path

    @classmethod
    def default_path(cls) -> Path:
        """Return where NNC Desktop keeps it: in the user's home."""
        return Path.home() / BUCKET / "db" / "nncd.db"

    @property
    def bucket(self) -> Path:
        """The folder of everything NNC Desktop keeps: projects, data sets, plugins."""
        return self.path.parents[1]

    @property
    def backup(self) -> Path:
        """The copy of the whole database from before our last change; the next change replaces it."""
        return self.path.with_name(f"{self.path.name}.before-plugins")

    def require_columns(self, table: str, columns: Sequence[str], writing: bool = True) -> List[str]:
        """Make sure that a table is the one this program knows.

        Args:
            table: Its name.
            columns: What it must have.
            writing: Whether rows will be added, so that no other column may have to be filled.

        Returns:
            Which of `TIMES` it has.

        Raises:
            UnsupportedError: A column is missing, or another one must be filled.
        """
        with self.open() as connection:
            present = {row[1]: row for row in connection.execute(f"PRAGMA table_info({table})")}
        missing = [name for name in columns if name not in present]
        # Columns of table_info: number, name, type, whether it must be filled, its default, part of the primary key.
        required = [name for name, row in present.items() if row[3] and row[4] is None]
        unknown = set(required) - {*columns, *TIMES} if writing else set()
        if not missing and not unknown:
            return [name for name in TIMES if name in present]
        has = f"has the columns {', '.join(present)}" if present else "does not exist"
        raise UnsupportedError(
            f"Expected in '{self.path}' a table {table} with the columns {', '.join(columns)} (NNC Desktop 0.2), but "
            f"it {has}. Nothing was changed. Is this the database of NNC Desktop, and of a version this program knows?"
        )

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Connect for reading.

        Raises:
            RunError: SQLite refused.
        """
        try:
            with closing(sqlite3.connect(str(self.path), timeout=WAIT, isolation_level=None)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise RunError(_sqlite_message(self.path, error)) from error

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Back the database up, and commit what the block does, or nothing of it.

        Raises:
            RunError: SQLite refused; the database is as it was.
        """
        self._back_up()
        with self.open() as connection:
            # The owner of a row must exist, as NNC Desktop itself asks.
            connection.execute("PRAGMA foreign_keys = ON")
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self.backup.unlink()  # the database is as it was
                raise

    def _back_up(self) -> None:
        """Make SQLite's own copy: complete even while NNC Desktop has the database open."""
        copying = self.backup.with_name(f"{self.backup.name}.partial")
        if os.path.lexists(str(copying)):  # of an installation that was killed, or a link that leads elsewhere
            copying.unlink()
        with self.open() as connection, closing(sqlite3.connect(str(copying))) as copy:
            connection.backup(copy)
        os.replace(str(copying), str(self.backup))  # a copy under this name is a whole one


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    """Add a row to a table."""
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def timestamp(later: int = 0) -> str:
    """Return the time now, in UTC, as NNC Desktop writes it.

    Args:
        later: Microseconds to add, so that rows written together keep their order.
    """
    return (datetime.now(timezone.utc) + timedelta(microseconds=later)).strftime("%Y-%m-%d %H:%M:%S.%f")


def _sqlite_message(path: Path, error: sqlite3.Error) -> str:
    advice = "Close NNC Desktop and try again." if "locked" in str(error) else "The database is as it was."
    return f"The database '{path}' refused: {error}. {advice}"
