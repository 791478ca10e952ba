"""ZIP files of strangers: each strange one is refused in one sentence, before it is unpacked."""

import io
import stat
import warnings
import zipfile

import pytest

from nnabla_influence.archives import unpacked_size
from nnabla_influence.archives.zip_members import read_members
from nnabla_influence.errors import CorruptFileError, TooLargeError


def archive(*members, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that is there twice
        for name, data in members:
            file.writestr(name, data)
    return packed.getvalue()


def test_the_wanted_members_are_read(tmp_path):
    data = archive(("a.txt", b"1"), ("folder/", b""), ("folder/b.h5", b"22"))
    assert read_members(data) == {"a.txt": b"1", "folder/b.h5": b"22"}
    (tmp_path / "a.zip").write_bytes(data)
    assert read_members(tmp_path / "a.zip", lambda name: name.endswith(".h5")) == {"folder/b.h5": b"22"}


def patched(data, offset_in_entries, value):
    """Change two bytes of the first member's two headers; offsets differ by two between them."""
    changed = bytearray(data)
    central = data.index(b"PK\x01\x02")
    changed[offset_in_entries : offset_in_entries + 2] = value.to_bytes(2, "little")
    changed[central + offset_in_entries + 2 : central + offset_in_entries + 4] = value.to_bytes(2, "little")
    return bytes(changed)


def link():
    info = zipfile.ZipInfo("net.nntxt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return archive((info, b"/etc/passwd"))


PLAIN = archive(("net.nntxt", b"text" * 100))
STRANGE = {
    "no archive": (b"PK no zip", "File is not a zip file"),
    "empty": (b"", "File is not a zip file"),
    "cut": (PLAIN[:-30], "File is not a zip file|truncated|Bad"),
    "flipped": (PLAIN.replace(PLAIN[42:46], b"\xff\xff\xff\xff", 1), "expected a readable ZIP archive"),
    "encrypted": (patched(PLAIN, 6, 1), "without a password, got 'net.nntxt' encrypted"),
    "unknown method": (patched(PLAIN, 8, 99), "compression method is not supported"),
    "a link": (link(), "got 'net.nntxt', a link"),
    "twice": (archive(("a", b"1"), ("a", b"2")), "got 'a' twice"),
    "a bomb": (
        archive(("net.nntxt", bytes(100 << 20))),
        "'net.nntxt' to unpack to at most 100 times its .* 104,857,600",
    ),
    "many small bombs": (archive(*((str(n), bytes(30 << 20)) for n in range(3))), "the archive to unpack to at most"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_archive_is_refused_in_one_sentence(name):
    data, message = STRANGE[name]
    with pytest.raises(CorruptFileError, match=message) as refused:
        read_members(data)
    assert "\n" not in str(refused.value)


def test_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(CorruptFileError):
        read_members(STRANGE["a bomb"][0])


def test_what_does_not_fit_the_machine_is_refused(monkeypatch):
    monkeypatch.setattr(
        unpacked_size, "require_memory", lambda needed, work: (_ for _ in ()).throw(TooLargeError(work))
    )
    with pytest.raises(TooLargeError, match="unpacking 'net.nntxt'"):
        read_members(PLAIN)
