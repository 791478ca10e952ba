"""Is a ranking of training samples any good, and is removing the worst of them worth it?

`metrics` compares rankings with each other and with known wrong labels. `retraining` leaves samples out and trains
again: `removal_sweep` does so for many numbers of samples and gives a `RemovalCurve`, `number_search` chooses the
number, `decision` says it in words, and `attribution` asks whether scores predict what leaving samples out does.
"""

from .metrics import MislabelDetection, RankAgreement, mislabel_detection, rank_agreement

__all__ = ["MislabelDetection", "RankAgreement", "mislabel_detection", "rank_agreement"]
