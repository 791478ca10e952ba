"""How much a packed file may unpack to."""

import pytest

from nnabla_influence.archives.unpacked_size import require_plausible_size
from nnabla_influence.errors import CorruptFileError


def test_small_things_and_plausible_ones_pass():
    require_plausible_size("x", 64 << 20, 0)
    require_plausible_size("x", 100 << 20, 1 << 20)


def test_out_of_proportion_is_refused():
    with pytest.raises(
        CorruptFileError, match="expected x to unpack to at most 100 times its 1,048,576 bytes, got 104,8"
    ):
        require_plausible_size("x", (100 << 20) + 1, 1 << 20)
