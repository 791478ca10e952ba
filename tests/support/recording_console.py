"""A messenger that keeps what is said."""

from nnabla_influence.messenger import Messenger
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.progress_display import Progress


class RecordingConsole(Messenger):
    """Keeps every line, in the words of a plugin.

    Attributes:
        lines: What was said, in order.
        phases: The phases that were begun, as (description, unit).
    """

    remedies = IN_FIELDS

    def __init__(self, **settings):
        super().__init__(**settings)
        self.lines = []
        self.phases = []

    def result(self, text):
        self.lines.append(text)

    notice = result

    def progress(self, description, unit="samples"):
        self.phases.append((description, unit))
        return Progress(description, unit)

    @property
    def text(self):
        return "\n".join(self.lines)
