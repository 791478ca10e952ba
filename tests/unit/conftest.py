"""What unit tests share."""

import pytest

from nnabla_influence import progress_display


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture()
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress_display, "time", clock)
    return clock
