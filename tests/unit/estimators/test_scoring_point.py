"""The parameters that are scored at."""

import logging

import numpy as np
import pytest

from nnabla_influence.errors import CheckpointMissingError, ConfigError
from nnabla_influence.estimators.scoring_point import scoring_point


def test_auto_is_the_average_where_it_was_recorded_and_the_log_says_so(run, caplog):
    cache, _, _ = run(average_parameters=True)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        assert np.array_equal(scoring_point(cache, "auto"), cache.record("average"))
    assert "at the mean of the last epoch" in caplog.text
    assert np.array_equal(scoring_point(cache, "average"), cache.record("average"))
    assert np.array_equal(scoring_point(cache, "final"), cache.final.theta)


def test_without_a_record_auto_is_final_and_average_is_refused(run, caplog):
    cache, _, _ = run(average_parameters=False)
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        assert np.array_equal(scoring_point(cache, "auto"), cache.final.theta)
    assert "was not recorded" in caplog.text
    with pytest.raises(CheckpointMissingError):
        scoring_point(cache, "average")


def test_another_point_is_refused(run):
    with pytest.raises(ConfigError, match="auto, final, average parameters, not 'best'"):
        scoring_point(run()[0], "best")
