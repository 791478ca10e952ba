"""SHA-256 of files, read in pieces."""

import hashlib

from nnabla_influence import file_digest as module
from nnabla_influence.file_digest import file_digest, stream_digest


def test_it_is_that_of_the_whole_content(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 3)
    path = tmp_path / "file"
    for content in (b"", b"ab", b"abc", b"abcdefgh"):
        path.write_bytes(content)
        assert file_digest(path) == hashlib.sha256(content).hexdigest()


def test_of_an_open_file_it_is_that_of_the_rest(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"head and rest")
    with path.open("rb") as stream:
        stream.seek(9)
        assert stream_digest(stream) == hashlib.sha256(b"rest").hexdigest()
