"""Data sets of which a measurement draws some rows, and the CSVs of its results; shared by the scripts beside this one.

The digits come with the package and Friedman's function is made here; the others are read from the files that the
scripts' `prepare.py` describe: MNIST (samples/mnist), CIFAR-10 with labels by people (samples/cifar10), UCI's Adult
(samples/leave_one_out).
"""

import csv
import importlib.util
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict

import numpy as np
from PIL import Image

from nnabla_influence.dataset.digits import load_digits

SAMPLES = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Source:
    """A data set of which each draw takes some rows.

    Attributes:
        x: Inputs, (N, D) numbers or (N, C, H, W) images.
        y: Class numbers (N,), or real targets.
        training: Rows that are trained on.
        validation: Rows that score, choose and confirm.
        standardise: Whether inputs are standardised by the training rows.
        human: Other labels (N,) of the same rows, given by people, by name.
    """

    x: np.ndarray
    y: np.ndarray
    training: int
    validation: int
    standardise: bool = False
    human: Dict[str, np.ndarray] = field(default_factory=dict)

    def inputs(self, *parts):
        """Inputs of some rows for each of several parts, standardised by the first part where that is asked for."""
        x = [self.x[rows].astype(np.float64) for rows in parts]
        if self.standardise:
            mean, spread = x[0].mean(axis=0), x[0].std(axis=0)
            x = [(part - mean) / np.where(spread > 0, spread, 1) for part in x]
        return [part.astype(np.float32) for part in x]


def digits():
    """8x8 digits with pixels from 0 to 16, as scikit-learn has them."""
    images, labels = load_digits()
    return Source(images.reshape(len(labels), -1) / 255 * 16, labels, 900, 500)


def adult(paths):
    """UCI's Adult: numbers and a column of zeros and ones for every category."""
    x, y, _ = prepare("leave_one_out").adult(paths)
    return Source(x, y, 2000, 1000, standardise=True)


def mnist(path, training=1500):
    """MNIST's training part, pixels from 0 to 1."""
    module = prepare("mnist")
    images, labels = module.load(module.Source(path), "train")
    return Source(images.reshape(len(labels), -1) / 255, labels, training, 1000)


def cifar10(path, rows=9000):
    """The first rows of CIFAR-10's training part, pixels from 0 to 1, with the labels that people gave them."""
    module = prepare("cifar10")
    labels, image, human = module.load(module.Source(path), "train")
    files = (io.BytesIO(image(row)[1]) for row in range(rows))
    pixels = np.stack([np.asarray(Image.open(file).convert("RGB"), np.uint8) for file in files])
    x = pixels.transpose(0, 3, 1, 2) / np.float32(255)
    return Source(x, labels[:rows], 3000, 1000, human={name: given[:rows] for name, given in human.items()})


def friedman(rows=6000):
    """Friedman's function of ten numbers, five of which count, with noise of deviation 1; targets are standardised."""
    random = np.random.default_rng(0)
    x = random.uniform(size=(rows, 10))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y += random.normal(size=rows)
    return Source(x, (y - y.mean()) / y.std(), 1500, 500, standardise=True)


def prepare(sample):
    """The module `prepare.py` of a sample."""
    spec = importlib.util.spec_from_file_location(f"prepare_{sample}", SAMPLES / sample / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_rows(path):
    """Rows of a CSV of results so far."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def append_rows(path, columns, rows):
    """Add rows to a CSV of results, with its header if it is new."""
    new = not path.is_file()
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([columns, *rows] if new else rows)
