"""Real data that comes with the package: 1,797 handwritten digits of 8x8 pixels.

Source: UCI Machine Learning Repository, *Optical Recognition of Handwritten Digits*, E. Alpaydin and C. Kaynak (1998),
https://doi.org/10.24432/C50P49, licence CC BY 4.0. This is the test part of that data set, in the copy and order of
scikit-learn's ``load_digits``; ``digits.npz`` keeps the original grey levels 0 to 16.
"""

from __future__ import annotations

import io
import pkgutil
from pathlib import Path
from typing import Dict, List, Tuple, Union

import numpy as np
from PIL import Image

from ..array import Array, IntArray
from ..errors import ConfigError
from ..files import replaceable
from .csv import write_csv

__all__ = ["load_digits", "write_digits"]

_FILE = "digits.npz"
_LEVELS = 16


def load_digits() -> Tuple[Array, IntArray]:
    """Load the digits and their classes.

    Returns:
        Images (1797, 8, 8) uint8, ink bright (the 17 grey levels spread over 0 to 255), and labels (1797,) int64.

    Example:
        >>> images, labels = load_digits()
        >>> images.shape, labels[:5].tolist()
        ((1797, 8, 8), [0, 1, 2, 3, 4])
    """
    contents = pkgutil.get_data(__package__ or "", _FILE)  # also where the package lies in an archive
    with np.load(io.BytesIO(contents or b""), allow_pickle=False) as stored:
        levels = stored["images"]
        labels = stored["labels"]
    images = np.rint(levels * (255.0 / _LEVELS)).astype(np.uint8)
    return images, labels.astype(np.int64)


def write_digits(
    folder: Union[str, Path], training: int = 1000, validation: int = 300, seed: int = 0
) -> Tuple[Path, Path, Path]:
    """Write the digits as three NNC data sets: PNG files and CSVs with the columns ``x:image,y:label``.

    Args:
        folder: Where to write; made if missing, files of an earlier call are replaced.
        training: The number of training samples.
        validation: The number of validation samples; the rest are test samples.
        seed: Draws which digit goes where.

    Returns:
        The CSVs of the training, validation and test samples.

    Raises:
        ConfigError: The numbers do not leave every part at least one sample, or the seed is negative.
        OSError: The folder cannot be written.
    """
    images, labels = load_digits()
    if min(training, validation) < 1 or training + validation >= len(images):
        raise ConfigError(
            f"Expected training and validation samples that leave some of the {len(images)} digits for the test, "
            f"got {training} and {validation}. Ask for fewer."
        )
    if seed < 0:
        raise ConfigError(f"Expected a seed of at least 0, got {seed}. Change it.")
    target = Path(folder)
    names = _write_images(target, images)
    order = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed]))).permutation(len(images))
    parts: Dict[str, IntArray] = dict(
        zip(("training", "validation", "test"), np.split(order, [training, training + validation]))
    )
    paths = []
    for part, rows in parts.items():
        paths.append(target / (part + ".csv"))
        write_csv(paths[-1], ["x:image", "y:label"], [[names[row], str(labels[row])] for row in rows])
    return paths[0], paths[1], paths[2]


def _write_images(folder: Path, images: Array) -> List[str]:
    """Write one PNG per digit; returns their paths relative to `folder`."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    names = [f"images/{number:04d}.png" for number in range(len(images))]
    for name, image in zip(names, images):
        # Without a temporary name: the CSVs, written last, make the data set exist.
        Image.fromarray(image).save(str(replaceable(folder / name)))
    return names
