"""Training that can be computed again: steps, update rules with adjoints, the training cache."""

from .cache import Checkpoint, TrainingCache
from .final_state import FinalState
from .replay import Replay
from .steps import Step, StepPlan
from .trainer import EpochReport, Hooks, Trainer, train
from .update_rules import RULES, Adjoint, coupled_decay, effective_rate, shrinkage

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
    "coupled_decay",
    "effective_rate",
    "shrinkage",
    "train",
]
