"""The words of each remedy for whoever clicked: fields, tabs of the project, other plugins."""

from __future__ import annotations

from typing import Dict

__all__ = ["IN_FIELDS"]

IN_FIELDS: Dict[str, str] = {
    # dataset
    # network
    # training
    "train-for-steps": "Train the network with the plugin Train with influence cache, or choose another method.",
    # autodiff, linalg, estimators
    # evaluation, execution
    "give-selection": "give a CSV with more rows in the field validation.",
    "replace-curve": "Choose another file.",
    "replace-groups": "Choose another output.",
    "keep-last-epoch": "Train with the plugin Train with influence cache, or retrain from scratch.",
    "keep-first-parameters": "Train with the plugin Train with influence cache, or retrain the last epoch only.",
    "install-dask": 'A cluster needs Dask ({error}); install it with pip install "nnabla-influence[dask]"',
    "go-on-training": "The same training goes on from there; to start anew, delete that folder.",
    "go-on-scoring": "The same scoring goes on from there; otherwise delete that folder.",
    "go-on-plugin": "The plugin goes on from there if you start it again with the same fields; otherwise delete that "
    "folder.",
    # report, scored data
    # workflow
    "replace-output": "Choose another file, or delete it first.",
    "go-on-or-discard": "The same plugin goes on from there; otherwise delete that folder.",
    "go-on": "The plugin goes on if you start it again with the same fields.",
    # nnc
}
"""The words of each action, see `nnabla_influence.remedies`; empty where a plugin has nothing to offer."""
