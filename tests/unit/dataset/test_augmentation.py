"""Augmentation: a pure function of seed and step, and one of the windows there are."""

import numpy as np
import pytest

from nnabla_influence.dataset.augmentation import Augmentation, augment
from nnabla_influence.errors import ConfigError

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
