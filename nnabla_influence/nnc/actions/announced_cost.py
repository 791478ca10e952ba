"""What a plugin that trains many times says before it starts, so that nobody waits for an hour without knowing it.

How many trainings there will be is known at once. How long they take is known when the first one has run: so it is
said then, where one has to be trained from its beginning anyway. NNC Desktop stops asking after five minutes and has no
way to say that a plugin is still at work; so the log says it beforehand.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from ...choices import LAST_EPOCH
from ...messenger import Messenger
from ...training import TrainingCache
from ..host.desktop_result import DesktopResult
from .retrainable import RetrainableResult

__all__ = ["AnnouncedCost"]

DESKTOP_WAITS = 5
"""Minutes."""


@dataclass(frozen=True)
class AnnouncedCost:
    """Many trainings.

    Args:
        trainings: How many at most.
        result: What is trained again.
        output: The file that the plugin writes.
        console: Says it.
    """

    trainings: int
    result: RetrainableResult
    output: Path
    console: Messenger

    def begin(self) -> None:
        """Say how much is to be trained."""
        epochs = self.result.project.config.epochs
        each = "of the last epoch alone" if self.result.start == LAST_EPOCH else f"of {epochs} epochs each"
        samples = len(self.result.project.train)
        self.console.info(f"cost: up to {self.trainings} trainings {each}, with {samples} samples an epoch")
        if DesktopResult.of(self.output) is not None:
            self.console.info(
                f"NNC Desktop stops waiting after {DESKTOP_WAITS} minutes. The plugin goes on all the same; when it "
                f"has ended, '{self.output}' is there: load the page again"
            )

    def first(self, train: Callable[[], TrainingCache], begun: Path) -> TrainingCache:
        """Train for the first time, and say how long all may take.

        Args:
            train: Trains, or gives the cache that is there already.
            begun: The cache that is made; where it, or a part of it, is there, nothing can be told.
        """
        known = self.result.cache is None and not list(begun.parent.glob(f"{begun.name}*"))
        start = time.monotonic()
        cache = train()
        if known:
            seconds = time.monotonic() - start
            self.console.info(
                f"one training took {_words(seconds)}, so all of them may take about {_words(seconds * self.trainings)}"
            )
        return cache


def _words(seconds: float) -> str:
    """Say a duration.

    >>> _words(0.2), _words(75), _words(5000)
    ('1 s', '75 s', '83 minutes')
    """
    return f"{max(1, round(seconds))} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"
