"""Out-of-fold predictions: what a network makes of a sample that it was not trained on.

The rows are dealt into K *folds*, classes spread evenly. For each fold a network is trained on all other rows, from the
project's initial parameters and with its own settings, and predicts the fold. So every sample i gets a loss ``l_i`` and
a predicted label from a network that never saw it. The score is ``-l_i``: the samples that the others contradict come
first.

The network's own prediction of a sample it was trained on may be a wrong label learnt by heart. An out-of-fold one
cannot be, which makes it the better proposal for relabelling. It costs K trainings on (K - 1) / K of the rows. The
score measures oddness, not harm; and a sample whose twin is in another fold is not quite unseen.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any, Dict, Iterator, List

import numpy as np

from ..array import Array, IntArray
from ..autodiff import HERE, LossOracle, Sweep
from ..dataset.batches import check_whole_number, consecutive_batches
from ..dataset.folds import draw_folds
from ..device import Device
from ..execution import end_if_unwanted
from ..scores import LABEL_COLUMN, LOSS_COLUMN, InfluenceScores
from ..training import Checkpoint, FreshTraining, StepPlan
from .given_labels import given_labels
from .influence_estimator import InfluenceEstimator
from .sample_columns import labels_of
from .scoring_task import ScoringTask

__all__ = ["OutOfFold"]

LOGGER = logging.getLogger("nnabla_influence")


class OutOfFold(InfluenceEstimator):
    """Minus the loss of every sample, by a network that was trained without it.

    The scores carry the columns ``predicted_label`` (where the network predicts one class per sample) and ``loss``,
    both out of fold.

    Args:
        folds: K, in how many parts the rows are held out.
        seed: Draws the folds; parameters, batches and masks are drawn by the seed of the training.
        device: Where to compute.

    Raises:
        ConfigError: There are fewer than two folds.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Network, OutOfFold, TrainingConfig
    >>> from nnabla_influence.training import FinalState
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> training = FinalState(network, TrainingConfig(epochs=1, batch_size=2), samples=4)
    >>> scores = OutOfFold(folds=2).estimate(training, data, data)
    >>> len(scores.values), sorted(scores.columns)
    (4, ['loss', 'predicted_label'])
    """

    method = "out-of-fold"

    def __init__(self, folds: int = 5, seed: int = 0, device: Device = Device()) -> None:
        check_whole_number(folds, 2, "the number of folds")
        self.folds = folds
        self.seed = seed
        self.device = device

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        fresh = FreshTraining.of(task.training)
        given = given_labels(fresh.network, task.train)
        parts = draw_folds(len(task.train), self.folds, self.seed, given)
        LOGGER.info(
            "out-of-fold: %d trainings of %d epochs, each on all rows but a fold of about %d",
            self.folds,
            fresh.config.epochs,
            round(len(task.train) / self.folds),
        )
        losses = np.zeros(len(task.train))
        labels: List[IntArray] = []
        predictions = _Predictions(fresh, task, parts, self.device)
        for fold, prediction in enumerate(predictions.every_fold(task.sweep)):
            losses[parts == fold] = prediction["losses"]
            labels.append(prediction["labels"])
        columns: Dict[str, Array] = {LOSS_COLUMN: losses}
        facts: Dict[str, float] = {}
        if all(len(part) for part in labels):
            predicted = np.zeros(len(task.train), np.int64)
            for fold, label in enumerate(labels):
                predicted[parts == fold] = label
            columns = {LABEL_COLUMN: predicted.astype(np.float64), **columns}
            if given is not None:
                facts["share of samples whose label is the one predicted out of fold"] = float(
                    (predicted == given).mean()
                )
        return InfluenceScores(-losses, self.method, facts, columns)


class _Predictions:
    """The trainings of all folds; what is finished lies in the task's store."""

    def __init__(self, fresh: FreshTraining, task: ScoringTask, parts: IntArray, device: Device) -> None:
        self._fresh = fresh
        self._task = task
        self._parts = parts
        self._device = device
        self._oracle = LossOracle(fresh.network, "frozen", device)  # as the network is used: running statistics
        self._drawn = [self._draws_of(fold) for fold in range(int(parts.max()) + 1)]
        self._told = 0  # rows; with workers a later fold is trained here before an earlier one is back

    def __getstate__(self) -> Dict[str, Any]:
        """Leave out what means nothing in another process: whom to tell, and the text of the data."""
        # There, every step asks instead whether somebody still waits.
        train = self._task.train.without_table()
        task = replace(self._task, train=train, validation=train, progress=end_if_unwanted, sweep=HERE)
        return {**vars(self), "_task": task}

    def every_fold(self, sweep: Sweep) -> Iterator[Dict[str, Array]]:
        """Yield the ``losses`` and ``labels`` of every fold's rows; labels are empty where there are none."""
        for fold, prediction in enumerate(sweep.items(self, _Predictions.of_fold, range(len(self._drawn)))):
            yield prediction
            self._report(fold, self._drawn[fold])

    def _draws_of(self, fold: int) -> int:
        """Count the rows that the training of a fold draws."""
        samples = int((self._parts != fold).sum())
        plan = StepPlan(self._fresh.settings(samples), samples)
        return plan.batches.draws_per_epoch * plan.config.epochs

    def _report(self, fold: int, drawn: int) -> None:
        """Tell how many rows of a fold's training are drawn, those of the folds before it being done; never twice."""
        done = sum(self._drawn[:fold]) + drawn
        if done > self._told:
            self._told = done
            self._task.report(done, sum(self._drawn))

    def of_fold(self, fold: int) -> Dict[str, Array]:
        """Train without a fold and return its predictions, or what the store has of them."""
        store = self._task.store
        name = f"fold-{fold}"
        saved = store.load(name) if store is not None else None
        if saved is not None:
            return saved
        rest = self._task.train.subset(np.flatnonzero(self._parts != fold))
        final = self._fresh.trained(rest, self._device, partial(self._report, fold), store, f"{name}-training")
        prediction = self._predicted(final, np.flatnonzero(self._parts == fold))
        if store is not None:
            store.save(name, prediction)
        return prediction

    def _predicted(self, final: Checkpoint, rows: IntArray) -> Dict[str, Array]:
        self._oracle.set_statistics(final.statistics)
        role = self._fresh.network.roles.scoring.losses[0]
        losses: List[Array] = []
        labels: List[IntArray] = []
        for batch in consecutive_batches(len(rows), self._fresh.config.batch_size):
            loss, values = self._oracle.losses_and_predictions(final.theta, self._task.train.batch(rows[batch]))
            label = labels_of(values, role)
            losses.append(loss)
            labels.append(np.zeros(0, np.int64) if label is None else label)
        return {"losses": np.concatenate(losses), "labels": np.concatenate(labels)}
