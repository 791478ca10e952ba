"""Batch plans and augmentation as pure functions of a seed."""

import numpy as np
import pytest

from nnabla_influence.dataset.batches import Augmentation, BatchPlan, augment, consecutive_batches
from nnabla_influence.errors import ConfigError

SIZES = [(1, 1), (10, 3), (10, 5), (10, 64), (65, 64), (1000, 64), (7, 1)]


@pytest.mark.parametrize("samples, size", SIZES)
@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_holds_every_sample_once_in_even_batches(samples, size, shuffle):
    plan = BatchPlan(samples, size, seed=3, shuffle=shuffle)
    batches = plan.epoch(2)
    lengths = [len(batch) for batch in batches]
    assert len(batches) == plan.batches_per_epoch == int(np.ceil(samples / size))
    assert max(lengths) <= size and max(lengths) - min(lengths) <= 1
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(samples))
    assert all(batch.dtype == np.int64 for batch in batches)


def order(plan, epoch):
    return np.concatenate(plan.epoch(epoch)).tolist()


def test_the_order_depends_on_seed_and_epoch_alone():
    plan = BatchPlan(50, 8, seed=1)
    late = order(plan, 5)
    order(plan, 0)
    assert order(BatchPlan(50, 8, seed=1), 5) == late
    assert order(BatchPlan(50, 10, seed=1), 5) == late
    assert late not in (order(plan, 4), order(BatchPlan(50, 8, seed=2), 5), list(range(50)))


def test_the_order_of_a_seed_is_the_same_in_every_version():
    """Caches do not store the order, so a change here would silently break replay."""
    assert order(BatchPlan(8, 3, seed=0), 1) == [0, 7, 1, 4, 6, 3, 5, 2]


def test_without_shuffling_the_order_is_that_of_the_data():
    assert order(BatchPlan(10, 4, seed=0, shuffle=False), 7) == list(range(10))
    assert [batch.tolist() for batch in consecutive_batches(5, 3)] == [[0, 1, 2], [3, 4]]


@pytest.mark.parametrize(
    "arguments, value",
    [
        ((0, 1, 0), "0"),
        ((5, 0, 0), "0"),
        ((5, -2, 0), "-2"),
        ((5, 2, -1), "-1"),
        ((5, 2.5, 0), "2.5"),
        ((5, True, 0), "True"),
    ],
)
def test_impossible_plans(arguments, value):
    with pytest.raises(ConfigError, match="got " + value):
        BatchPlan(*arguments)


def test_impossible_epochs_and_batches():
    with pytest.raises(ConfigError):
        BatchPlan(5, 2, 0).epoch(-1)
    with pytest.raises(ConfigError):
        consecutive_batches(0, 2)
    with pytest.raises(ConfigError):
        consecutive_batches(5, 0)


IMAGES = np.random.default_rng(0).uniform(1, 2, size=(40, 3, 6, 5)).astype(np.float32)
BATCH = {"x": IMAGES, "mask": IMAGES[:, :1], "y": np.arange(40.0)[:, np.newaxis]}


def test_augmentation_is_off_by_default():
    assert not Augmentation().active
    assert augment(BATCH, ["x"], Augmentation(), 0, 0)["x"] is IMAGES


def test_augmentation_depends_on_seed_and_step_alone():
    def images(seed, step):
        return augment(BATCH, ["x"], Augmentation(2, True), seed, step)["x"]

    first = images(1, 5)
    np.testing.assert_array_equal(images(1, 5), first)
    assert not np.array_equal(images(1, 6), first) and not np.array_equal(images(2, 5), first)


def windows(image, crop, flip):
    """Every image that augmentation may make of one, obviously right and slow."""
    channels, height, width = image.shape
    padded = np.zeros((channels, height + 2 * crop, width + 2 * crop), dtype=image.dtype)
    padded[:, crop : crop + height, crop : crop + width] = image
    for top in range(2 * crop + 1):
        for left in range(2 * crop + 1):
            window = padded[:, top : top + height, left : left + width]
            yield window
            if flip:
                yield window[:, :, ::-1]


@pytest.mark.parametrize("crop, flip", [(1, False), (0, True), (2, True)])
def test_each_sample_becomes_one_of_the_possible_windows(crop, flip):
    result = augment(BATCH, ["x"], Augmentation(crop, flip), seed=0, step=0)["x"]
    assert result.shape == IMAGES.shape and result.dtype == np.float32
    chosen = set()
    for image, made in zip(IMAGES, result):
        matches = [number for number, window in enumerate(windows(image, crop, flip)) if np.array_equal(window, made)]
        assert len(matches) == 1
        chosen.add(matches[0])
    assert len(chosen) > 1  # not the same for all samples


def test_both_images_of_a_sample_move_alike_and_other_variables_stay():
    before = IMAGES.copy()
    result = augment(BATCH, ["x", "mask"], Augmentation(2, True), seed=0, step=0)
    np.testing.assert_array_equal(result["x"][:, :1], result["mask"])
    assert result["y"] is BATCH["y"] and list(result) == list(BATCH)
    np.testing.assert_array_equal(BATCH["x"], before)


@pytest.mark.parametrize("name", ["y", "z"])
def test_only_images_can_be_augmented(name):
    with pytest.raises(ConfigError, match="'{}'".format(name)):
        augment(BATCH, [name], Augmentation(1), 0, 0)


def test_impossible_augmentation():
    with pytest.raises(ConfigError, match="crop"):
        Augmentation(crop=-1)
