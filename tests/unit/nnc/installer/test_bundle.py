"""What is copied: every script, and the whole package once, in one archive."""

import hashlib
import io
import os
import zipfile

import pytest

from nnabla_influence.errors import RequestError
from nnabla_influence.nnc.host.manifest import PLUGINS
from nnabla_influence.nnc.installer import bundle
from nnabla_influence.nnc.installer.bundle import (
    PACKAGE,
    BundledFile,
    PackageArchive,
    desktop_bundle,
    scripts_folder,
    windows_bundle,
    windows_script,
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


def test_windows_has_the_package_once_in_a_folder_that_is_no_menu():
    files = targets(windows_bundle())
    assert len(set(files)) == len(files)
    assert files == [*(plugin.script for plugin in PLUGINS), "nnabla_influence_plugins/nnabla_influence.zip"]


def test_beside_the_xai_plugins_only_the_scripts_of_post_process_are_elsewhere():
    own, xai = targets(windows_bundle()), targets(windows_bundle("xai"))
    moved = {b: a for a, b in zip(own, xai) if a != b}
    assert moved == {
        "_Post_Process/_XAI/_Data_Cleansing/" + place.split("/")[-1]: place
        for place in own
        if place.startswith("_Post_Process/")
    }
    assert all(len(windows_script(plugin, "xai").split("/")) <= 4 for plugin in PLUGINS), "menus are three levels deep"


def test_desktop_has_the_scripts_it_offers_side_by_side():
    files = targets(desktop_bundle())
    assert files == [*(f"{plugin.name}.py" for plugin in PLUGINS if plugin.on_desktop), "nnabla_influence.zip"]


def test_the_archive_holds_the_whole_package():
    """Checked against the files there are, so that data files are not forgotten."""
    package = {p.relative_to(PACKAGE.parent).as_posix(): p for p in PACKAGE.rglob("*") if p.is_file()}
    package = {name: path.read_bytes() for name, path in package.items() if "__pycache__" not in name}
    for files in (windows_bundle(), desktop_bundle()):
        assert contents_of(files[-1]) == package
    assert "nnabla_influence/dataset/digits.npz" in package


def test_an_archive_holds_neither_byte_code_nor_the_scripts_of_a_wheel(tmp_path):
    package = tmp_path / "nnabla_influence"
    for name in ("__init__.py", "__pycache__/a.pyc", "nnc/plugins/_Training/x.py", "nnc/a.py", "data/b.npz"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(name)
    archive = PackageArchive("there.zip", package)
    names = ("__init__.py", "data/b.npz", "nnc/a.py")
    assert contents_of(archive) == {f"nnabla_influence/{name}": name.encode() for name in names}


def test_an_archive_has_the_same_bytes_whenever_it_is_made(tmp_path):
    package = tmp_path / "nnabla_influence"
    package.mkdir()
    (package / "__init__.py").write_text("1")
    archive = PackageArchive("there.zip", package)
    first = archive.digest
    os.utime(str(package / "__init__.py"), (1e9, 1e9))
    assert archive.digest == first == hashlib.sha256(archive.contents()).hexdigest()


def contents_of(archive):
    with zipfile.ZipFile(io.BytesIO(archive.contents())) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_package_that_is_copied_is_this_one():
    assert (PACKAGE / "nnc" / "installer" / "bundle.py").samefile(bundle.__file__)
