"""Is a ranking of training samples any good? Measures that compare rankings with each other and with the truth."""

from .metrics import MislabelDetection, RankAgreement, mislabel_detection, rank_agreement

__all__ = ["MislabelDetection", "RankAgreement", "mislabel_detection", "rank_agreement"]
