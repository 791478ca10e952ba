"""The learning curve of a training, in the files and lines that Neural Network Console draws it from.

``monitoring_report.yml`` gets an entry at the end of every epoch: its number from 0 and a colon, then indented the cost
and every monitor. A line at level 99 says the same. ``progress.txt`` says how far the epoch is.

The epoch whose parameters go into ``results.nnp`` is chosen as ``nnabla_cli train`` chooses it: the last one at which
the monitor ``valid_error`` was not above the lowest so far; the last one evaluated if the project does not save the
best, or a lowest error of exactly 0 was met.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

import numpy as np

from ..network import Network
from ..resume import PartialFolder
from ..training import Checkpoint, EpochReport, Monitors

__all__ = ["LearningCurve"]

LOGGER = logging.getLogger("nnabla_influence")
REPORT, PROGRESS = "monitoring_report.yml", "progress.txt"
JUDGE = "valid_error"
COST = "cost"
SAVED, CURVE = "curve", "curve."


class Best(NamedTuple):
    """The parameters to keep: theta (P,) and running statistics (S,)."""

    theta: np.ndarray
    statistics: np.ndarray


class LearningCurve:
    """Follows a training; pass it as the epoch hook of `nnabla_influence.training.train`.

    Args:
        folder: Where the files are written.
        network: The network being trained.
        monitors: Its monitors.
        store: Keeps the curve and the best parameters, to go on after an interruption.

    Attributes:
        entries: One dictionary per finished epoch: ``cost`` and the monitors that were evaluated.
        best: The parameters to keep.
        best_epoch: The epoch, from 0, they are from.
    """

    def __init__(self, folder: Path, network: Network, monitors: Monitors, store: PartialFolder) -> None:
        self._folder, self._monitors, self._store = folder, monitors, store
        self._save_best: bool = network.proto.training_config.save_best
        self._names = [monitor.name for monitor in network.proto.monitor]
        self.entries: List[Dict[str, float]] = []
        self.best_epoch, self.best = 0, Best(network.theta, network.statistics_values)
        self._lowest: Optional[float] = None
        self._started, self._noted = time.monotonic(), 0.0
        self._restore()
        self._first = len(self.entries)
        (folder / REPORT).write_text("".join(map(_lines, range(self._first), self.entries)), encoding="utf-8")

    def __call__(self, report: EpochReport) -> None:
        """Evaluates, writes and says the end of an epoch; calling it again for the same epoch changes nothing."""
        epoch = report.epoch - 1
        if epoch < len(self.entries):
            return
        found = self._monitors.measure(report.state, epoch)
        if found is not None:
            self._choose(epoch, found.get(JUDGE, 0.0), report.state)
        self.entries.append({COST: report.loss, **(found or {})})
        self._save()
        # Appended, not replaced: Neural Network Console may be reading it.
        with open(self._folder / REPORT, "a", encoding="utf-8") as stream:
            stream.write(_lines(epoch, self.entries[epoch]))
        self._say(report, found or {})

    def watching(self, progress: Callable[[int, int], None]) -> Callable[[int, int], None]:
        """The step hook: passes on, and writes ``progress.txt`` at most once a second."""

        def note(done: int, total: int) -> None:
            progress(done, total)
            if time.monotonic() - self._noted >= 1:
                self._noted = time.monotonic()
                self._write_progress(f"Training ({100 * done / total:3.2f}%)")

        return note

    def finish(self) -> None:
        """The training is over; ``progress.txt`` becomes empty, as NNabla leaves it."""
        self._write_progress("")

    def remove(self) -> None:
        """Removes the files of a training that did not finish."""
        for name in (REPORT, PROGRESS):
            if (self._folder / name).is_file():
                (self._folder / name).unlink()

    def _choose(self, epoch: int, error: float, state: Checkpoint) -> None:
        if not self._save_best or not self._lowest or error <= self._lowest:
            self._lowest, self.best_epoch = error, epoch
            self.best = Best(state.theta, state.statistics)

    def _say(self, report: EpochReport, found: Dict[str, float]) -> None:
        values = ", ".join(f"{name}={value:.6f}" for name, value in found.items())
        passed = time.monotonic() - self._started
        LOGGER.info(
            "epoch %d of %d cost=%.6f %s time=(%.1fs /%.1fs)",
            report.epoch,
            report.epochs,
            report.loss,
            f" {{{values}}}" if values else "",
            passed,
            passed * (report.epochs - self._first) / (report.epoch - self._first),
        )

    def _write_progress(self, text: str) -> None:
        (self._folder / PROGRESS).write_text(text, encoding="utf-8")

    def _save(self) -> None:
        columns = {name: np.array([entry.get(name, np.nan) for entry in self.entries]) for name in (COST, *self._names)}
        kept = {"theta": self.best.theta, "statistics": self.best.statistics, "epoch": np.int64(self.best_epoch)}
        lowest = {"lowest": np.float64(np.nan if self._lowest is None else self._lowest)}
        self._store.save(SAVED, {**kept, **lowest, **{CURVE + name: values for name, values in columns.items()}})

    def _restore(self) -> None:
        saved = self._store.load(SAVED)
        if saved is None:
            return
        self.best = Best(saved["theta"], saved["statistics"])
        self.best_epoch, self._lowest = int(saved["epoch"]), float(saved["lowest"])
        for epoch in range(len(saved[CURVE + COST])):
            values = {name: float(saved[CURVE + name][epoch]) for name in (COST, *self._names)}
            self.entries.append({name: value for name, value in values.items() if not np.isnan(value)})


def _lines(epoch: int, entry: Dict[str, float]) -> str:
    return f"{epoch}:\n" + "".join(f"  {name}: {value}\n" for name, value in entry.items())
