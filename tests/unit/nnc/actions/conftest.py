"""What tests of actions share."""

import pytest
from support.recording_console import RecordingConsole


@pytest.fixture
def console():
    """Keep what is said."""
    return RecordingConsole()
