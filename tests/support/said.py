"""A console that keeps what is said."""

from nnabla_influence.cli.console import Console


class Said(Console):
    def __init__(self):
        super().__init__()
        self.lines = []

    def _say(self, text):
        self.lines.append(text)

    info = result = _say

    @property
    def text(self):
        return "\n".join(self.lines)
