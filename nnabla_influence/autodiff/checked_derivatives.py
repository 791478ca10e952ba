"""How the derivatives of a network are computed, for every batch size: chosen on first batches, then kept.

By forward mode where every layer has a rule for it and a `GradientCheck` agrees; else by NNabla's backward passes, else
by differences. A rule that is right is right for every batch size and any row, so a few rows of the very first batch
are checked, and only where they do not show it right, the whole batch decides.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Callable, Dict, Set, Tuple

from ..array import Array
from ..errors import UnsupportedError
from ..network import TRAINING, Purpose
from ..network.graph import check_batch
from .checked_products import checked_forward_scores, checked_own_products, checked_products
from .checked_scores import checked_scores
from .first_batch import FEW, first_rows
from .forward_over_reverse import ForwardOverReverse
from .forward_scores import ForwardScores
from .gauss_newton import GaussNewton
from .graph_cache import GraphCache
from .parameterized_graph import Batch, EvaluationPoint, ParameterizedGraph, batch_size
from .sample_products import SampleProducts
from .sample_scores import SampleScores

__all__ = ["CheckedDerivatives"]

LOGGER = logging.getLogger("nnabla_influence")

# What is said of scores and products alike.
SLOW = "backward passes"


class CheckedDerivatives:
    """Derivatives of a network; what falls back is said in the log once, not for every batch size.

    Args:
        graphs: The network's graphs.
        purpose: What they are built for where random layers are taken out.
        fast: Whether to try the forward mode, which computes on the CPU.
    """

    def __init__(self, graphs: GraphCache, purpose: Purpose, fast: bool) -> None:
        self._graphs = graphs
        self._purpose = purpose
        self._fast = fast
        self._products: Dict[Tuple[int, Purpose], SampleProducts] = {}
        self._scores: Dict[int, SampleScores] = {}
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
            network = self._built(batch, purpose)
            if self._fast and self._own_products_are_right(purpose, point, batch, direction):
                with suppress(UnsupportedError):  # a batch too large for a layer
                    self._products[key] = ForwardOverReverse(network)
        if key not in self._products:
            self._products[key], notice, rough = checked_products(network, point, batch, direction, self._fast)
            subject, level = ("differences", logging.WARNING) if rough else (SLOW, logging.INFO)
            self._say_once(subject, notice, level)
        return self._products[key]

    def scores(self, point: EvaluationPoint, batch: Batch, direction: Array) -> SampleScores:
        """Return what computes the scores of batches of this size, the random layers taken out, see `products`."""
        if not self._fast:
            return self.products(point, batch, direction)
        size = batch_size(batch)
        if size not in self._scores:
            network = self._built(batch, self._purpose)
            if self._forward_is_right(point, batch, direction):
                self._scores[size] = ForwardScores(network)
            else:
                self._scores[size] = self._first_scores(network, point, batch, direction)
        return self._scores[size]

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
            network = self._built(batch, self._purpose)
            checked = self._fast and self._forward_products_are_right(point, batch, direction)
            self._gauss_newton[size] = GaussNewton(network, self._fast, checked)
        gauss_newton = self._gauss_newton[size]
        check_batch(batch, gauss_newton.network.graph)
        product = gauss_newton.run(point, batch, direction)
        self._say_once("Gauss-Newton products", gauss_newton.notice, logging.INFO)
        return product

    def _built(self, batch: Batch, purpose: Purpose) -> ParameterizedGraph:
        network = self._graphs.with_parameters(batch_size(batch), purpose)
        check_batch(batch, network.graph)
        return network

    def _own_products_are_right(self, purpose: Purpose, point: EvaluationPoint, batch: Batch, direction: Array) -> bool:
        """Whether products by our own pass are known to be right, from another batch size or a few rows of this batch.

        The rules are the same for every size.
        """
        known = (products for (_, other), products in self._products.items() if other == purpose)
        if any(isinstance(products, ForwardOverReverse) for products in known):
            return True

        def look(network: ParameterizedGraph, few: Batch) -> bool:
            """Check few rows."""
            return checked_own_products(network, point, few, direction) is not None

        return self._few_show_it(purpose, batch, look)

    def _forward_is_right(self, point: EvaluationPoint, batch: Batch, direction: Array) -> bool:
        """See `_own_products_are_right`."""
        if any(isinstance(scores, ForwardScores) for scores in self._scores.values()):
            return True

        def look(network: ParameterizedGraph, few: Batch) -> bool:
            """Check few rows."""
            return checked_forward_scores(network, point, few, direction) is not None

        return self._few_show_it(self._purpose, batch, look)

    def _forward_products_are_right(self, point: EvaluationPoint, batch: Batch, direction: Array) -> bool:
        """See `_own_products_are_right`."""
        if any(other.by_forward for other in self._gauss_newton.values()):
            return True

        def look(network: ParameterizedGraph, few: Batch) -> bool:
            """Check few rows."""
            probe = GaussNewton(network)
            probe.run(point, few, direction)
            return probe.by_forward

        return self._few_show_it(self._purpose, batch, look)

    def _few_show_it(self, purpose: Purpose, batch: Batch, look: Callable[[ParameterizedGraph, Batch], bool]) -> bool:
        """Whether a few rows, which cost little, show that something is right; if not, the whole batch tells why."""
        if batch_size(batch) > FEW:
            with suppress(UnsupportedError):
                return look(self._graphs.with_parameters(FEW, purpose), first_rows(batch, FEW))
        return False

    def _first_scores(
        self, network: ParameterizedGraph, point: EvaluationPoint, batch: Batch, direction: Array
    ) -> SampleScores:
        scores, notice = checked_scores(
            network, point, batch, direction, lambda: self.products(point, batch, direction)
        )
        self._say_once(SLOW, notice, logging.INFO)
        return scores

    def _say_once(self, subject: str, notice: str, level: int) -> None:
        if notice and subject not in self._said:
            LOGGER.log(level, "%s", notice)
            self._said.add(subject)
