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
    "score-without-gradients": "Use method loss, or leave them out.",
    "use-hessian": "",
    "train-slower-or-use-spectral": "Train with a lower learning rate (Config tab of the project), or use method "
    "spectral, which cannot diverge.",
    "more-lanczos-steps": "",
    "train-with-policy": "Train with the plugin Train with influence cache.",
    # evaluation, execution
    # report, scored data
    # workflow
    "replace-output": "Choose another file, or delete it first.",
    "go-on-or-discard": "The same plugin goes on from there; otherwise delete that folder.",
    "go-on": "The plugin goes on if you start it again with the same fields.",
    # nnc
}
"""The words of each action, see `nnabla_influence.remedies`; empty where a plugin has nothing to offer."""
