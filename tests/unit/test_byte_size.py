"""Sizes as people write and read them."""

import pytest

from nnabla_influence.byte_size import byte_size, byte_text


@pytest.mark.parametrize("text, size", [("512MB", 512 * 2**20), ("2g", 2 * 2**30), (" 7 ", 7), ("1KB", 1024)])
def test_sizes_are_read(text, size):
    assert byte_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "0", "-1", "1.5GB", "2TB", "5BB"])
def test_what_is_none_is_refused(text):
    with pytest.raises(ValueError, match="such as 512MB"):
        byte_size(text)


@pytest.mark.parametrize(
    "size, text",
    [
        (0, "0 bytes"),
        (1023, "1,023 bytes"),
        (1024, "1 KB"),
        (5 * 2**20, "5 MB"),
        (20 * 2**30, "20 GB"),
        (2**42, "4.1e+03 GB"),
    ],
)
def test_sizes_are_written(size, text):
    assert byte_text(size) == text
