"""Training that can be computed again: steps, update rules with adjoints, the training cache."""

from .cache import Checkpoint, TrainingCache
from .final_state import FinalState
from .replay import Replay
from .steps import Step, StepPlan
from .trainer import EpochReport, Hooks, Trainer, train
from .update_rules import RULES, Adjoint, effective_rate

__all__ = [
    "Adjoint",
    "Checkpoint",
    "EpochReport",
    "FinalState",
    "Hooks",
    "RULES",
    "Replay",
    "Step",
    "StepPlan",
    "Trainer",
    "TrainingCache",
    "effective_rate",
    "train",
]
