"""Files copied into somebody else's folder: only ours are written, only ours are removed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnabla_influence import __version__
from nnabla_influence.errors import CorruptFileError, OutputExistsError
from nnabla_influence.nnc.installer import installation
from nnabla_influence.nnc.installer.bundle import PACKAGE, BundledFile, windows_bundle
from nnabla_influence.nnc.installer.installation import STAMP, Installation


@pytest.fixture
def source(tmp_path):
    """A bundle of three files from a folder that can be edited."""
    folder = tmp_path / "source"
    folder.mkdir()

    def bundle(**contents):
        for name, text in contents.items():
            (folder / name).write_text(text, encoding="utf-8")
        return [BundledFile(f"_Menu/{name}.py", folder / name) for name in contents]

    return bundle


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "NNC プラグイン"
    (folder / "_Menu").mkdir(parents=True)
    (folder / "_Menu" / "other.py").write_text("theirs")
    return folder


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_second_installation_changes_nothing(source, folder):
    bundle = source(a="1", b="2")
    plan = Installation(folder).install(bundle)
    assert (plan.add, plan.replace, plan.obsolete, plan.foreign) == (["_Menu/a.py", "_Menu/b.py"], [], [], [])
    times = {path: os.stat(str(path)).st_mtime_ns for path in folder.rglob("*")}
    again = Installation(folder).install(bundle)
    assert (again.add, again.replace, again.obsolete) == ([], [], []) and len(again.unchanged) == 2
    assert {path: os.stat(str(path)).st_mtime_ns for path in folder.rglob("*")} == times
    assert Installation(folder).problems(bundle) == []


def test_the_stamp_says_version_and_files(source, folder):
    Installation(folder).install(source(a="1"))
    stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    assert stamp["version"] == __version__ and list(stamp["files"]) == ["_Menu/a.py"]


def test_another_version_replaces_ours_and_removes_what_it_no_longer_has(source, folder, monkeypatch):
    Installation(folder).install(source(a="1", b="2"))
    (folder / "_Menu" / "__pycache__").mkdir()
    (folder / "_Menu" / "__pycache__" / "b.cpython-310.pyc").write_text("")
    monkeypatch.setattr(installation, "__version__", "9.9")
    assert "version" in Installation(folder).problems(source(a="1", b="2"))[0]
    plan = Installation(folder).install(source(a="new"))
    assert (plan.replace, plan.obsolete) == (["_Menu/a.py"], ["_Menu/b.py"])
    assert set(contents(folder)) == {"_Menu/a.py", "_Menu/other.py", STAMP}
    assert Installation(folder).version == "9.9"


@pytest.mark.parametrize("theirs", ["a file", "a folder"])
def test_a_foreign_file_is_named_and_nothing_is_changed(source, folder, theirs):
    foreign = folder / "_Menu" / "b.py"
    foreign.write_text("theirs") if theirs == "a file" else foreign.mkdir()
    before = contents(folder)
    with pytest.raises(OutputExistsError, match="1 files in .*'_Menu/b.py'. Move them away"):
        Installation(folder).install(source(a="1", b="2"))
    assert contents(folder) == before


def test_our_file_that_somebody_edited_is_foreign(source, folder):
    Installation(folder).install(source(a="1"))
    (folder / "_Menu" / "a.py").write_text("edited")
    assert "changed since it was installed" in Installation(folder).problems(source(a="1"))[0]
    with pytest.raises(OutputExistsError):
        Installation(folder).install(source(a="2"))
    assert Installation(folder).remove() == ["_Menu/a.py"]
    assert contents(folder) == {"_Menu/a.py": b"edited", "_Menu/other.py": b"theirs"}


KILLED = """
import os, sys
from pathlib import Path
from nnabla_influence.nnc.installer import installation
from nnabla_influence.nnc.installer.bundle import BundledFile
folder, source, at = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
moments = iter(range(10**6))

def dying(function):
    def die(*arguments, **options):
        if next(moments) == at:
            os._exit(9)
        return function(*arguments, **options)
    return die

for module, name in ((os, "replace"), *((Path, name) for name in ("write_bytes", "unlink", "mkdir", "rmdir"))):
    setattr(module, name, dying(getattr(module, name)))
bundle = [BundledFile(f"_Menu/new/{path.name}.py", path) for path in sorted(source.iterdir())]
if sys.argv[4] == "install":
    installation.Installation(folder).install(bundle)
else:
    installation.Installation(folder).remove()
"""


def killed(folder, bundle, at, action):
    """An installation or removal that is killed before its step number `at`; whether it was."""
    line = [sys.executable, "-S", "-c", KILLED, str(folder), str(bundle[0].source.parent), str(at), action]
    return subprocess.run(line, env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)}, check=False).returncode == 9


@pytest.mark.parametrize("action", ["install", "remove"])
def test_a_kill_at_any_moment_leaves_nothing_that_is_not_known(tmp_path, folder, source, action):
    before, at, again = contents(folder), 0, True
    while again:
        Installation(folder).install([BundledFile("_Menu/new/a.py", file(tmp_path / "old", "a", "old"))])
        if action == "remove":
            Installation(folder).install(in_new(source(a="1", b="2")))
        bundle = in_new(source(a="1", b="2"))
        again = killed(folder, bundle, at, action)
        assert (folder / "_Menu" / "other.py").read_bytes() == b"theirs"
        if at % 2:
            assert Installation(folder).plan(bundle).foreign == []
            Installation(folder).install(bundle)
            assert Installation(folder).problems(bundle) == []
        assert Installation(folder).remove() == []
        assert contents(folder) == before and {p.name for p in folder.iterdir()} == {"_Menu"}, at
        assert {p.name for p in (folder / "_Menu").iterdir()} == {"other.py"}
        at += 1
    assert at > 4


def file(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def in_new(bundle):
    return [BundledFile(f"_Menu/new/{item.source.name}.py", item.source) for item in bundle]


def test_an_interrupted_installation_is_a_problem_and_is_completed(source, folder, monkeypatch):
    bundle = source(a="1", b="2")

    def interrupt(self, staging, target, contents):
        if target == "_Menu/b.py":
            raise KeyboardInterrupt
        put(self, staging, target, contents)

    put = Installation._put
    with monkeypatch.context() as patch:
        patch.setattr(Installation, "_put", interrupt)
        with pytest.raises(KeyboardInterrupt):
            Installation(folder).install(bundle)
    assert "an installation did not end" in Installation(folder).problems(bundle)
    assert Installation(folder).install(bundle).unchanged == ["_Menu/a.py"]
    assert Installation(folder).problems(bundle) == []
    assert {p.name for p in folder.iterdir()} == {"_Menu", STAMP}


LINKS = ["_Menu/a.py", "_Menu", STAMP]


@pytest.mark.parametrize("link", LINKS)
def test_nothing_is_written_through_a_link(tmp_path, folder, source, link):
    outside = tmp_path / "outside"
    (outside / "_Menu").mkdir(parents=True)
    for name in ("_Menu/a.py", STAMP):
        (outside / name).write_text("{}" if name == STAMP else "theirs")
    if link == "_Menu":
        (folder / "_Menu" / "other.py").unlink()
        (folder / "_Menu").rmdir()
    (folder / link).symlink_to(outside / link)
    if link == STAMP:
        (outside / STAMP).write_text('{"version": "", "folders": [], "files": {}}')
    before = contents(outside)
    with pytest.raises(OutputExistsError, match="or are links"):
        Installation(folder).install(source(a="1"))
    assert contents(outside) == before and (folder / link).is_symlink()


@pytest.mark.parametrize("link", ["_Menu/new/a.py", "_Menu/new", "_Menu/new/__pycache__"])
def test_nothing_is_deleted_through_a_link(tmp_path, folder, source, link):
    bundle = in_new(source(a="1"))
    Installation(folder).install(bundle)
    outside = tmp_path / "outside"
    (outside / "__pycache__").mkdir(parents=True)
    (outside / "a.py").write_text("1")
    (outside / "__pycache__" / "a.cpython-310.pyc").write_text("theirs")
    place, part = folder / link, Path(link).name
    if part == "new":
        (place / "a.py").unlink()
        place.rmdir()
    elif part == "a.py":
        place.unlink()
    place.symlink_to(outside if part == "new" else outside / part)
    before = contents(outside)
    kept = Installation(folder).remove()
    assert kept == ([] if part == "__pycache__" else ["_Menu/new/a.py"])
    assert contents(outside) == before and place.is_symlink()


def test_a_link_in_the_place_where_files_are_prepared_is_taken_away_alone(tmp_path, folder, source):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("theirs")
    (folder / ".nnabla_influence_plugins.partial").symlink_to(outside)
    Installation(folder).install(source(a="1"))
    assert contents(outside) == {"file": b"theirs"}


def test_a_missing_file_is_a_problem(source, folder):
    bundle = source(a="1")
    assert "nothing is installed" in Installation(folder).problems(bundle)[0]
    Installation(folder).install(bundle)
    (folder / "_Menu" / "a.py").unlink()
    assert Installation(folder).problems(bundle) == [f"missing: {folder / '_Menu' / 'a.py'}"]


@pytest.mark.parametrize("stamp", ["not JSON", "[]", '{"files": {"../../other.py": "0"}, "folders": []}'])
def test_a_stamp_that_is_not_ours_is_refused(folder, stamp):
    (folder / STAMP).write_text(stamp, encoding="utf-8")
    with pytest.raises(CorruptFileError, match="list the files of an installation"):
        Installation(folder)


def test_removing_leaves_the_folder_as_it_was(folder):
    before = contents(folder)
    Installation(folder).install(windows_bundle())
    (folder / "_Training" / "__pycache__").mkdir()
    (folder / "_Training" / "__pycache__" / "train_with_influence_cache.cpython-38.pyc").write_text("")
    assert Installation(folder).remove() == []
    assert contents(folder) == before and {p.name for p in folder.iterdir()} == {"_Menu"}
