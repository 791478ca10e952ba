"""Random changes to the images of a batch: shifted by some pixels, mirrored left and right.

What happens at step t is a pure function of (seed, t), so nothing of it has to be stored: a run that is replayed sees
the same pixels. All image variables of a sample are moved and mirrored alike, so that pairs of images stay aligned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Mapping, Sequence, Tuple

import numpy as np

from ..array import Array, IntArray
from ..errors import ConfigError
from .batches import AUGMENTATION_STREAM, check_whole_number, random_stream

__all__ = ["Augmentation", "augment"]


@dataclass(frozen=True)
class Augmentation:
    """Random changes to the images of a batch; none by default.

    Attributes:
        crop: Pad by so many black pixels on every side, then cut the original size out at a random place.
        flip: Mirror left and right with probability one half.

    Raises:
        ConfigError: A field has an impossible value.

    Example:
        >>> import numpy as np
        >>> batch = {"x": np.arange(4.0).reshape(1, 1, 2, 2)}
        >>> augment(batch, ["x"], Augmentation(flip=True), seed=0, step=1)["x"].ravel()
        array([1., 0., 3., 2.])
    """

    crop: int = 0
    flip: bool = False

    def __post_init__(self) -> None:
        check_whole_number(self.crop, 0, "the crop")

    @property
    def active(self) -> bool:
        """Whether it changes anything."""
        return self.crop > 0 or self.flip


def augment(
    batch: Mapping[str, Array], image_variables: Sequence[str], augmentation: Augmentation, seed: int, step: int
) -> Dict[str, Array]:
    """Augment the images of one training step.

    Args:
        batch: Arrays (B, ...) by variable; left as they are.
        image_variables: The variables to change, each (B, C, H, W).
        augmentation: What to do.
        seed: The run's seed.
        step: The number of the step, from 0.

    Returns:
        A new dictionary; variables that are not named are the same arrays as in `batch`.

    Raises:
        ConfigError: A named variable is missing or holds no images.
    """
    augmented = dict(batch)
    if not augmentation.active:
        return augmented
    for name in image_variables:
        _check_images(augmented, name)
    if image_variables:
        offsets, mirrored = _draw(augmentation, len(augmented[image_variables[0]]), seed, step)
        for name in image_variables:
            augmented[name] = _moved(augmented[name], augmentation.crop, offsets, mirrored)
    return augmented


def _check_images(batch: Mapping[str, Array], name: str) -> None:
    if name not in batch or batch[name].ndim != 4:
        given = f"shape {batch[name].shape}" if name in batch else "no such variable"
        raise ConfigError(
            f"Expected images (B, C, H, W) in the variable {name!r} to augment, got {given}. Switch augmentation off "
            "for this data set."
        )


def _draw(augmentation: Augmentation, count: int, seed: int, step: int) -> Tuple[IntArray, Array]:
    """Draw the offsets (B, 2) of the window in the padded image, and which samples are mirrored (B,)."""
    generator = random_stream(seed, AUGMENTATION_STREAM, step)
    offsets = generator.integers(0, 2 * augmentation.crop + 1, size=(count, 2))
    # Drawn also where nothing is mirrored: switching `flip` on leaves the offsets as they are.
    mirrored = generator.integers(0, 2, size=count).astype(bool) & augmentation.flip
    return offsets, mirrored


def _moved(images: Array, crop: int, offsets: IntArray, mirrored: Array) -> Array:
    """Cut the windows out of the padded images (B, C, H, W) and mirror some, in one gather."""
    count, channels, height, width = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (crop, crop), (crop, crop)))
    rows = offsets[:, :1] + np.arange(height)  # (B, H)
    columns = offsets[:, 1:] + np.arange(width)  # (B, W)
    columns = np.where(mirrored[:, np.newaxis], columns[:, ::-1], columns)
    # Four index arrays that broadcast to (B, C, H, W).
    sample = np.arange(count)[:, np.newaxis, np.newaxis, np.newaxis]
    channel = np.arange(channels)[np.newaxis, :, np.newaxis, np.newaxis]
    moved: Array = padded[sample, channel, rows[:, np.newaxis, :, np.newaxis], columns[:, np.newaxis, np.newaxis]]
    return moved
