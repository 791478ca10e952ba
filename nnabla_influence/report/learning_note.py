"""Did the network learn? What the influence CSV itself can say of it.

The CSV holds each training sample's loss, label and predicted label. A constant predictor that answers with the shares
of the classes has the entropy of the labels as its loss, and the most frequent class is right as often as its share. A
network whose mean loss is not below the first, and whose answers are not more often right than the second, learnt
nothing. Both are asked, because the loss in the file may be another than the cross-entropy, or weighted.
"""

from __future__ import annotations

from typing import List

import numpy as np

from .scored_samples import ScoredSamples
from .summary import number

__all__ = ["learning_notes"]


def learning_notes(samples: ScoredSamples) -> List[str]:
    """Say it where the network learnt nothing; empty where it did, or where nobody can tell."""
    if samples.classes is None or samples.predicted is None or samples.losses is None:
        return []
    counts = np.bincount(samples.classes.members)
    shares = counts[counts > 0] / len(samples)
    entropy = float(-(shares * np.log(shares)).sum())
    loss = float(np.nanmean(samples.losses))
    right = 1.0 - sum(samples.differs(line) for line in range(len(samples))) / len(samples)
    if loss < entropy or right > shares.max():
        return []
    return [
        f"The network did not learn: its mean training loss {number(loss)} is no better than the {number(entropy)} of "
        f"a constant answer with the classes' shares, and it is right in {right:.0%} of the samples, the most frequent "
        f"class in {shares.max():.0%}. Do not trust the scores; scale the inputs, train longer, or lower the learning "
        "rate."
    ]
