"""The scores of one method beside the labels that another one predicts.

The labels that a trained network predicts for its own training data may be learnt by heart; those predicted out of fold
are not. So the scores of any method can carry the latter, for relabelling.
"""

from __future__ import annotations

from typing import Dict

from ..network import Network
from ..scores import LABEL_COLUMN, InfluenceScores
from .given_labels import require_one_class
from .influence_estimator import InfluenceEstimator
from .scoring_task import ScoringTask

__all__ = ["LabelledInfluence"]


class LabelledInfluence(InfluenceEstimator):
    """A method whose scores carry another method's predicted labels.

    Args:
        scorer: Gives the scores.
        labeller: Gives the column ``predicted_label``.

    >>> from nnabla_influence import OutOfFold, RandomBaseline
    >>> LabelledInfluence(RandomBaseline(), OutOfFold(folds=3)).settings()["labels: folds"]
    '3'
    """

    def __init__(self, scorer: InfluenceEstimator, labeller: InfluenceEstimator) -> None:
        self.method = scorer.method
        self._scorer = scorer
        self._labeller = labeller

    def check_network(self, network: Network) -> None:
        """Refuse a network that predicts no class.

        Raises:
            UnsupportedError: It is one.
        """
        self._scorer.check_network(network)
        self._labeller.check_network(network)
        require_one_class(network)

    def settings(self) -> Dict[str, str]:
        """Return the settings of both."""
        labels = {f"labels: {name}": value for name, value in self._labeller.settings().items()}
        return {**self._scorer.settings(), **labels}

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        # They do not depend on which validation rows are asked about.
        labelled = task.reused.once("labels", lambda: self._labeller._scores(task))
        scores = self._scorer._scores(task)
        return scores.with_columns({LABEL_COLUMN: labelled.columns[LABEL_COLUMN]})
