"""Files copied into somebody else's folder: only ours are written, only ours are removed."""

import json
import os

import pytest

from nnabla_influence import __version__
from nnabla_influence.errors import CorruptFileError, OutputExistsError
from nnabla_influence.nnc.installer import installation
from nnabla_influence.nnc.installer.bundle import PACKAGE, BundledFile, desktop_bundle, windows_bundle
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


def test_an_interrupted_installation_is_completed(source, folder, monkeypatch):
    bundle = source(a="1", b="2")

    def interrupt(path, text):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(installation, "write_text_atomic", interrupt)
        with pytest.raises(KeyboardInterrupt):
            Installation(folder).install(bundle)
    assert (folder / "_Menu" / "a.py").is_file() and not (folder / STAMP).exists()
    assert Installation(folder).install(bundle).unchanged == ["_Menu/a.py", "_Menu/b.py"]
    assert Installation(folder).exists


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
    (folder / "_Training" / "nnabla_influence" / "__pycache__").mkdir()
    (folder / "_Training" / "nnabla_influence" / "__pycache__" / "errors.cpython-38.pyc").write_text("")
    assert Installation(folder).remove() == []
    assert contents(folder) == before and {p.name for p in folder.iterdir()} == {"_Menu"}


def test_every_script_has_the_whole_package_beside_it():
    """Checked against the files there are, so that data files are not forgotten."""
    package = {p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*") if p.is_file()}
    package = {name for name in package if "__pycache__" not in name}
    for bundle, folders in [
        (windows_bundle(), ["_Training/", "_Post_Process/_Data_Cleansing/", "_Dataset/_Data_Cleansing/"]),
        (desktop_bundle(), [""]),
    ]:
        targets = {file.target for file in bundle}
        for folder in folders:
            assert {f"{folder}nnabla_influence/{name}" for name in package} <= targets
    assert "dataset/digits.npz" in package
