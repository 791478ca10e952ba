"""The words of each remedy for whoever typed a command: options."""

from __future__ import annotations

from typing import Dict

__all__ = ["IN_COMMANDS"]

IN_COMMANDS: Dict[str, str] = {
    # dataset
    # network
    "resize-images": "Resize the images with --image-size {height}x{width}.",
    # device
    "other-device": 'install the one for your CUDA, for example pip install "nnabla-influence[cuda120]", or use --device '
    "cpu.",
    # training
    "train-for-steps": "Train (or continue) the network with: python -m nnabla_influence train --policy {policy}, and "
    "score with --cache.",
    "train-with-policy": "Train with --policy {policy}.",
    "train-with-margins": "was trained without --record-margins. Train again with it.",
    "train-with-average": "was trained without --average-parameters. Train again with it.",
    "train-for-records": "train with the package and score with --cache.",
    "train-for-state": "Train (or continue) the network with: python -m nnabla_influence train, and score with "
    "--cache.",
    "train-again": "Train again, with --overwrite.",
    "make-a-cache": "Make one with: python -m nnabla_influence train.",
    "discard-and-train-again": "Remove it with --discard, train again.",
    "more-memory": "Give --memory more.",
    "other-solver": "Choose one with --solver and --learning-rate.",
    # autodiff, linalg, estimators
    # evaluation, execution
    # report, scored data
    # workflow
    "replace-output": "Choose another file, or replace it with --overwrite.",
    "go-on-or-discard": "The same command goes on, --discard removes it.",
    "go-on": "The same command goes on.",
    # nnc
}
"""The words of each action, see `nnabla_influence.remedies`."""
