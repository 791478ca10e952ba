"""The rows of NNC Desktop's database that offer our plugins in its context menu.

NNC Desktop has no dialog for adding a plugin: it reads the table ``plugins`` of its SQLite database. A row is ours if
its identifier is one of the manifest's. Rows are written in one transaction, after a backup of the whole database (see
`desktop_database`).

The columns and their meaning were read from the public sources of NNC Desktop 0.2.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, Dict, List, Optional

from ..host.manifest import PLUGINS, Plugin
from ..host.protocol import desktop_parameters
from .desktop_database import DesktopDatabase, insert, timestamp

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
        self._database = DesktopDatabase(database)
        self._times = self._database.require_columns("plugins", COLUMNS)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self._database.path

    @property
    def backup(self) -> Path:
        """The copy of the whole database from before our last change; the next change replaces it."""
        return self._database.backup

    def ours(self) -> List[Dict[str, Any]]:
        """Read our rows, in the manifest's order."""
        with self._database.open() as connection:
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
        with self._database.change() as connection:
            for plugin in PLUGINS:
                connection.execute("DELETE FROM plugins WHERE plugin_id = ?", (plugin.plugin_id,))
            for number, row in enumerate(rows):
                # The menu is sorted by the time of creation.
                insert(connection, "plugins", {**row, **dict.fromkeys(self._times, timestamp(later=number))})
        return self.backup

    def remove(self) -> Optional[Path]:
        """Remove our rows; see `write`."""
        return self.write([])


def _select(connection: sqlite3.Connection, plugin_id: str) -> List[Dict[str, Any]]:
    chosen = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM plugins WHERE plugin_id = ?", (plugin_id,))
    return [dict(zip(COLUMNS, row)) for row in chosen]
