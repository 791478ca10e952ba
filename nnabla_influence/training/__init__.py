"""Training that can be computed again: steps, update rules with adjoints, the training cache."""

from .adjoint import Adjoint
from .cache import TrainingCache, kept_steps
from .checkpoint import Checkpoint
from .final_state import FinalState
from .finished_training import FinishedTraining
from .first_parameters import kept_first, redrawn
from .fresh_training import FreshTraining, resized
from .nnabla_cli.monitors import Monitors
from .nnabla_cli.nnabla_iterator import nnabla_iterator
from .replay import Replay
from .run_passport import run_passport, start_digest
from .scalar_adjoint import ScalarAdjoint
from .schedule import check_schedule
from .second_moments import Diagonal, StepTransition
from .step_plan import Step, StepPlan, UnorderedStep
from .train import EpochReport, Hooks, train
from .trainer import Trainer
from .update_rules import RULES, coupled_decay, divisor

__all__ = [
    "Adjoint",
    "Checkpoint",
    "Diagonal",
    "EpochReport",
    "FinalState",
    "FinishedTraining",
    "FreshTraining",
    "Hooks",
    "Monitors",
    "StepTransition",
    "RULES",
    "Replay",
    "ScalarAdjoint",
    "Step",
    "StepPlan",
    "Trainer",
    "TrainingCache",
    "UnorderedStep",
    "check_schedule",
    "coupled_decay",
    "divisor",
    "kept_first",
    "kept_steps",
    "nnabla_iterator",
    "redrawn",
    "resized",
    "run_passport",
    "start_digest",
    "train",
]
