"""The rows of NNC Desktop's database that offer our plugins in its context menu.

NNC Desktop has no dialog for adding a plugin: it reads the table ``plugins`` of its SQLite database. A row is ours if
its identifier is one of the manifest's. Rows are written in one transaction, after a backup of the whole database; a
table with other columns than expected is refused, because guessing would damage somebody's projects.

The columns and their meaning were read from the public sources of NNC Desktop 0.2.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from ...errors import RequestError, RunError, UnsupportedError
from ...remedies import remedy
from ..host.manifest import PLUGINS, Plugin
from ..host.protocol import desktop_parameters

__all__ = ["COLUMNS", "SAMPLE_TENANT", "PluginTable", "desktop_rows"]

SAMPLE_TENANT = "ccbf15a0-bcb6-4ba6-b10e-27fc877c4348"
"""Owner of what every user of NNC Desktop is offered, Grad-CAM and LIME among it."""

COLUMNS = (
    "plugin_id",
    "owner_tenant_id",
    "plugin_name",
    "plugin_file",
    "parameters",
    "description",
    "computing_service",
    "deleted",
)
TIMES = ("create_datetime", "update_datetime")
"""Columns that NNC Desktop fills itself and sorts its menu by; written where the table has them."""

WAIT = 5.0
"""Seconds to wait for NNC Desktop to release its database."""


def desktop_rows(script_folder: str) -> List[Dict[str, Any]]:
    """Make the rows of all plugins that NNC Desktop offers.

    Args:
        script_folder: Where the scripts lie, as NNC Desktop shall name it; with forward slashes.

    Returns:
        One mapping from `COLUMNS` per plugin; ``parameters`` is JSON text.
    """
    return [_row(plugin, script_folder) for plugin in PLUGINS if plugin.on_desktop]


def _row(plugin: Plugin, script_folder: str) -> Dict[str, Any]:
    return {
        "plugin_id": plugin.plugin_id,
        "owner_tenant_id": SAMPLE_TENANT,
        "plugin_name": plugin.label,
        "plugin_file": f"{script_folder}/{plugin.name}.py",
        "parameters": json.dumps(desktop_parameters(plugin)),
        "description": plugin.description,
        # Without a service NNC Desktop first adds up the sizes of all inputs and refuses paths that do not exist.
        "computing_service": "lambda",
        "deleted": 0,
    }


class PluginTable:
    """The table ``plugins`` of a database.

    Args:
        database: The SQLite file, ``nncd.db``.

    Raises:
        RequestError: There is no such file.
        UnsupportedError: It has no such table, or one with other columns.
    """

    def __init__(self, database: Path) -> None:
        if not database.is_file():
            raise RequestError(
                f"Expected the database of NNC Desktop, but there is no file '{database}'. Start NNC Desktop once, or",
                remedy("name-database"),
            )
        self.database = database
        with self._open() as connection:
            self._times = _check_columns(database, connection)

    def ours(self) -> List[Dict[str, Any]]:
        """Read our rows, in the manifest's order."""
        with self._open() as connection:
            return [row for plugin in PLUGINS for row in _select(connection, plugin.plugin_id)]

    def write(self, rows: List[Dict[str, Any]]) -> Optional[Path]:
        """Make our rows these, all of them or none.

        Returns:
            The backup that was made before; None if the rows were there already and nothing was done.

        Raises:
            RunError: The database refused; it is as it was.
        """
        if self.ours() == rows:
            return None
        self._back_up()
        with self._transaction() as connection:
            now = datetime.now(timezone.utc)
            for plugin in PLUGINS:
                connection.execute("DELETE FROM plugins WHERE plugin_id = ?", (plugin.plugin_id,))
            for number, row in enumerate(rows):
                # The menu is sorted by the time of creation.
                time = (now + timedelta(microseconds=number)).strftime("%Y-%m-%d %H:%M:%S.%f")
                _insert(connection, {**row, **dict.fromkeys(self._times, time)})
        return self.backup

    def remove(self) -> Optional[Path]:
        """Remove our rows; see `write`."""
        return self.write([])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(str(self.database), timeout=WAIT, isolation_level=None)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise RunError(_sqlite_message(self.database, error)) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._open() as connection:
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

    @property
    def backup(self) -> Path:
        """The copy of the whole database from before our last change; the next change replaces it."""
        return self.database.with_name(f"{self.database.name}.before-plugins")

    def _back_up(self) -> None:
        """Make SQLite's own copy: complete even while NNC Desktop has the database open."""
        copying = self.backup.with_name(f"{self.backup.name}.partial")
        if os.path.lexists(str(copying)):  # of an installation that was killed, or a link that leads elsewhere
            copying.unlink()
        with self._open() as connection, closing(sqlite3.connect(str(copying))) as copy:
            connection.backup(copy)
        os.replace(str(copying), str(self.backup))  # a copy under this name is a whole one


def _check_columns(database: Path, connection: sqlite3.Connection) -> List[str]:
    """Return the time columns the table has.

    Raises:
        UnsupportedError: A column is missing, or another one must be filled.
    """
    found = {row[1]: row for row in connection.execute("PRAGMA table_info(plugins)")}
    missing = [name for name in COLUMNS if name not in found]
    # Columns of table_info: number, name, type, whether it must be filled, its default, part of the primary key.
    unknown = [n for n, row in found.items() if row[3] and row[4] is None and n not in (*COLUMNS, *TIMES)]
    if not missing and not unknown:
        return [name for name in TIMES if name in found]
    has = f"has the columns {', '.join(found)}" if found else "does not exist"
    raise UnsupportedError(
        f"Expected in '{database}' a table plugins with the columns {', '.join(COLUMNS)} (NNC Desktop 0.2), but it "
        f"{has}. Nothing was changed. Is this the database of NNC Desktop, and of a version this program knows?"
    )


def _select(connection: sqlite3.Connection, plugin_id: str) -> List[Dict[str, Any]]:
    found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM plugins WHERE plugin_id = ?", (plugin_id,))
    return [dict(zip(COLUMNS, row)) for row in found]


def _insert(connection: sqlite3.Connection, row: Dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO plugins ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def _sqlite_message(database: Path, error: sqlite3.Error) -> str:
    advice = "Close NNC Desktop and try again." if "locked" in str(error) else "The database is as it was."
    return f"The database '{database}' refused: {error}. {advice}"
