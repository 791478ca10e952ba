"""The words of each remedy for whoever typed a command: options."""

from __future__ import annotations

from typing import Dict

__all__ = ["IN_COMMANDS"]

IN_COMMANDS: Dict[str, str] = {
    # dataset
    # network
    # training
    "train-for-steps": "Train (or continue) the network with: python -m nnabla_influence train --policy {policy}, and "
    "score with --cache.",
    # autodiff, linalg, estimators
    # evaluation, execution
    "give-selection": "give --selection CSV.",
    "replace-curve": "Choose another file, or replace it with --overwrite.",
    "replace-groups": "Choose another output, or replace the file with --overwrite.",
    "keep-last-epoch": "Train with --policy last-epoch, or retrain from scratch.",
    "keep-first-parameters": "Train with --policy epochs, or retrain the last epoch only.",
    "install-dask": '--scheduler needs Dask ({error}); install it with pip install "nnabla-influence[dask]"',
    "go-on-training": "The same command goes on, --discard removes it.",
    "go-on-scoring": "The same command goes on, --discard removes it.",
    "go-on-plugin": "The same command goes on.",
    # report, scored data
    # workflow
    "replace-output": "Choose another file, or replace it with --overwrite.",
    "go-on-or-discard": "The same command goes on, --discard removes it.",
    "go-on": "The same command goes on.",
    # nnc
}
"""The words of each action, see `nnabla_influence.remedies`."""
