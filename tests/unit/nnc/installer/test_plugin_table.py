"""Rows in NNC Desktop's database: all of ours or none, and nothing else."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.nnc_desktop import dump, execute, make_database, offered

from nnabla_influence.errors import RequestError, RunError, UnsupportedError
from nnabla_influence.nnc.host.manifest import PLUGINS
from nnabla_influence.nnc.host.protocol import desktop_parameters
from nnabla_influence.nnc.installer import desktop_database
from nnabla_influence.nnc.installer.plugin_host import DesktopHost
from nnabla_influence.nnc.installer.plugin_table import COLUMNS, PluginTable, desktop_rows

ROWS = desktop_rows("plugins/somewhere")


@pytest.fixture
def database(tmp_path):
    return make_database(tmp_path / "nncd_bucket" / "db" / "nncd.db")


def backups(database):
    return sorted(database.parent.glob("nncd.db.*-plugins*"))


def test_the_menu_shows_the_manifest_after_what_was_there(database):
    PluginTable(database).write(ROWS)
    grad_cam, *ours = offered(database)
    assert grad_cam["plugin_name"] == "Grad-CAM"
    expected = [plugin for plugin in PLUGINS if plugin.on_desktop]
    assert [row["plugin_name"] for row in ours] == [plugin.label for plugin in expected]
    assert [row["parameters"] for row in ours] == [desktop_parameters(plugin) for plugin in expected]
    assert [row["plugin_id"] for row in ours] == [plugin.plugin_id for plugin in expected]
    assert all(row["deleted"] == 0 and row["computing_service"] and row["create_datetime"] for row in ours)


def test_writing_again_changes_nothing(database):
    before = dump(database)
    backup = PluginTable(database).write(ROWS)
    assert dump(backup) == before
    after = dump(database)
    assert PluginTable(database).write(ROWS) is None
    assert dump(database) == after and backups(database) == [backup]


def test_half_a_backup_never_has_the_name_of_a_whole_one(database, monkeypatch, tmp_path):
    PluginTable(database).write(ROWS)
    whole = dump(PluginTable(database).backup)
    half = database.with_name("nncd.db.before-plugins.partial")
    half.symlink_to(tmp_path / "elsewhere")  # nor is anything written through a link

    def killed(source, target):
        assert Path(source) == half and dump(half) == dump(database) and not half.is_symlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            PluginTable(database).remove()
    assert dump(PluginTable(database).backup) == whole and PluginTable(database).ours() == ROWS
    assert not (tmp_path / "elsewhere").exists()
    PluginTable(database).remove()
    assert backups(database) == [PluginTable(database).backup]


def test_a_row_that_differs_is_written_anew(database):
    PluginTable(database).write(ROWS)
    execute(database, f"UPDATE plugins SET parameters = '[]' WHERE plugin_id = '{ROWS[0]['plugin_id']}'")
    PluginTable(database).write(ROWS)
    assert PluginTable(database).ours() == ROWS and len(offered(database)) == 1 + len(ROWS)


def test_removing_leaves_what_was_there(database):
    before = dump(database)
    PluginTable(database).write(ROWS)
    assert PluginTable(database).remove() is not None
    assert dump(database) == before
    assert PluginTable(database).remove() is None


def test_a_failure_in_the_middle_leaves_everything_as_it_was(database):
    execute(
        database,
        "CREATE TRIGGER refuse BEFORE INSERT ON plugins WHEN (SELECT COUNT(*) FROM plugins) >= 3 "
        "BEGIN SELECT RAISE(ABORT, 'no room for another plugin'); END;",
    )
    before = dump(database)
    target = DesktopHost(database)
    with pytest.raises(RunError, match="no room for another plugin. The database is as it was"):
        target.install()
    assert dump(database) == before and not backups(database)
    assert not target.folder.exists()


def test_an_owner_unknown_to_the_database_is_refused(database):
    execute(database, "DELETE FROM plugins; DELETE FROM tenants")
    before = dump(database)
    with pytest.raises(RunError, match="FOREIGN KEY"):
        PluginTable(database).write(ROWS)
    assert dump(database) == before


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE plugins",
        "ALTER TABLE plugins RENAME COLUMN parameters TO fields",
        "DROP TABLE plugins; CREATE TABLE plugins (" + ", ".join(COLUMNS) + ", must_have TEXT NOT NULL)",
    ],
)
def test_an_unknown_schema_is_refused_with_the_columns_expected(database, change):
    execute(database, change)
    before = dump(database)
    with pytest.raises(UnsupportedError, match=f"the columns {', '.join(COLUMNS)}"):
        DesktopHost(database)
    assert dump(database) == before


def test_columns_that_may_stay_empty_do_no_harm(database):
    execute(database, "ALTER TABLE plugins ADD COLUMN remark TEXT")
    PluginTable(database).write(ROWS)
    assert PluginTable(database).ours() == ROWS


def test_what_is_no_database_is_refused(tmp_path):
    with pytest.raises(RequestError, match="no file .*Start NNC Desktop once"):
        PluginTable(tmp_path / "nncd.db")
    (tmp_path / "nncd.db").write_text("hello " * 1000)
    with pytest.raises(RunError, match="not a database"):
        PluginTable(tmp_path / "nncd.db")


def test_scripts_are_named_as_desktop_looks_for_them(database, tmp_path):
    """It joins the row's path to its folder of projects; an absolute path stays absolute."""
    found = DesktopHost(database)
    projects = database.parents[1] / "nncd-projects-rdc"
    for row in found.rows():
        assert (projects / row["plugin_file"]).parent == found.folder and not row["plugin_file"].startswith("/")
    given = DesktopHost(database, tmp_path / "elsewhere")
    assert given.rows()[0]["plugin_file"].startswith((tmp_path / "elsewhere").as_posix())


def test_a_database_in_use_is_left_alone(database, monkeypatch):
    monkeypatch.setattr(desktop_database, "WAIT", 0.1)
    before = dump(database)
    with closing(sqlite3.connect(str(database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RunError, match="database is locked. Close NNC Desktop and try again"):
            PluginTable(database).write(ROWS)
        other.execute("ROLLBACK")
    assert dump(database) == before and not backups(database)
