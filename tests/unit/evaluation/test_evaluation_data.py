"""What scores, what chooses and what judges share no row, and are told apart by their fingerprints."""

import logging

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.evaluation.evaluation_data import EvaluationData, halves
from nnabla_influence.nnc.host.remedies import IN_FIELDS


def numbered(*numbers):
    """Samples that differ exactly where their numbers do."""
    values = np.array(numbers, float)
    return Dataset.from_arrays({"x": np.stack([values, values**2], axis=1), "y": values % 2})


def numbers(dataset):
    return [int(value) for value in dataset.column("x")[:, 0]]


TRAIN = numbered(*range(20))
VALIDATION = numbered(*range(100, 107))


def test_without_selection_data_the_validation_data_is_halved_by_the_seed(caplog):
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        data = EvaluationData.split(TRAIN, VALIDATION, split_seed=3)
    assert caplog.messages == ["validation data: 4 rows score, the other 3 choose how many to remove (seed 3)"]
    assert sorted(numbers(data.scoring) + numbers(data.selection)) == list(range(100, 107))
    assert numbers(data.scoring) == sorted(numbers(data.scoring)) and len(data.scoring) == 4
    again = EvaluationData.split(TRAIN, VALIDATION, split_seed=3)
    other = EvaluationData.split(TRAIN, VALIDATION, split_seed=4)
    assert numbers(again.scoring) == numbers(data.scoring) != numbers(other.scoring)


def test_with_selection_data_all_validation_rows_score():
    data = EvaluationData.split(TRAIN, VALIDATION, numbered(200, 201))
    assert data.scoring is VALIDATION and numbers(data.selection) == [200, 201] and data.test is None


def test_what_is_measured_and_all_fingerprints():
    test = numbered(300, 301)
    data = EvaluationData.split(TRAIN, VALIDATION, test=test)
    assert data.measured == {"selection": data.selection, "test": test}
    assert data.fingerprints == [d.fingerprint for d in (TRAIN, data.scoring, data.selection, test)]
    assert EvaluationData.split(TRAIN, VALIDATION).fingerprints == data.fingerprints[:3]


@pytest.mark.parametrize("shared, where", [(4, "training data"), (103, "validation data")])
def test_selection_data_may_share_no_row_at_all(shared, where):
    with pytest.raises(DataError, match=f"1 of the 3 rows of the selection data .* are also in the {where}"):
        EvaluationData.split(TRAIN, VALIDATION, numbered(200, shared, 201))


def test_a_few_rows_of_test_data_may_be_equal_by_accident_and_are_left_out(caplog):
    test = numbered(7, *range(300, 399))
    data = EvaluationData.split(TRAIN, VALIDATION, test=test)
    assert numbers(data.test) == list(range(300, 399))
    assert caplog.messages[-1].endswith("are also in the training data and are left out: rows 0 = 7")


def test_many_equal_rows_of_test_data_are_a_mistake():
    test = numbered(*range(6), 106, *range(300, 392))
    with pytest.raises(DataError, match=r"6 of the 99 .* rows 0 = 0, 1 = 1, 2 = 2, 3 = 3, 4 = 4, \.\.\.\. Data that"):
        EvaluationData.split(TRAIN, VALIDATION, test=test)


def test_test_data_may_not_be_the_selection_data():
    with pytest.raises(DataError, match="2 of the 2 rows of the test data .* are also in the selection data"):
        EvaluationData.split(TRAIN, VALIDATION, numbered(200, 201), numbered(200, 201))


def test_one_row_cannot_be_halved_and_every_door_says_what_to_give():
    with pytest.raises(ConfigError, match="has 1 row and cannot be halved; pass other data as `selection`") as caught:
        halves(numbered(1), 0)
    assert caught.value.said(IN_COMMANDS).endswith("has 1 row and cannot be halved; give --selection CSV.")
    assert caught.value.said(IN_FIELDS).endswith("give a CSV with more rows in the field validation.")
