"""Influence through the training steps (Hara et al. 2019, arXiv:1906.08473; Suzuki et al. 2021, arXiv:2103.11807).

Leaving sample i out of step t changes the parameters after it by ``(eta_t / |S_t|) grad l_i``, to first order; the
later steps multiply this by ``(I - eta H)``. Instead of following every sample forwards, one vector goes backwards:
``u`` starts as the mean validation gradient at the end, every step adds ``(eta_t / |S_t|) <grad l_i, u>`` to its
samples' scores, and ``u <- u - eta_t H_t u`` with the Hessian of the *mean* loss of the step's batch.

`SgdInfluence` evaluates gradients and Hessians at the true parameters of every step, with the dropout masks and the
augmentation of that step, over the last epoch or the whole run; what the cache did not keep is replayed.
`LastEpochInfluence` evaluates every step of the last epoch at the final parameters, which is all it needs to store.

A sample that an epoch draws twice earns two scores, which are added. One that NNabla's iterator never draws has no step
to be left out of, and 0 would call it neutral: it gets the score it would have in the mean step, at the final
parameters, and is listed in the log; `DRAWS_COLUMN` tells how often each sample was drawn.

The code published with both papers divides the Hessian term by the batch size a second time, which nearly removes it;
``recursion="published"`` reproduces that.
"""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from typing import Any, Callable, Dict, Iterator, Mapping, NamedTuple, Optional, Tuple

import numpy as np

from ..autodiff import LossOracle
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import ConfigError, DivergenceError
from ..scores import DRAWS_COLUMN, InfluenceScores
from ..training import Adjoint, FinishedTraining, Motion, Replay, coupled_decay, kept_steps
from ..training.replay import DEFAULT_MEMORY
from .base import InfluenceEstimator, OracleSettings, Progress, Store, in_batches, prepared_oracle

RECURSIONS = ("corrected", "published")
EPOCHS = ("last", "all")
GROWTH_LIMIT = 10.0
SECONDS_BETWEEN_SAVES = 20.0
PROGRESS = "scoring"
LOGGER = logging.getLogger("nnabla_influence")


class Point(NamedTuple):
    """A step on the way back, and where its derivatives are taken.

    Args:
        step: The `Step`.
        theta: Parameters (P,).
        state: The solver's state vectors after the step, for its second moment.
        batches: The columns of each of its batches.
        seeds: Seeds of the random layers in each batch, None to have them off.
        motion: Gives the step as it happened; None if it did not happen at these parameters.
    """

    step: Any
    theta: np.ndarray
    state: Mapping[str, np.ndarray]
    batches: Any
    seeds: Any
    motion: Optional[Callable[[], Motion]] = None


class _RecursiveInfluence(InfluenceEstimator):
    """The backward recursion, whatever the parameters it is evaluated at."""

    epochs = "last"
    replays = False

    def __init__(self, recursion: str, batch_norm: str, device: Device) -> None:
        if recursion not in RECURSIONS:
            raise ConfigError(f"Recursion should be corrected or published, not '{recursion}'.")
        self.recursion, self.batch_norm, self.device = recursion, batch_norm, device

    def estimate(
        self,
        training: FinishedTraining,
        train: Dataset,
        validation: Dataset,
        progress: Optional[Progress] = None,
        store: Optional[Store] = None,
    ) -> InfluenceScores:
        """See `InfluenceEstimator.estimate`.

        Raises:
            DivergenceError: The backward vector grew beyond 10 times its start, or is not finite.
            CacheMismatchError: The solver's second moment is needed and not there.
            CheckpointMissingError: The cache cannot be replayed from the first step.
        """
        final, size = training.final, training.config.batch_size
        oracle = prepared_oracle(training, train, final.theta, OracleSettings(self.batch_norm, self.device))
        start = oracle.mean_gradient(final.theta, in_batches(validation, size), validation=True)
        adjoint = Adjoint(training.config.solver, start, final.solver)
        if adjoint.has_second_moment and not self.replays:
            LOGGER.info(
                "solver %s: its second moment is held fixed, scores are approximate", training.config.solver.name
            )
        walk = _BackwardWalk(oracle, adjoint, self.recursion == "published", len(train))
        epochs = training.config.epochs if self.epochs == "all" else 1
        draws = np.sum([training.plan.draws(training.config.epochs - 1 - k) for k in range(epochs)], axis=0)  # (N,)
        walk.run(self._points(training, train), (training.plan.steps, int(draws.sum())), progress, store)
        self._score_undrawn(walk, np.flatnonzero(draws == 0), training, train)
        even = (draws == epochs).all()
        columns = {} if even else {DRAWS_COLUMN: draws.astype(np.float64)}
        return InfluenceScores(walk.scores, self.method, walk.facts(), columns)

    def _score_undrawn(self, walk: _BackwardWalk, rows: np.ndarray, training: FinishedTraining, train: Dataset) -> None:
        """Gives the samples that were never drawn the score of the mean step."""
        if not len(rows):
            return
        LOGGER.warning(
            "%d of %d training samples were never drawn (%s); they get the score of the mean step. Rows: %s",
            len(rows),
            len(train),
            "in the whole training" if self.epochs == "all" else "in the last epoch",
            ", ".join(map(str, rows.tolist())),
        )
        theta, direction = training.final.theta, walk.mean_direction
        for batch in training.plan.every_row(training.config.epochs - 1):
            wanted = np.isin(batch, rows)
            if wanted.any():  # among drawn samples: the others of a batch matter to batch normalisation
                products = walk.oracle.sample_products(theta, train.batch(batch), direction)
                walk.scores[batch[wanted]] = products[wanted]

    @abstractmethod
    def _points(self, training: FinishedTraining, train: Dataset) -> Iterator[Point]:
        """The steps, last first."""


class LastEpochInfluence(_RecursiveInfluence):
    """Influence over the last epoch, every step at the final parameters.

    Args:
        recursion: ``corrected`` or ``published``.
        batch_norm: Policy of `LossOracle`: ``batch`` or ``frozen``.
        device: Where to compute.

    Raises:
        ConfigError: No such recursion or policy.
    """

    method = "last-epoch"

    def __init__(self, recursion: str = "corrected", batch_norm: str = "batch", device: Device = Device()) -> None:
        super().__init__(recursion, batch_norm, device)

    def _points(self, training: FinishedTraining, train: Dataset) -> Iterator[Point]:
        final = training.final
        for step in training.steps(epochs="last", backwards=True):
            yield Point(step, final.theta, final.solver, map(train.batch, step.batches), [None] * len(step.batches))


class SgdInfluence(_RecursiveInfluence):
    """Influence through the true parameters of every step, masks and augmentation included.

    Args:
        epochs: ``last`` or ``all``.
        recursion: ``corrected`` or ``published``.
        memory: Bytes for replayed states held at a time.
        device: Where to compute; the one trained on, or replay gives other bits.

    Raises:
        ConfigError: A setting has an impossible value.
    """

    method = "sgd-influence"
    replays = True

    def __init__(
        self,
        epochs: str = "last",
        recursion: str = "corrected",
        memory: int = DEFAULT_MEMORY,
        device: Device = Device(),
    ) -> None:
        super().__init__(recursion, "batch", device)
        if epochs not in EPOCHS:
            raise ConfigError(f"Epochs should be last or all, not '{epochs}'.")
        self.epochs, self.memory = epochs, memory

    def _points(self, training: FinishedTraining, train: Dataset) -> Iterator[Point]:
        cache = kept_steps(training, self.method, "last-epoch" if self.epochs == "last" else "sqrt")
        replay, after = Replay(cache, train, self.device, self.memory), cache.final
        decay = coupled_decay(training.config.solver)

        def motion() -> Motion:
            return Motion(state.solver, after.solver, replay.gradient(step, state) + decay * state.theta)

        for step, state in replay.backwards(self.epochs):
            drawn = [replay.draw(step, number) for number in range(len(step.batches))]
            batches, seeds = [batch for batch, _ in drawn], [seed for _, seed in drawn]
            yield Point(step, state.theta, after.solver, batches, seeds, motion)
            after = state


class _BackwardWalk:
    """The vector u on its way back through the steps, and the scores it leaves behind."""

    def __init__(self, oracle: LossOracle, adjoint: Adjoint, published: bool, samples: int) -> None:
        self.oracle, self.adjoint, self.published = oracle, adjoint, published
        self.scores = np.zeros(samples)
        self.passed = np.zeros_like(adjoint.u)  # what a sample's gradient was multiplied by, summed over batches
        self.batches = 0
        self.start = self.largest = float(np.linalg.norm(adjoint.u))
        self.sharpest = 0.0

    def run(
        self, points: Iterator[Point], first: Tuple[int, int], progress: Optional[Progress], store: Optional[Store]
    ) -> None:
        """Undoes every step, going on from what the store holds.

        Args:
            points: The steps, last first.
            first: The step behind the last, and the number of samples drawn in all steps.
            progress: Called with (samples done, samples in all).
            store: Keeps the progress.
        """
        before, samples = first
        saved = store.load(PROGRESS) if store else None
        if saved:
            before = self._restore(saved)
        done, last_save = 0, time.monotonic()
        for point in points:
            if point.step.index < before:
                self._undo(point)
            done += sum(map(len, point.step.batches))
            if progress:
                progress(done, samples)
            if store and time.monotonic() - last_save > SECONDS_BETWEEN_SAVES:
                store.save(PROGRESS, self._state(point.step.index))
                last_save = time.monotonic()

    @property
    def mean_direction(self) -> np.ndarray:
        """What a sample's gradient is multiplied by on average over all batches (P,)."""
        mean: np.ndarray = self.passed / max(1, self.batches)
        return mean

    def facts(self) -> Dict[str, float]:
        """What the log says about the walk."""
        return {
            "growth of the backward vector (10 would stop the run)": self.largest / self.start if self.start else 1.0,
            "sharpest curvature met (the learning rate should stay below 2 / this)": self.sharpest,
        }

    def _undo(self, point: Point) -> None:
        """Adds the step's scores and carries u across it."""
        step = point.step
        self.adjoint.at(point.state, point.motion() if point.motion and self.adjoint.has_second_moment else None)
        direction = self.adjoint.direction(step)
        curvature = np.zeros_like(direction)
        for rows, batch, seed in zip(step.batches, point.batches, point.seeds):
            products, hessian = self.oracle.products(point.theta, batch, direction, seed)
            np.add.at(self.scores, rows, products / len(rows))  # a batch may hold a row twice
            self.passed += direction / len(rows)
            self.batches += 1
            curvature += hessian / len(rows) if self.published else hessian
        self._watch(direction, curvature, step)
        self.adjoint.undo(step, direction, curvature)

    def _state(self, step: int) -> Dict[str, Any]:
        """Everything that is needed to go on before a step."""
        return {
            "step": np.int64(step),
            "scores": self.scores,
            "passed": self.passed,
            "batches": np.int64(self.batches),
            "watched": np.array([self.largest, self.sharpest]),
            "u": self.adjoint.u,
            "memory": self.adjoint.memory,
            "moments": self.adjoint.moments,
        }

    def _restore(self, state: Mapping[str, np.ndarray]) -> int:
        self.scores, self.adjoint.u = state["scores"], state["u"]
        self.adjoint.memory, self.adjoint.moments = state["memory"], state["moments"]
        self.passed, self.batches = state["passed"], int(state["batches"])
        self.largest, self.sharpest = state["watched"].tolist()
        return int(state["step"])

    def _watch(self, direction: np.ndarray, curvature: np.ndarray, step: Any) -> None:
        norm = float(direction @ direction)
        if norm > 0:
            self.sharpest = max(self.sharpest, float(direction @ curvature) / norm)
        size = float(np.linalg.norm(self.adjoint.u))
        self.largest = max(self.largest, size)
        if not np.isfinite(size) or not np.isfinite(curvature).all() or size > GROWTH_LIMIT * self.start > 0:
            raise DivergenceError(
                f"The backward recursion diverges: before step {step.index} |u| is {size:.3g}, it began at "
                f"{self.start:.3g}; the largest Hessian eigenvalue seen is about {self.sharpest:.3g} and the learning "
                f"rate {step.learning_rate:g} (stable below {2 / max(self.sharpest, 1e-12):.3g}). No scores were "
                "written. Train with a lower --learning-rate, or use --method spectral, which cannot diverge."
            )
