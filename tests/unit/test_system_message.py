"""What the operating system says, and what to do about it."""

import errno

import pytest

from nnabla_influence.system_message import system_message


@pytest.mark.parametrize(
    "error, message",
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/data/c.h5"),
            "/data/c.h5: No space left on device; free some space or write elsewhere",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "No space left on device; free some space or write elsewhere",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "c.h5"),
            "c.h5: Permission denied; check the permissions or write elsewhere",
        ),
        (OSError(errno.EROFS, "Read-only file system", "c.h5"), "c.h5: Read-only file system; write elsewhere"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "c.h5"), "c.h5: No such file or directory"),
        (OSError(errno.EIO, "Input/output error", 0), "0: Input/output error"),
    ],
)
def test_file_cause_and_advice(error, message):
    assert system_message(error) == message


def test_an_error_as_the_system_raises_it(tmp_path):
    with pytest.raises(OSError) as error:
        (tmp_path / "nobody" / "a.csv").write_text("")
    assert system_message(error.value) == f"{tmp_path / 'nobody' / 'a.csv'}: No such file or directory"
