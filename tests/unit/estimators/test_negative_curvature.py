"""Negative Ritz values are worth a word only above the noise."""

import logging

import numpy as np
import pytest

from nnabla_influence.estimators.negative_curvature import log_negative_curvature
from nnabla_influence.linalg import FunctionProduct


@pytest.mark.parametrize("lowest, said", [(-0.5, True), (-0.05, True), (-0.03, False), (0.0, False)])
def test_what_is_more_than_a_hundredth_of_the_largest_is_said(lowest, said, caplog):
    product = FunctionProduct(np.zeros(3), np.zeros(2), np.array([0.0, 4.0]), int(lowest < 0), lowest, 0.0)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        log_negative_curvature(product)
    assert any(f"1 negative Ritz values, down to {lowest:.3g}" in line for line in caplog.messages) == said
