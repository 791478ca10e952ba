"""How the derivatives of a network are computed, for every batch size: chosen on first batches, then kept.

By our own pass where every layer has a rule for it, and for products a way back, and where the first batch shows that
it is right (`FirstBatch`); else by NNabla's backward passes, else by differences.
"""

from __future__ import annotations

import logging
from typing import Callable, Dict, Optional, Set, Tuple, TypeVar

from ..array import Array
from ..network import TRAINING, Purpose
from ..network.graph import check_batch
from .checked_products import products_are_right, products_otherwise, scores_are_right
from .first_batch import FirstBatch, first_rows
from .forward_over_reverse import ForwardOverReverse
from .forward_scores import ForwardScores
from .forward_tangents import ForwardTangents
from .gauss_newton import GaussNewton, tangents_are_right
from .graph_cache import GraphCache
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph, batch_size
from .sample_products import SampleProducts
from .sample_scores import SampleScores

__all__ = ["CheckedDerivatives"]

LOGGER = logging.getLogger("nnabla_influence")

# What falls back from our own pass.
BY_NNABLA = "NNabla's backward passes instead take several times as long"

Way = TypeVar("Way")

Question = Tuple[EvaluationPoint, Batch, Array]
"""Where, the columns of B samples, and the direction (P,): what every derivative here is asked for."""


class CheckedDerivatives:
    """Derivatives of a network; what falls back is said in the log once, not for every batch size.

    Args:
        graphs: The network's graphs.
        purpose: What they are built for where random layers are taken out.
        fast: Whether to try our own pass, which computes on the CPU.
    """

    def __init__(self, graphs: GraphCache, purpose: Purpose, fast: bool) -> None:
        self._graphs = graphs
        self._purpose = purpose
        self._fast = fast
        self._own_products: FirstBatch[ForwardOverReverse] = FirstBatch()
        self._own_scores: FirstBatch[ForwardScores] = FirstBatch()
        self._own_tangents: FirstBatch[ForwardTangents] = FirstBatch()
        self._products: Dict[Tuple[int, Purpose], SampleProducts] = {}
        self._gauss_newton: Dict[int, GaussNewton] = {}
        self._said: Set[str] = set()

    def products(self, point: EvaluationPoint, batch: Batch, direction: Array) -> SampleProducts:
        """Return what computes scores and Hessian products of batches of this size.

        Args:
            point: Where; with a seed the random layers stay in.
            batch: Columns of B samples.
            direction: u (P,).

        Raises:
            UnsupportedError: Central differences do not give the network's gradients either.
        """
        purpose = self._purpose if point.seed is None else TRAINING
        key = batch_size(batch), purpose
        if key not in self._products:
            self._products[key] = self._chosen_products(purpose, (point, batch, direction))
        return self._products[key]

    def scores(self, point: EvaluationPoint, batch: Batch, direction: Array) -> SampleScores:
        """Return what computes the scores of batches of this size, the random layers taken out, see `products`."""
        scores = self._own_forward_scores(self._purpose, (point, batch, direction)) if self._fast else None
        if scores is not None:
            return scores
        return self.products(point, batch, direction)

    def gauss_newton_product(self, point: EvaluationPoint, batch: Batch, direction: Array) -> Array:
        """Compute ``sum_i G_i v`` (P,), float64.

        Args:
            point: Where, without random layers.
            batch: Columns of B samples.
            direction: v (P,), not zero.

        Raises:
            UnsupportedError: A loss has no known Hessian in its prediction, or the network rounds.
        """
        size = batch_size(batch)
        if size not in self._gauss_newton:
            self._gauss_newton[size] = self._chosen_gauss_newton((point, batch, direction))
        gauss_newton = self._gauss_newton[size]
        check_batch(batch, gauss_newton.network.graph)
        product = gauss_newton.run(point, batch, direction)
        self._say_once("Gauss-Newton products", gauss_newton.notice, logging.INFO)
        return product

    def _chosen_products(self, purpose: Purpose, question: Question) -> SampleProducts:
        network = self._built(purpose, question)
        if self._fast:
            own = self._first(self._own_products, ForwardOverReverse, products_are_right, purpose, question)
            if own is not None:
                return own

        def forward() -> Optional[ForwardScores]:
            """Return the scores by forward mode if they are right."""
            return self._own_forward_scores(purpose, question) if self._fast else None

        products, notice = products_otherwise(network, *question, self._fast, forward)
        if notice:
            self._say_once("differences", notice, logging.WARNING)
        elif self._fast:
            self._say_once("backward passes", f"{self._own_products.why_not(purpose)} {BY_NNABLA}", logging.INFO)
        return products

    def _chosen_gauss_newton(self, question: Question) -> GaussNewton:
        network = self._built(self._purpose, question)
        if not self._fast:
            return GaussNewton(network)
        tangents = self._first(self._own_tangents, ForwardTangents, tangents_are_right, self._purpose, question)
        reason = self._own_tangents.why_not(self._purpose) if tangents is None else ""
        return GaussNewton(network, tangents, reason)

    def _own_forward_scores(self, purpose: Purpose, question: Question) -> Optional[ForwardScores]:
        self._built(purpose, question)
        return self._first(self._own_scores, ForwardScores, scores_are_right, purpose, question)

    def _first(
        self,
        ways: FirstBatch[Way],
        make: Callable[[ParameterizedGraph], Way],
        is_right: Callable[[Way, EvaluationPoint, Batch, Array], bool],
        purpose: Purpose,
        question: Question,
    ) -> Optional[Way]:
        """Return our own way for batches of this size, if it is right."""
        point, batch, direction = question

        def made(rows: int) -> Way:
            """Make the way for batches of a size."""
            return make(self._graphs.with_parameters(rows, purpose))

        def shown(way: Way, rows: int) -> bool:
            """Whether the first rows show that it is right."""
            return is_right(way, point, first_rows(batch, rows), direction)

        return ways.of(batch_size(batch), purpose, made, shown)

    def _built(self, purpose: Purpose, question: Question) -> ParameterizedGraph:
        _, batch, _ = question
        network = self._graphs.with_parameters(batch_size(batch), purpose)
        check_batch(batch, network.graph)
        return network

    def _say_once(self, subject: str, notice: str, level: int) -> None:
        if notice and subject not in self._said:
            LOGGER.log(level, "%s", notice)
            self._said.add(subject)
