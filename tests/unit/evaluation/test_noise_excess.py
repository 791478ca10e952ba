"""How many labels are wrong beyond the validation data's share: against drawn data."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nnabla_influence.evaluation.noise_excess import FoldErrors, NoiseExcess
from nnabla_influence.evaluation.row_figures import RowFigures


def drawn(random, classes, share, wrong=0.15, training=2000, validation=600):
    """Answers of a network that errs on a share `wrong` of good labels, each other class as often."""

    def errs(rows, changed):
        answer = np.where(random.random(rows) < wrong, random.integers(1, classes, rows), 0)  # 0: the good label
        label = np.where(random.random(rows) < changed, random.integers(1, classes, rows), 0)
        return (answer != label).astype(float)

    return FoldErrors(errs(training, share), errs(validation, 0), errs(validation, 0), classes)


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_number_and_standard_error_are_those_of_many_draws(classes, share):
    random = np.random.default_rng(0)
    excesses = [drawn(random, classes, share).excess(np.arange(600)) for _ in range(400)]
    numbers = np.array([excess.number for excess in excesses])
    spread = numbers.std()
    assert abs(numbers.mean() - 2000 * share) < 4 * spread / math.sqrt(400) + 2, "+ 2: the ratio's own bias"
    assert np.mean([excess.error for excess in excesses]) == pytest.approx(spread, rel=0.15)


def test_probabilities_of_two_classes_say_it_with_less_chance():
    """1 - p of a network that gives the good label p, sometimes little: by the same formula, without bias."""
    random = np.random.default_rng(0)
    numbers = []
    for _ in range(400):
        good = random.beta(4, 1, 2600)  # p of the good label
        flipped = random.random(2000) < 0.2
        training = np.where(flipped, good[:2000], 1 - good[:2000])
        numbers.append(FoldErrors(training, 1 - good[2000:], np.zeros(0), 2).excess(np.arange(0)).number)
    assert abs(np.mean(numbers) - 400) < 4 * np.std(numbers) / math.sqrt(400) + 2


def test_wrong_labels_of_the_validation_rows_are_not_counted_again():
    random = np.random.default_rng(0)
    numbers = []
    for _ in range(200):
        errors = drawn(random, 10, 0.2)
        as_noisy = drawn(random, 10, 0.2)
        numbers.append(replace(errors, scoring=as_noisy.training[:600]).excess(np.arange(0)).number)
    assert abs(np.mean(numbers)) < 4 * np.std(numbers) / math.sqrt(200)


def test_only_the_rows_that_may_be_asked_are():
    errors = FoldErrors(np.array([0.0, 1.0, 0.0, 1.0]), np.zeros(4), np.array([0.0, 0.9, 0.9, 0.0]), 10)
    assert errors.excess(np.array([0, 3])).number == pytest.approx(2.0)
    assert errors.excess(np.arange(4)).number < 2.0


def test_networks_that_know_nothing_do_not_count():
    assert FoldErrors(np.ones(10), np.full(10, 0.5), np.zeros(0), 2).excess(np.arange(0)) is None


def test_what_is_clear_lies_two_standard_errors_above_zero():
    assert NoiseExcess(21.0, 10.0).clear and not NoiseExcess(20.0, 10.0).clear
    assert not NoiseExcess(-21.0, 10.0).clear
    assert not NoiseExcess(1e-12, 1e-20).clear, "what rounding leaves"


@pytest.mark.parametrize(
    "training, sentence",
    [
        (np.repeat([1.0, 0.0], [400, 1600]), "about 400 of 2,000 labels are wrong beyond the validation rows' share "
         "(standard error 18), by 5 networks that did not see them"),
        (np.zeros(2000), "the training labels are not clearly worse than the validation rows', by 5 networks that did "
         "not see them"),
    ],
)  # fmt: skip
def test_the_sentence_says_how_many_or_that_they_are_no_worse(training, sentence):
    assert FoldErrors(training, np.zeros(9), np.zeros(9), 10).sentence == sentence


def test_networks_that_know_nothing_say_nothing():
    assert FoldErrors(np.ones(10), np.full(10, 0.5), np.zeros(0), 2).sentence == ""


def test_folds_of_which_something_is_missing_or_does_not_fit_say_nothing():
    right = np.array([True, False, True])
    rows = (np.where(right, 0.1, 2.0), right)
    figures = RowFigures()
    assert FoldErrors.of(figures) is None
    figures.begin_folds(["fold-a-0", "fold-a-1"], 3)
    measured = {"fold": rows, "scoring": rows, "selection": rows}
    figures.add("fold-a-0", measured)
    assert FoldErrors.of(figures) is None, "one is missing"
    figures.add("fold-a-1", {**measured, "scoring": (rows[0][:2], right[:2])})
    assert FoldErrors.of(figures) is None, "of other rows"
    figures.add("fold-a-1", {**measured, "scoring": (np.full(3, np.inf), None)})
    figures._arrays.pop("fold-a-1.scoring.right")
    assert FoldErrors.of(figures) is None, "it diverged"
    figures.add("fold-a-1", measured)
    assert FoldErrors.of(figures).training.tolist() == [0.0, 1.0, 0.0] * 2
