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
    "score-without-gradients": "Use --method loss, or leave them out.",
    "use-hessian": "Use --curvature hessian.",
    "train-slower-or-use-spectral": "Train with a lower --learning-rate, or use --method spectral, which cannot "
    "diverge.",
    "more-lanczos-steps": "; more --lanczos-steps sharpen it",
    "train-with-policy": "Train with --policy {policy}.",
    # evaluation, execution
    # report, scored data
    # workflow
    "replace-output": "Choose another file, or replace it with --overwrite.",
    "go-on-or-discard": "The same command goes on, --discard removes it.",
    "go-on": "The same command goes on.",
    # nnc
}
"""The words of each action, see `nnabla_influence.remedies`."""
