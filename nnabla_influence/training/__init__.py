"""Training that can be computed again: steps, update rules with adjoints, the training cache."""

from .adjoint import Adjoint
from .cache import TrainingCache, kept_steps
from .checkpoint import Checkpoint
from .final_state import FinalState
from .finished_training import FinishedTraining
from .fresh_training import FreshTraining, resized
from .nnabla_cli.monitors import Monitors
from .nnabla_cli.nnabla_iterator import nnabla_iterator
from .replay import Replay
from .run_passport import run_passport, start_digest
from .second_moments import StepTransition
from .step_plan import Step, StepPlan
from .train import EpochReport, Hooks, train
from .trainer import Trainer
from .update_rules import RULES, coupled_decay, effective_rate, shrinkage

__all__ = [
    "Adjoint",
    "Checkpoint",
    "EpochReport",
    "FinalState",
    "FinishedTraining",
    "FreshTraining",
    "Hooks",
    "Monitors",
    "StepTransition",
    "RULES",
    "Replay",
    "Step",
    "StepPlan",
    "Trainer",
    "TrainingCache",
    "coupled_decay",
    "effective_rate",
    "kept_steps",
    "nnabla_iterator",
    "resized",
    "run_passport",
    "shrinkage",
    "start_digest",
    "train",
]
