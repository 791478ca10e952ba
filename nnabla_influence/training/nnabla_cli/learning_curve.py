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

from ...array import Array
from ...files import naming_file, replaceable
from ...network import Network
from ...resume import PartialFolder
from ..checkpoint import Checkpoint
from ..train import EpochReport
from .monitors import Monitors

__all__ = ["LearningCurve"]

LOGGER = logging.getLogger("nnabla_influence")
REPORT = "monitoring_report.yml"
PROGRESS = "progress.txt"
JUDGE = "valid_error"  # the monitor that decides which epoch is kept
COST = "cost"
SAVED = "curve"  # name in the store
CURVE = "curve."  # prefix of its columns


class BestParameters(NamedTuple):
    """The parameters to keep: theta (P,) and running statistics (S,)."""

    theta: Array
    statistics: Array


class LearningCurve:
    """The learning curve of one training, written while it runs; pass it to `train` as the epoch hook.

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
        self._folder = folder
        self._monitors = monitors
        self._store = store
        self._save_best: bool = network.proto.training_config.save_best
        self._names = [monitor.name for monitor in network.proto.monitor]
        self.entries: List[Dict[str, float]] = []
        self.best_epoch = 0
        self.best = BestParameters(network.theta, network.statistics_values)
        self._lowest: Optional[float] = None
        self._started = time.monotonic()
        self._noted = 0.0  # when progress.txt was last written
        self._restore()
        self._first = len(self.entries)
        text = "".join(map(_lines, range(self._first), self.entries))
        with naming_file(folder / REPORT, len(text)):
            replaceable(folder / REPORT).write_text(text, encoding="utf-8")

    def __call__(self, report: EpochReport) -> None:
        """Evaluate, write and log the end of an epoch; calling it again for the same epoch changes nothing."""
        epoch = report.epoch - 1
        if epoch < len(self.entries):
            return
        measured = self._monitors.measure(report.state, epoch)
        if measured is not None:
            self._choose(epoch, measured.get(JUDGE, 0.0), report.state)
        self.entries.append({COST: report.loss, **(measured or {})})
        self._save()
        # Appended, not replaced: Neural Network Console may be reading it.
        report_file = self._folder / REPORT
        with naming_file(report_file), open(report_file, "a", encoding="utf-8") as stream:
            stream.write(_lines(epoch, self.entries[epoch]))
        self._say(report, measured or {})

    def watching(self, progress: Callable[[int, int], None]) -> Callable[[int, int], None]:
        """Return a step hook that passes on to another, and writes ``progress.txt`` at most once a second."""

        def note(done: int, total: int) -> None:
            """Pass on how far the training is, and write it where NNC looks."""
            progress(done, total)
            if time.monotonic() - self._noted >= 1:
                self._noted = time.monotonic()
                self._write_progress(f"Training ({100 * done / total:3.2f}%)")

        return note

    def finish(self) -> None:
        """Empty ``progress.txt``, as NNabla leaves it at the end of a training."""
        self._write_progress("")

    def remove(self) -> None:
        """Remove the files of a training that did not finish."""
        for name in (REPORT, PROGRESS):
            if (self._folder / name).is_file():
                (self._folder / name).unlink()

    def _choose(self, epoch: int, error: float, state: Checkpoint) -> None:
        # `not self._lowest`: none yet, or exactly 0, which NNabla takes for none.
        if not self._save_best or not self._lowest or error <= self._lowest:
            self._lowest = error
            self.best_epoch = epoch
            self.best = BestParameters(state.theta, state.statistics)

    def _say(self, report: EpochReport, measured: Dict[str, float]) -> None:
        values = ", ".join(f"{name}={value:.6f}" for name, value in measured.items())
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
        with naming_file(self._folder / PROGRESS, len(text)):
            replaceable(self._folder / PROGRESS).write_text(text, encoding="utf-8")

    def _save(self) -> None:
        columns = {name: np.array([entry.get(name, np.nan) for entry in self.entries]) for name in (COST, *self._names)}
        kept = {"theta": self.best.theta, "statistics": self.best.statistics, "epoch": np.int64(self.best_epoch)}
        lowest = {"lowest": np.float64(np.nan if self._lowest is None else self._lowest)}
        self._store.save(SAVED, {**kept, **lowest, **{CURVE + name: values for name, values in columns.items()}})

    def _restore(self) -> None:
        saved = self._store.load(SAVED)
        if saved is None:
            return
        self.best = BestParameters(saved["theta"], saved["statistics"])
        self.best_epoch = int(saved["epoch"])
        self._lowest = float(saved["lowest"])
        for epoch in range(len(saved[CURVE + COST])):
            values = {name: float(saved[CURVE + name][epoch]) for name in (COST, *self._names)}
            self.entries.append({name: value for name, value in values.items() if not np.isnan(value)})


def _lines(epoch: int, entry: Dict[str, float]) -> str:
    return f"{epoch}:\n" + "".join(f"  {name}: {value}\n" for name, value in entry.items())
