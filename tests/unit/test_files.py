"""Files appear whole or not at all."""

import ast
import os
import socket
import stat
from pathlib import Path

import pytest
from support.full_disk import refuse_writing

import nnabla_influence
from nnabla_influence.errors import OutputExistsError
from nnabla_influence.files import (
    atomic_path,
    refuse_existing,
    refuse_overwriting,
    replaceable,
    write_bytes_atomic,
    write_files_atomic,
    write_text_atomic,
)
from nnabla_influence.system_message import system_message


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_as_it_is(tmp_path):
    target = tmp_path / "new 新" / "a.csv"
    write_text_atomic(target, "あ\r\nb\n")
    assert target.read_bytes() == "あ\r\nb\n".encode() and names(target.parent) == ["a.csv"]


def test_the_temporary_file_lies_beside_the_target_with_its_suffix(tmp_path):
    target = tmp_path / "a.npy"
    target.write_bytes(b"old")
    with atomic_path(str(target)) as temporary:
        assert temporary.parent == target.parent and temporary.suffix == ".npy" and temporary != target
        temporary.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new" and names(tmp_path) == ["a.npy"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_keeps_the_old_file_and_no_other(tmp_path, failure):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    with pytest.raises(failure):
        with atomic_path(target) as temporary:
            temporary.write_bytes(b"half")
            raise failure
    assert target.read_bytes() == b"old" and names(tmp_path) == ["a.txt"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(OSError):
        with atomic_path(tmp_path / "a.txt"):
            pass
    assert names(tmp_path) == []


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputExistsError, match="a folder"):
        write_text_atomic(tmp_path / "a", "text")
    assert names(tmp_path) == ["a"] and (tmp_path / "a").is_dir()


def test_a_relative_target_and_a_long_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_text_atomic("b.txt", "text")
    write_text_atomic("n" * 250 + ".txt", "text")
    assert (tmp_path / "b.txt").read_text() == "text" and len(names(tmp_path)) == 2


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights on Windows")
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    write_text_atomic(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink() and (tmp_path / "real.txt").read_text() == "new"


def test_what_is_read_is_not_written_over(tmp_path):
    path, other, link = tmp_path / "a.csv", tmp_path / "hard.csv", tmp_path / "link.csv"
    refuse_overwriting([path], [path, None, "builtin:cnn"])  # what does not exist cannot be harmed
    path.touch()
    link.symlink_to(path)
    os.link(str(path), str(other))
    refuse_overwriting(
        [path, tmp_path / "b.csv"], [None, "builtin:cnn", tmp_path / "c.csv", str(tmp_path / "none.csv")]
    )
    (tmp_path / "folder").mkdir()
    for same in (str(path), tmp_path / "folder" / ".." / "a.csv", link, other):
        with pytest.raises(OutputExistsError, match="got one that is read"):
            refuse_overwriting([tmp_path / "b.csv", path], [None, same])


def test_two_outputs_need_two_files(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputExistsError, match="a file of its own for every output"):
        refuse_overwriting([tmp_path / "a.csv", tmp_path / "folder" / ".." / "a.csv"], [])


def pipe(path):
    os.mkfifo(str(path))


def device(path):
    try:
        os.mknod(str(path), stat.S_IFCHR | 0o600, os.makedev(1, 3))  # what /dev/null is
    except PermissionError:
        pytest.skip("only root makes a device")


def listener(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files in folders")
@pytest.mark.parametrize("make, kind", [(pipe, "a named pipe"), (device, "a device"), (listener, "a socket")])
def test_what_is_no_regular_file_is_not_replaced(tmp_path, monkeypatch, make, kind):
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    make(Path("node"))
    before = os.lstat("node")
    os.symlink("node", "link")
    for name in ("node", "link"):
        with pytest.raises(OutputExistsError, match=f"got {kind}"):
            write_text_atomic(name, "text")
        with pytest.raises(OutputExistsError, match=f"got {kind}"):
            refuse_overwriting([Path(name)], [])
    assert os.path.samestat(before, os.lstat("node")) and names(tmp_path) == ["link", "node"]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights on Windows")
def test_no_link_is_followed_out_of_the_folder(tmp_path):
    (tmp_path / "here").mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text("old")
    for target in (secret, tmp_path / "new.txt"):
        link = tmp_path / "here" / target.name
        link.symlink_to(target)
        with pytest.raises(OutputExistsError, match="in another folder"):
            write_text_atomic(link, "text")
    assert secret.read_text() == "old" and names(tmp_path) == ["here", "secret.txt"]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights on Windows")
def test_the_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    write_text_atomic(tmp_path / "data" / "a.txt", "text")
    assert names(tmp_path / "disk") == ["a.txt"]
    assert replaceable(tmp_path / "data" / "a.txt").samefile(tmp_path / "disk" / "a.txt")


# Modules that write without the functions of `files`, because what they write appears whole by other means or is read
# while it grows.
OTHER_WRITERS = {
    "files.py",
    "run_lock.py",  # what is locked must stay the same file; asks `replaceable`
    "nnc/installer/dataset_pages.py",  # into a folder of its own that is renamed
    "nnc/installer/installation.py",  # into a folder of its own, from which files are renamed
    "cli/closed_streams.py",  # to nowhere
    "dataset/csv.py",  # line by line, inside `atomic_path`
    "dataset/store.py",  # into a folder of its own that is renamed
    "training/nnabla_cli/nnabla_iterator.py",  # into a temporary folder
    "training/nnabla_cli/learning_curve.py",  # NNC reads it while it grows; asks `replaceable`
}


def writes(path):
    """Lines that call ``write_text``, ``write_bytes``, or ``open`` with a mode that writes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            modes = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if name in ("write_text", "write_bytes") or (name == "open" and any(set(m) & set("wax+") for m in modes)):
                yield node.lineno


def test_every_module_writes_by_the_functions_of_files():
    package = Path(nnabla_influence.__file__).parent
    found = {path.relative_to(package).as_posix() for path in package.rglob("*.py") if list(writes(path))}
    assert found == OTHER_WRITERS


def test_a_full_disk_names_file_and_bytes_and_leaves_no_folder(tmp_path, monkeypatch):
    refuse_writing(monkeypatch)
    target = tmp_path / "a" / "b" / "c.npz"
    with pytest.raises(OSError) as caught:
        write_bytes_atomic(target, bytes(1_234_567))
    message = system_message(caught.value)
    assert message.startswith(f"{target}: ") and "(1,234,567 bytes needed, " in message
    assert message.endswith(" bytes free); free some space or write elsewhere")
    assert names(tmp_path) == []


def test_a_folder_that_somebody_else_uses_meanwhile_stays(tmp_path):
    with pytest.raises(ValueError), atomic_path(tmp_path / "a" / "b" / "c.txt"):
        (tmp_path / "a" / "notes.txt").touch()
        raise ValueError
    assert names(tmp_path / "a") == ["notes.txt"]


def test_errors_name_the_file_and_not_the_temporary_one(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, atomic_path(tmp_path / "a.txt"):
        pass  # nothing was written
    assert caught.value.filename == str(tmp_path / "a.txt")


def test_of_several_files_none_is_replaced_before_all_are_written(tmp_path, monkeypatch):
    paths = [tmp_path / "a.txt", tmp_path / "new" / "b.npz"]
    write_files_atomic({paths[0]: b"old"})
    refuse_writing(monkeypatch, ".npz")
    with pytest.raises(OSError, match="6 bytes needed"):
        write_files_atomic({paths[0]: b"new", paths[1]: b"second"})
    assert paths[0].read_bytes() == b"old" and names(tmp_path) == ["a.txt"]
    monkeypatch.undo()
    write_files_atomic({paths[0]: b"new", paths[1]: b"second"})
    assert [path.read_bytes() for path in paths] == [b"new", b"second"]


def test_a_file_that_is_there_is_replaced_only_where_that_was_asked_for(tmp_path):
    there, new = tmp_path / "there.csv", tmp_path / "new.csv"
    there.write_text("mine")
    refuse_existing([new, None], overwrite=False)
    refuse_existing([there, new], overwrite=True)
    with pytest.raises(OutputExistsError, match="there.csv: expected the name of a new file, got one that exists"):
        refuse_existing([new, str(there)], overwrite=False)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_that_leads_nowhere_is_something_that_is_there(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises(OutputExistsError):
        refuse_existing([tmp_path / "link.csv"], overwrite=False)
