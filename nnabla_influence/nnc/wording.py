"""The advice of messages in the words of Neural Network Console.

A message of the package ends with what to do, and that names options of the command line. Somebody who clicked has
fields, the tabs of a project, and the other plugins instead. Messages are written once; here their advice is reworded.
"""

from __future__ import annotations

import re

__all__ = ["in_nnc_terms"]

TRAINING = "the plugin Train with influence cache"

# Patterns of advice and what takes their place; the first ones are the more special ones.
WORDINGS = (
    (r"Choose one with --solver and --learning-rate", "Choose one in the Config tab of the project"),
    (r"Train with a lower --learning-rate", "Train with a lower learning rate (Config tab of the project)"),
    (r"--method (?=[a-z])", "method "),
    (r" Use --curvature hessian\.", ""),
    (r"; more --lanczos-steps sharpen it", ""),
    (r"Train again, with --overwrite", f"Delete that file, or train again with {TRAINING}"),
    (r", or replace (it|the file) with --overwrite", ""),
    (r"Train with --policy [\w-]+", f"Train with {TRAINING}"),
    (r"was trained without --[\w-]+\. Train again with it", "lacks what this method needs. Choose another method"),
    (r"Leave --network out: the cache carries its own", "Give its own network, or leave the field cache empty"),
    (r"Train \(or continue\) the network with: python -m nnabla_influence train, and score with --cache",
     f"Train the network with {TRAINING}"),
    (r"train with the package and score with --cache", f"train with {TRAINING}"),
    (r"Make one with: python -m nnabla_influence train", f"Make one with {TRAINING}"),
    (r"Give --memory more", "Choose another method"),
    (r"Run the same command to go on with it, or remove it with --discard", "Delete that folder"),
    (r"Remove it with --discard, train again", "Delete that folder and start the plugin again"),
    (r" with --image-size HxW", ""),
    (r" with --image-size (\d+x\d+)", r" to \1"),
    (r"give --selection CSV", "give a CSV with more rows in the field validation"),
    (r"use --device cpu", "let the project compute on the CPU"),
    (r"by --data-cache or the environment", "by the environment"),
    (r"by --data-cache", "by the environment variable NNABLA_INFLUENCE_DATA_CACHE"),
    (r", and a list cut out of it with --list", ""),
    (r"Run the command again", "Start the plugin again"),
)  # fmt: skip


def in_nnc_terms(text: str) -> str:
    """A message as somebody who clicked can follow it; what names no option is left as it is."""
    for pattern, words in WORDINGS:
        text = re.sub(pattern, words, text)
    return text
