"""`plugins` as a user calls it: from a checkout and from a wheel, into NNC Windows and into NNC Desktop."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from integration.conftest import ROOT, contents
from support.nnc_desktop import command, dump, make_database, offered

from nnabla_influence.nnc.host.manifest import PLUGINS
from nnabla_influence.nnc.host.protocol import desktop_parameters, parse
from nnabla_influence.nnc.installer.bundle import ARCHIVE, FOLDER


@pytest.fixture
def nnc(tmp_path):
    """NNC Windows as far as installing is concerned: plugins of others, and a Python that has no library at all."""
    folder = tmp_path / "Neural Network Console"
    theirs = folder / "libs" / "plugins" / "_Post_Process" / "_XAI" / "gradcam.py"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    python = folder / "libs" / "Miniconda3" / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    python.chmod(0o755)
    return folder


@pytest.fixture
def database(tmp_path):
    return make_database(tmp_path / "home" / "nncd_bucket" / "db" / "nncd.db")


def test_list_and_manifest_say_what_there_is(commands):
    out, _ = commands("plugins", "list")
    assert all(plugin.script in out and plugin.label in out for plugin in PLUGINS)
    out, errors = commands("plugins", "manifest", "--json")
    entries = json.loads(out)["plugins"]
    assert [entry["name"] for entry in entries] == [plugin.name for plugin in PLUGINS] and errors == ""
    for entry, plugin in zip(entries, PLUGINS):
        assert [p["name"] for p in entry["parameters"]] == [p.name for p in plugin.parameters]
    out, _ = commands("plugins", "manifest")
    assert "--method      How to score (option:spectral," in out


def test_install_check_and_remove_in_nnc_windows(commands, nnc):
    before = contents(nnc)
    out, errors = commands("plugins", "install", "--nnc", nnc)
    assert "0 replaced" in out and "restart Neural Network Console" in out
    assert "it lacks nnabla, which is needed by: every plugin" in errors
    assert "it lacks jinja2, which is needed by: Influence report\n" in errors
    assert "-m pip install nnabla numpy" in out
    for plugin in PLUGINS:
        script = nnc / "libs" / "plugins" / plugin.script
        assert script.is_file() and not (script.parent / "nnabla_influence").exists()
    assert [path.name for path in nnc.rglob("nnabla_influence*.zip")] == ["nnabla_influence.zip"]
    out, _ = commands("plugins", "install", "--nnc", nnc)
    assert "0 files added, 0 replaced, 0 removed" in out and "restart" not in out
    commands("plugins", "check", "--nnc", nnc / "libs" / "plugins")
    (nnc / "libs" / "plugins" / PLUGINS[0].script).unlink()
    out, _ = commands("plugins", "check", "--nnc", nnc, code=1)
    assert "missing: " in out and "install` again" in out
    commands("plugins", "remove", "--nnc", nnc)
    assert contents(nnc) == before


def test_the_menu_is_chosen_kept_and_belongs_to_nnc_windows(commands, nnc, database):
    commands("plugins", "install", "--nnc", nnc, "--menu", "xai")
    place = nnc / "libs" / "plugins" / "_Post_Process" / "_XAI"
    assert (place / "_Data_Cleansing" / "influence.py").is_file() and (place / "gradcam.py").read_text() == "theirs"
    out, _ = commands("plugins", "install", "--nnc", nnc)
    assert "0 files added, 0 replaced, 0 removed" in out
    commands("plugins", "check", "--nnc", nnc)
    commands("plugins", "remove", "--nnc", nnc)
    assert [path.name for path in place.iterdir()] == ["gradcam.py"]
    _, errors = commands("plugins", "install", "--desktop", "--database", database, "--menu", "xai", code=2)
    assert "--menu belongs to --nnc" in errors


def test_a_dry_run_changes_nothing_and_names_foreign_files(commands, nnc):
    foreign = nnc / "libs" / "plugins" / PLUGINS[1].script
    foreign.parent.mkdir(parents=True)
    foreign.write_text("theirs")
    before = contents(nnc)
    out, errors = commands("plugins", "install", "--nnc", nnc, "--dry-run", "--verbose")
    assert f"'{PLUGINS[1].script}' is not ours" in errors
    assert "would be added" in out and f"  {PLUGINS[0].script}\n" in out
    out, errors = commands("plugins", "install", "--nnc", nnc, code=2)
    assert PLUGINS[1].script in errors and "nothing was changed" in errors
    assert contents(nnc) == before


def test_wrong_requests_are_refused(commands, tmp_path, database):
    _, errors = commands("plugins", "install", "--nnc", tmp_path, code=2)
    assert "Expected the folder of NNC Windows" in errors
    _, errors = commands("plugins", "install", code=2)
    assert "one of the arguments --nnc --desktop is required" in errors
    _, errors = commands("plugins", "install", "--nnc", tmp_path, "--database", database, code=2)
    assert "belong to --desktop" in errors
    _, errors = commands("plugins", "install", "--desktop", HOME=str(tmp_path / "nobody"), code=2)
    assert "Start NNC Desktop once" in errors
    _, errors = commands("plugins", code=2)
    assert "ACTION" in errors


def test_install_check_and_remove_in_nnc_desktop(commands, database):
    home = {"HOME": str(database.parents[2])}
    before = dump(database)
    out, _ = commands("plugins", "install", "--desktop", "--dry-run", **home)
    assert "rows would be written" in out and dump(database) == before
    out, _ = commands("plugins", "install", "--desktop", **home)
    assert f"backup: {database}.before-plugins" in out and "name it with --python" in out
    rows = offered(database)[1:]
    expected = [plugin for plugin in PLUGINS if plugin.on_desktop]
    assert [(r["plugin_name"], r["parameters"]) for r in rows] == [
        (plugin.label, desktop_parameters(plugin)) for plugin in expected
    ]
    projects = database.parents[1] / "nncd-projects-rdc"
    assert all((projects / row["plugin_file"]).is_file() for row in rows)
    after, files = dump(database), contents(projects)
    out, _ = commands("plugins", "install", "--desktop", **home)
    assert "rows" not in out and (dump(database), contents(projects)) == (after, files)
    commands("plugins", "check", "--desktop", **home)
    out, _ = commands("plugins", "remove", "--desktop", "--database", database)
    assert dump(database) == before and contents(projects) == {}
    assert f"the database as it was before the last change: {database}.before-plugins; delete it" in out
    _, errors = commands("plugins", "check", "--desktop", **home, code=1)
    assert "Traceback" not in errors


def test_the_plugin_folder_can_be_given(commands, database, tmp_path):
    folder = tmp_path / "my plugins"
    commands("plugins", "install", "--desktop", "--database", database, "--plugin-folder", folder)
    for row in offered(database)[1:]:
        assert os.path.dirname(row["plugin_file"]) == (folder / FOLDER).as_posix()
        assert os.path.isfile(row["plugin_file"])


def test_a_click_in_nnc_desktop_arrives_as_absolute_paths(commands, database, tmp_path):
    commands("plugins", "install", "--desktop", "--database", database)
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "0.png").write_bytes(b"what was clicked")
    (tmp_path / "result" / "validation.csv").write_text("x:image,y\n0.png,1\n", encoding="utf-8")
    for row, plugin in zip(offered(database)[1:], [plugin for plugin in PLUGINS if plugin.on_desktop]):
        fields = parse(plugin.name, command(row, tmp_path / "result"))
        for parameter in plugin.parameters:
            value = fields.text(parameter.name)
            assert not parameter.is_path or value == "" or os.path.isabs(value), parameter.name
        output = fields.text("output")
        assert os.path.splitext(output)[1] == os.path.splitext(plugin.parameter("output").default)[1]
        assert os.path.isfile(output)


@pytest.fixture(scope="module")
def wheel_target(tmp_path_factory):
    """A folder with the package as a wheel installs it, and nothing else."""
    pytest.importorskip("wheel", reason="building a wheel needs the package wheel (extra [dev])")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("nnabla_influence", "plugins"):
        shutil.copytree(str(ROOT / name), str(source / name), ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(str(ROOT / name), str(source))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(source)]
    subprocess.run([*pip, *build], check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    install = ["install", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run([*pip, *install], check=True, stdout=subprocess.DEVNULL)
    return target


def test_the_wheel_carries_the_plugins_and_installs_them_without_nnabla(wheel_target, nnc, tmp_path):
    line = [sys.executable, "-S", "-B", "-m", "nnabla_influence", "plugins", "install", "--nnc", str(nnc)]
    environment = {**os.environ, "PYTHONPATH": str(wheel_target)}
    subprocess.run(line, cwd=str(tmp_path), env=environment, check=True, stdout=subprocess.DEVNULL)
    plugins = nnc / "libs" / "plugins"
    for plugin in PLUGINS:
        script = (plugins / plugin.script).read_bytes()
        assert script == (ROOT / "plugins" / plugin.script).read_bytes()
    with zipfile.ZipFile(str(plugins / FOLDER / ARCHIVE)) as archive:
        names = set(archive.namelist())
    checkout = ROOT / "nnabla_influence"
    assert names == {
        f"nnabla_influence/{path.relative_to(checkout).as_posix()}"
        for path in checkout.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
