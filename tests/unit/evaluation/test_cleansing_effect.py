"""Did training on the cleansed data help? Five answers, each where it belongs."""

import numpy as np
import pytest
from scipy import stats

from nnabla_influence.evaluation.cleansing_effect import CleansingEffect, Effect
from nnabla_influence.evaluation.decision import WORTH
from nnabla_influence.evaluation.performance import Performance

ROWS = 300


def performances(error, seeds=5, noise=0.02, salt=0):
    """Networks whose rows have an expected error around `error`; a row is wrong where it is above one half."""
    made = []
    for seed in range(seeds):
        random = np.random.default_rng([seed, salt])
        errors = np.clip(error + random.normal(0, noise, ROWS), 1e-3, 1 - 1e-3)
        losses = -np.log1p(-errors)
        right = errors < 0.5
        made.append(Performance(float(losses.mean()), float(right.mean()), (), (losses, right)))
    return made


def effect(before, after, **options):
    return CleansingEffect.of(before, after, 1.0, options.pop("judged", "test"))


@pytest.mark.parametrize(
    "before, after, answer",
    [
        (0.55, 0.3, Effect.HELPS),
        (0.3, 0.55, Effect.HARMS),
        (0.3, 0.3, Effect.NONE),
    ],
)
def test_a_clear_change_is_said_in_its_direction_and_no_change_is_none(before, after, answer):
    found = effect(performances(before), performances(after, salt=1))
    assert found.effect is answer and found.sentence.startswith(answer.value)
    assert (found.change.mean < 0) == (after < before) or answer is Effect.NONE


def test_chance_in_the_trainings_leaves_it_undecided():
    levels = [0.2, 0.6, 0.3, 0.5, 0.4]
    before = [performances(level, seeds=1)[0] for level in levels]
    after = [performances(level, seeds=1, salt=1)[0] for level in (0.5, 0.2, 0.4, 0.3, 0.45)]
    found = effect(before, after)
    assert found.effect is Effect.UNDECIDED and "zero lies within" in found.sentence


def test_one_seed_is_no_measure():
    found = effect(performances(0.6, seeds=1), performances(0.2, seeds=1))
    assert found.effect is Effect.UNKNOWN and "3 seeds or more" in found.sentence


def test_a_training_that_diverged_is_named():
    diverged = [Performance.of_diverged(ROWS), *performances(0.3)[1:]]
    found = effect(diverged, performances(0.3))
    assert found.effect is Effect.UNKNOWN and "diverged" in found.sentence


def test_a_real_change_below_what_is_worth_it_is_no_difference():
    before = performances(0.30, noise=0.0)
    after = performances(0.297, noise=0.0)
    found = effect(before, after)
    assert (
        0 < found.gain.mean < WORTH and found.effect is Effect.NONE and f"{WORTH:g} would be worth it" in found.sentence
    )


def test_accuracies_are_paired_by_seed():
    before, after = performances(0.5, noise=0.1), performances(0.4, noise=0.1, salt=1)
    found = effect(before, after)
    changes = [new.accuracy - old.accuracy for old, new in zip(before, after)]
    half = stats.t.ppf(0.975, 4) * np.std(changes, ddof=1) / np.sqrt(5)
    assert found.accuracy_change.mean == pytest.approx(np.mean(changes))
    assert found.accuracy_change.half == pytest.approx(half)
    assert found.original_accuracy.mean == pytest.approx(np.mean([each.accuracy for each in before]))


def test_without_classes_there_is_no_accuracy_and_the_error_is_of_real_values():
    def real(scale):
        losses = [np.random.default_rng(seed).chisquare(1, ROWS) * scale for seed in range(3)]
        return [Performance(float(each.mean()), None, (), (each, None)) for each in losses]

    found = CleansingEffect.of(real(1.0), real(0.2), None, "validation")
    assert found.accuracy_change is None and found.effect is Effect.HELPS and "validation data" in found.sentence
