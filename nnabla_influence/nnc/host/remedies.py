"""The words of each remedy for whoever clicked: fields, tabs of the project, other plugins."""

from __future__ import annotations

from typing import Dict

__all__ = ["IN_FIELDS"]

IN_FIELDS: Dict[str, str] = {
    # dataset
    # network
    "resize-images": "Resize the images to {height}x{width}.",
    # device
    "other-device": 'install the one for your CUDA, for example pip install "nnabla-influence[cuda120]", or let the '
    "project compute on the CPU.",
    # training
    "train-for-steps": "Train the network with the plugin Train with influence cache, or choose another method.",
    "train-with-policy": "Train with the plugin Train with influence cache.",
    "train-with-margins": "lacks what this method needs. Choose another method.",
    "train-with-average": "lacks what this method needs. Choose another method.",
    "train-for-records": "train with the plugin Train with influence cache.",
    "train-for-state": "Train the network with the plugin Train with influence cache.",
    "train-again": "Delete that file, or train again with the plugin Train with influence cache.",
    "make-a-cache": "Make one with the plugin Train with influence cache.",
    "discard-and-train-again": "Delete that folder and start the plugin again.",
    "more-memory": "Choose another method.",
    "other-solver": "Choose one in the Config tab of the project.",
    # autodiff, linalg, estimators
    # evaluation, execution
    # report, scored data
    # workflow
    "replace-output": "Choose another file, or delete it first.",
    "go-on-or-discard": "The same plugin goes on from there; otherwise delete that folder.",
    "go-on": "The plugin goes on if you start it again with the same fields.",
    # nnc
}
"""The words of each action, see `nnabla_influence.remedies`; empty where a plugin has nothing to offer."""
