"""Which samples are drawn at which step: pure functions of a seed.

Nothing about the order of a training run has to be stored, because it can be recomputed: the order of epoch e depends
on (seed, e) alone, the augmentation of step t on (seed, t) alone. An epoch visits every sample exactly once, in
ceil(N/B) batches whose sizes differ by at most one. (NNabla's own iterator wraps around at the end of the data, so
that its "epochs" skip or repeat samples; `wrapping` draws as it does.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Sequence, Tuple

import numpy as np

from ..errors import ConfigError

__all__ = ["Augmentation", "BatchPlan", "augment", "consecutive_batches"]

# one number per purpose, so that the streams of one seed have nothing to do with each other
_ORDER, _AUGMENTATION = 1, 2


@dataclass(frozen=True)
class BatchPlan:
    """The batches of every epoch.

    Attributes:
        samples: the number of training samples N.
        batch_size: the largest size B of a batch.
        seed: a whole number from 0.
        shuffle: draw each epoch in another order; False keeps the order of the data.

    Raises:
        ConfigError: a field has an impossible value.
    """

    samples: int
    batch_size: int
    seed: int
    shuffle: bool = True

    def __post_init__(self) -> None:
        _require(self.samples, 1, "the number of samples")
        _require(self.batch_size, 1, "the batch size")
        _require(self.seed, 0, "the seed")

    @property
    def batches_per_epoch(self) -> int:
        """ceil(N/B)."""
        return -(-self.samples // self.batch_size)

    @property
    def draws_per_epoch(self) -> int:
        """How many rows an epoch draws: N."""
        return self.samples

    def every_row(self, epoch: int) -> List[np.ndarray]:
        """Batches that together hold every row once: those of the epoch."""
        return self.epoch(epoch)

    def epoch(self, epoch: int) -> List[np.ndarray]:
        """The batches of one epoch.

        Args:
            epoch: its number, from 0.

        Returns:
            `batches_per_epoch` arrays of row numbers (int64), which together hold every row once.
        """
        _require(epoch, 0, "the epoch")
        if not self.shuffle:
            return consecutive_batches(self.samples, self.batch_size)
        order = _generator(self.seed, _ORDER, epoch).permutation(self.samples)
        return np.array_split(order.astype(np.int64, copy=False), self.batches_per_epoch)


def consecutive_batches(n: int, batch_size: int) -> List[np.ndarray]:
    """The rows 0..n-1 in order, in ceil(n/batch_size) batches whose sizes differ by at most one.

    Raises:
        ConfigError: a number is below 1.
    """
    _require(n, 1, "the number of samples")
    _require(batch_size, 1, "the batch size")
    return np.array_split(np.arange(n, dtype=np.int64), -(-n // batch_size))


@dataclass(frozen=True)
class Augmentation:
    """Random changes to the images of a batch; none by default.

    Attributes:
        crop: pad by so many black pixels on every side, then cut the original size out at a random place.
        flip: mirror left and right with probability one half.

    Raises:
        ConfigError: a field has an impossible value.
    """

    crop: int = 0
    flip: bool = False

    def __post_init__(self) -> None:
        _require(self.crop, 0, "the crop")

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        return self.crop > 0 or self.flip


def augment(
    batch: Mapping[str, np.ndarray], image_variables: Sequence[str], augmentation: Augmentation, seed: int, step: int
) -> Dict[str, np.ndarray]:
    """Augment the images of one training step.

    All image variables of a sample are moved and mirrored alike, so that pairs of images stay aligned.

    Args:
        batch: arrays (B, ...) by variable; left as they are.
        image_variables: the variables to change, each (B, C, H, W).
        augmentation: what to do.
        seed: the run's seed.
        step: the number of the step, from 0.

    Returns:
        A new dictionary; variables that are not named are the same arrays as in `batch`.

    Raises:
        ConfigError: a named variable is missing or holds no images.
    """
    result = dict(batch)
    if not augmentation.active:
        return result
    for name in image_variables:
        if name not in result or result[name].ndim != 4:
            found = "shape {}".format(result[name].shape) if name in result else "no such variable"
            raise ConfigError(
                "expected images (B, C, H, W) in the variable {!r} to augment, found {}. Switch "
                "augmentation off for this data set.".format(name, found)
            )
    if image_variables:
        draws = _draw(augmentation, len(result[image_variables[0]]), seed, step)
        for name in image_variables:
            result[name] = _moved(result[name], augmentation.crop, *draws)
    return result


def _draw(augmentation: Augmentation, count: int, seed: int, step: int) -> Tuple[np.ndarray, np.ndarray]:
    """Offsets (B, 2) of the window in the padded image, and which samples are mirrored (B,)."""
    generator = _generator(seed, _AUGMENTATION, step)
    offsets = generator.integers(0, 2 * augmentation.crop + 1, size=(count, 2))
    mirrored = generator.integers(0, 2, size=count).astype(bool) & augmentation.flip
    return offsets, mirrored


def _moved(images: np.ndarray, crop: int, offsets: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
    """Cut the windows out of the padded images (B, C, H, W) and mirror some, in one gather."""
    count, channels, height, width = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (crop, crop), (crop, crop)))
    rows = offsets[:, :1] + np.arange(height)  # (B, H)
    columns = offsets[:, 1:] + np.arange(width)  # (B, W)
    columns = np.where(mirrored[:, np.newaxis], columns[:, ::-1], columns)
    sample = np.arange(count)[:, np.newaxis, np.newaxis, np.newaxis]
    channel = np.arange(channels)[np.newaxis, :, np.newaxis, np.newaxis]
    moved: np.ndarray = padded[sample, channel, rows[:, np.newaxis, :, np.newaxis], columns[:, np.newaxis, np.newaxis]]
    return moved


def _generator(seed: int, purpose: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, purpose, number])))


def _require(value: int, least: int, what: str) -> None:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise ConfigError(
            "expected {} to be a whole number of at least {}, got {!r}. Change it.".format(what, least, value)
        )
