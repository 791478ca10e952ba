"""The words of each remedy for whoever clicked: fields, tabs of the project, other plugins."""

from __future__ import annotations

from typing import Dict

__all__ = ["IN_FIELDS"]

IN_FIELDS: Dict[str, str] = {
    # dataset
    "resize-images": "Resize the images to one size.",
    "choose-data-cache": "Choose a folder with free space by the environment variable {variable}.",
    "decode-again": "Start the plugin again.",
    # network
    # training
    "train-for-steps": "Train the network with the plugin Train with influence cache, or choose another method.",
    # autodiff, linalg, estimators
    # evaluation, execution
    # report, scored data
    "choose-label": "Choose another, or leave it out.",
    "give-whole-influence": "Give the whole influence CSV here.",
    "go-on-or-remove": "Delete that folder.",
    # workflow
    "replace-output": "Choose another file, or delete it first.",
    "go-on-or-discard": "The same plugin goes on from there; otherwise delete that folder.",
    "go-on": "The plugin goes on if you start it again with the same fields.",
    # nnc
}
"""The words of each action, see `nnabla_influence.remedies`; empty where a plugin has nothing to offer."""
