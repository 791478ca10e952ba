"""What is copied: every script, and the whole package beside every one of them."""

import hashlib

import pytest

from nnabla_influence.errors import RequestError
from nnabla_influence.nnc.host.manifest import PLUGINS
from nnabla_influence.nnc.installer import bundle
from nnabla_influence.nnc.installer.bundle import (
    PACKAGE,
    BundledFile,
    desktop_bundle,
    package_files,
    scripts_folder,
    windows_bundle,
)


def targets(files):
    return [file.target for file in files]


def test_a_file_is_known_by_its_contents(tmp_path):
    (tmp_path / "a").write_bytes(b"text")
    assert BundledFile("b/a", tmp_path / "a").digest == hashlib.sha256(b"text").hexdigest()


def test_the_scripts_are_found_in_a_checkout_and_inside_a_wheel(tmp_path, monkeypatch):
    assert (scripts_folder() / PLUGINS[0].script).is_file()
    package = tmp_path / "nnabla_influence"
    script = package / "nnc" / "plugins" / PLUGINS[0].script
    script.parent.mkdir(parents=True)
    script.touch()
    monkeypatch.setattr(bundle, "PACKAGE", package)
    assert scripts_folder() == package / "nnc" / "plugins"
    script.unlink()
    with pytest.raises(RequestError, match="A copy that NNC uses cannot install itself elsewhere"):
        scripts_folder()


def test_windows_has_the_package_once_in_every_menu_folder():
    files = targets(windows_bundle())
    assert len(set(files)) == len(files)
    assert {plugin.script for plugin in PLUGINS} <= set(files)
    for folder in {plugin.folder for plugin in PLUGINS}:
        assert f"{folder}/nnabla_influence/__init__.py" in files


def test_desktop_has_the_scripts_it_offers_side_by_side():
    files = targets(desktop_bundle())
    assert len(set(files)) == len(files)
    scripts = {name for name in files if "/" not in name}
    assert scripts == {f"{plugin.name}.py" for plugin in PLUGINS if plugin.on_desktop}
    assert files.count("nnabla_influence/__init__.py") == 1


def test_a_copy_holds_neither_byte_code_nor_the_scripts_of_a_wheel(tmp_path, monkeypatch):
    package = tmp_path / "nnabla_influence"
    for name in ("__init__.py", "__pycache__/a.pyc", "nnc/plugins/_Training/x.py", "nnc/a.py", "data/b.npz"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
    monkeypatch.setattr(bundle, "PACKAGE", package)
    names = {f"there/nnabla_influence/{name}" for name in ("__init__.py", "nnc/a.py", "data/b.npz")}
    assert set(targets(package_files("there/"))) == names


def test_the_package_that_is_copied_is_this_one():
    assert (PACKAGE / "nnc" / "installer" / "bundle.py").samefile(bundle.__file__)
