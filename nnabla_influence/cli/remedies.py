"""The words of each remedy for whoever typed a command: options."""

from __future__ import annotations

from typing import Dict

__all__ = ["IN_COMMANDS"]

IN_COMMANDS: Dict[str, str] = {
    # dataset
    "resize-images": "Resize the images to one size with --image-size HxW.",
    "choose-data-cache": "Choose a folder with free space by --data-cache or the environment variable {variable}.",
    "decode-again": "Run the command again.",
    # network
    # training
    "train-for-steps": "Train (or continue) the network with: python -m nnabla_influence train --policy {policy}, and "
    "score with --cache.",
    # autodiff, linalg, estimators
    # evaluation, execution
    # report, scored data
    "choose-label": "Choose another by --label, or leave it out.",
    "give-whole-influence": "Give the whole influence CSV here, and a list cut out of it with --list.",
    "go-on-or-remove": "Run the same command to go on with it, or remove it with --discard.",
    # workflow
    "replace-output": "Choose another file, or replace it with --overwrite.",
    "go-on-or-discard": "The same command goes on, --discard removes it.",
    "go-on": "The same command goes on.",
    # nnc
}
"""The words of each action, see `nnabla_influence.remedies`."""
