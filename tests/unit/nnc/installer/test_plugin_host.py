"""Installing into either product by the same verbs."""

import sys
from pathlib import Path

import pytest
from support.nnc_desktop import dump, make_database, offered

from nnabla_influence.errors import OutputExistsError, RequestError
from nnabla_influence.nnc.installer import plugin_host
from nnabla_influence.nnc.installer.bundle import BundledFile
from nnabla_influence.nnc.installer.plugin_host import DesktopHost, WindowsHost


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """One script in place of the whole package."""
    script = tmp_path / "script.py"
    script.write_text("pass")
    places = {"own": "_Post_Process/a.py", "xai": "_Post_Process/_XAI/a.py"}
    monkeypatch.setattr(plugin_host, "windows_bundle", lambda menu="own": [BundledFile(places[menu], script)])
    monkeypatch.setattr(plugin_host, "desktop_bundle", lambda: [BundledFile("a.py", script)])


@pytest.fixture
def windows(tmp_path):
    plugins = tmp_path / "NNC プラグイン" / "libs" / "plugins"
    (plugins / "_Post_Process").mkdir(parents=True)
    return plugins


@pytest.fixture
def database(tmp_path):
    return make_database(tmp_path / "nncd_bucket" / "db" / "nncd.db")


@pytest.fixture(params=["windows", "desktop"])
def host(request, windows, database):
    return WindowsHost(windows) if request.param == "windows" else DesktopHost(database)


def again(host):
    """The same host as the next command sees it."""
    return WindowsHost(host.folder) if isinstance(host, WindowsHost) else DesktopHost(host._table.database)


def test_a_preview_changes_nothing_and_says_what_install_does(host):
    preview = host.preview()
    assert preview.changed and len(preview.plan.add) == 1 and not list(host.folder.rglob("*.py"))
    result = host.install()
    assert (result.plan.add, result.rows, result.folder) == (preview.plan.add, preview.rows, preview.folder)
    assert result.changed and again(host).problems() == []


def test_the_second_time_there_is_nothing_to_do(host):
    host.install()
    assert not again(host).preview().changed
    second = again(host).install()
    assert not second.changed and second.backup is None


def test_what_is_missing_is_a_problem(host):
    assert any("nothing is installed" in problem for problem in host.problems())
    host.install()
    next(host.folder.rglob("a.py")).unlink()
    assert any(problem.startswith("missing: ") for problem in again(host).problems())


def test_removing_leaves_what_was_there_and_what_somebody_changed(host):
    host.install()
    assert again(host).remove() == [] and not list(host.folder.rglob("*.py"))
    again(host).install()
    script = next(host.folder.rglob("a.py"))
    script.write_text("mine")
    assert again(host).remove() == [script.relative_to(host.folder).as_posix()]
    assert script.read_text() == "mine"


def test_somebody_elses_file_is_never_overwritten(host):
    target = host.folder / host.bundle()[0].target
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("theirs")
    assert host.preview().plan.foreign == [host.bundle()[0].target]
    with pytest.raises(OutputExistsError):
        host.install()
    assert target.read_text() == "theirs"


# --- NNC Windows ---------------------------------------------------------------------------------------------------


def test_nncs_folder_is_found_by_itself_or_by_its_plugins(windows):
    for given in (windows, windows.parents[1]):
        assert WindowsHost(given).folder == windows
    outer = windows.parents[2] / "outer"
    (outer / "neural_network_console" / "libs" / "plugins").mkdir(parents=True)
    assert WindowsHost(outer).folder == outer / "neural_network_console" / "libs" / "plugins"


def test_another_folder_is_refused_with_where_was_looked(tmp_path):
    with pytest.raises(RequestError, match="Expected the folder of NNC Windows .*there is no folder .*libs"):
        WindowsHost(tmp_path / "elsewhere")


def test_nncs_own_python_is_looked_for_beside_its_plugins(windows):
    python = windows.parent / "Miniconda3" / "python.exe"
    python.parent.mkdir()
    python.touch()
    assert WindowsHost(windows).interpreters() == [python]


def test_the_menu_can_be_chosen_stays_where_it_is_and_moves(windows):
    def scripts():
        return [path.relative_to(windows).as_posix() for path in windows.rglob("*.py")]

    WindowsHost(windows, "xai").install()
    assert scripts() == ["_Post_Process/_XAI/a.py"]
    assert WindowsHost(windows).menu == "xai" and not WindowsHost(windows).install().changed
    assert WindowsHost(windows).problems() == []
    moved = WindowsHost(windows, "own").install()
    assert moved.plan.add == ["_Post_Process/a.py"] and moved.plan.obsolete == ["_Post_Process/_XAI/a.py"]
    assert scripts() == ["_Post_Process/a.py"] and WindowsHost(windows).menu == "own"
    assert not (windows / "_Post_Process" / "_XAI").exists()


# --- NNC Desktop ---------------------------------------------------------------------------------------------------


def test_desktop_gets_rows_and_a_backup_of_its_database(database):
    before = dump(database)
    result = DesktopHost(database).install()
    assert result.rows and dump(result.backup) == before and len(offered(database)) > 1
    DesktopHost(database).remove()
    assert dump(database) == before and not result.folder.exists()


def test_there_is_one_backup_that_every_change_replaces_and_the_host_names(database):
    assert DesktopHost(database).backup is None
    before = dump(database)
    result = DesktopHost(database).install()
    assert DesktopHost(database).backup == result.backup and dump(result.backup) == before
    installed = dump(database)
    DesktopHost(database).remove()
    assert DesktopHost(database).backup == result.backup and dump(result.backup) == installed
    assert sorted(path.name for path in database.parent.iterdir()) == ["nncd.db", "nncd.db.before-plugins"]


def test_a_link_in_the_place_of_our_folder_is_refused(database, tmp_path):
    folder = DesktopHost(database).folder
    (tmp_path / "outside").mkdir()
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tmp_path / "outside")
    with pytest.raises(RequestError, match="a folder of its own .* got a link"):
        DesktopHost(database)


def test_the_pythons_at_hand_are_candidates(database, monkeypatch, tmp_path):
    for place in ("venv/bin/python3", "home/miniconda3/envs/nnc/bin/python3"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).touch()
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "venv"))
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path / "home")
    found = DesktopHost(database).interpreters()
    assert found[0] == Path(sys.executable) and len(set(found)) == len(found)
    assert {tmp_path / "venv/bin/python3", tmp_path / "home/miniconda3/envs/nnc/bin/python3"} <= set(found)


def test_rows_that_are_missing_are_a_problem_and_are_written_again(database):
    DesktopHost(database).install()
    DesktopHost(database)._table.remove()
    assert DesktopHost(database).problems() == [f"rows are missing or differ in '{database}'"]
    assert DesktopHost(database).preview().rows
    assert DesktopHost(database).install().rows and DesktopHost(database).problems() == []


def test_the_database_is_found_in_the_users_home(database, monkeypatch):
    monkeypatch.setattr("pathlib.Path.home", lambda: database.parents[2])
    assert DesktopHost().folder == DesktopHost(database).folder
    monkeypatch.setattr("pathlib.Path.home", lambda: database.parent)
    with pytest.raises(RequestError, match="Start NNC Desktop once"):
        DesktopHost()
