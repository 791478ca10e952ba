"""The vector u on its way back through the steps of a training, and the scores it leaves behind.

``u`` starts as the mean validation gradient at the end, every step adds ``(eta_t / |S_t|) <grad l_i, u>`` to its
samples' scores, and ``u <- u - eta_t H_t u`` with the Hessian of the *mean* loss of the step's batch. With another
solver than SGD its `Adjoint` says what takes the place of ``eta_t u``: the step's *direction*.
"""

from __future__ import annotations

import time
from typing import Callable, Dict, Iterable, Mapping, NamedTuple, Optional, Sequence

import numpy as np

from ..array import Array
from ..autodiff import LossOracle
from ..errors import DivergenceError
from ..remedies import remedy
from ..training import Adjoint, Step, StepTransition
from .scoring_task import ScoringTask

__all__ = ["BackwardStep", "BackwardWalk"]

GROWTH_LIMIT = 10.0  # times the length of u at the start
SECONDS_BETWEEN_SAVES = 20.0
PROGRESS = "scoring"


class BackwardStep(NamedTuple):
    """A step on the way back, and where its derivatives are taken.

    Args:
        step: The step.
        theta: Parameters (P,).
        state: The solver's state vectors after the step, for its second moment.
        batches: The columns of each of its batches.
        seeds: Seeds of the random layers in each batch, None to have them off.
        motion: Gives the step as it happened; None if it did not happen at these parameters.
    """

    step: Step
    theta: Array
    state: Mapping[str, Array]
    batches: Iterable[Mapping[str, Array]]
    seeds: Sequence[Optional[int]]
    motion: Optional[Callable[[], StepTransition]] = None


class BackwardWalk:
    """The walk back from the end of a training.

    Args:
        oracle: Derivatives of the network's loss.
        adjoint: The validation gradient and the solver it goes back through.
        published: Whether to divide the Hessian term by the batch size a second time, as the published code does.
        samples: N.

    Attributes:
        scores: (N,) so far.
    """

    def __init__(self, oracle: LossOracle, adjoint: Adjoint, published: bool, samples: int) -> None:
        self._oracle = oracle
        self._adjoint = adjoint
        self._published = published
        self.scores = np.zeros(samples)
        self._passed = np.zeros_like(adjoint.u)  # what a sample's gradient was multiplied by, summed over batches
        self._batches = 0
        self._start = float(np.linalg.norm(adjoint.u))
        self._largest = self._start  # |u| so far
        self._sharpest = 0.0  # largest curvature along u so far

    def run(self, steps: Iterable[BackwardStep], first: int, samples: int, task: ScoringTask) -> None:
        """Undo every step, going on from what the task's store holds.

        Args:
            steps: The steps, last first.
            first: The index after the last step's.
            samples: How many samples all steps draw.
            task: Whom to tell, and where the progress is kept.

        Raises:
            DivergenceError: u grew beyond 10 times its start, or is not finite.
        """
        saved = task.store.load(PROGRESS) if task.store else None
        before = self._restore(saved) if saved else first
        done = 0
        last_save = time.monotonic()
        for backward_step in steps:
            # Steps undone before an interruption are replayed, because the ones before them need their states.
            if backward_step.step.index < before:
                self._undo(backward_step)
            done += sum(map(len, backward_step.step.batches))
            task.report(done, samples)
            if task.store and time.monotonic() - last_save > SECONDS_BETWEEN_SAVES:
                task.store.save(PROGRESS, self._state(backward_step.step.index))
                last_save = time.monotonic()

    @property
    def mean_direction(self) -> Array:
        """Return what a sample's gradient is multiplied by on average over all batches (P,)."""
        mean: Array = self._passed / max(1, self._batches)
        return mean

    def facts(self) -> Dict[str, float]:
        """Return what the log says about the walk."""
        growth = self._largest / self._start if self._start else 1.0
        return {
            "growth of the backward vector (10 would stop the run)": growth,
            "sharpest curvature met (the learning rate should stay below 2 / this)": self._sharpest,
        }

    def _undo(self, backward_step: BackwardStep) -> None:
        """Add the step's scores and carry u across it."""
        step = backward_step.step
        motion = backward_step.motion if self._adjoint.has_second_moment else None
        self._adjoint.at(backward_step.state, motion() if motion else None)
        direction = self._adjoint.direction(step)  # eta_t u for SGD
        curvature = np.zeros_like(direction)  # H_t times the direction
        for rows, batch, seed in zip(step.batches, backward_step.batches, backward_step.seeds):
            products, hessian = self._oracle.products(backward_step.theta, batch, direction, seed)
            np.add.at(self.scores, rows, products / len(rows))  # a batch may hold a row twice
            self._passed += direction / len(rows)
            self._batches += 1
            curvature += hessian / len(rows) if self._published else hessian
        self._watch(direction, curvature, step)
        self._adjoint.undo(step, direction, curvature)

    def _state(self, step: int) -> Dict[str, Array]:
        """Return everything that is needed to go on before a step."""
        return {
            "step": np.asarray(step, np.int64),
            "scores": self.scores,
            "passed": self._passed,
            "batches": np.asarray(self._batches, np.int64),
            "watched": np.array([self._largest, self._sharpest]),
            "u": self._adjoint.u,
            "memory": self._adjoint.memory,
            "moments": self._adjoint.moments,
        }

    def _restore(self, state: Mapping[str, Array]) -> int:
        """Take over a saved state; return the step it stands before."""
        self.scores = state["scores"]
        self._passed = state["passed"]
        self._batches = int(state["batches"])
        self._largest, self._sharpest = state["watched"].tolist()
        self._adjoint.u = state["u"]
        self._adjoint.memory = state["memory"]
        self._adjoint.moments = state["moments"]
        return int(state["step"])

    def _watch(self, direction: Array, curvature: Array, step: Step) -> None:
        """Note how sharp the loss and how long u is; stop what diverges."""
        norm = float(direction @ direction)
        if norm > 0:
            self._sharpest = max(self._sharpest, float(direction @ curvature) / norm)
        size = float(np.linalg.norm(self._adjoint.u))
        self._largest = max(self._largest, size)
        if not np.isfinite(size) or not np.isfinite(curvature).all() or size > GROWTH_LIMIT * self._start > 0:
            raise DivergenceError(
                f"The backward recursion diverges: before step {step.index} |u| is {size:.3g}, it began at "
                f"{self._start:.3g}; the largest Hessian eigenvalue seen is about {self._sharpest:.3g} and the "
                f"learning rate {step.learning_rate:g} (stable below {2 / max(self._sharpest, 1e-12):.3g}). No scores "
                "were written.",
                remedy("train-slower-or-use-spectral"),
            )
