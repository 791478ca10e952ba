"""Real data as people have it: unscaled tables and folders of images."""

import numpy as np
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

GRAPES = ("Barolo", "Grignolino", "Barbera")


def raw_wine():
    """178 wines, 13 numbers of very different size, the grape as text."""
    frame = load_wine(as_frame=True).frame
    return frame.assign(target=[GRAPES[number] for number in frame["target"]])


def raw_breast_cancer():
    """569 tumours, 30 numbers, -1 or 1 as the label."""
    frame = load_breast_cancer(as_frame=True).frame
    return frame.assign(target=2 * frame["target"] - 1)


def raw_diabetes():
    """442 patients, 10 numbers, a value to predict."""
    return load_diabetes(as_frame=True, scaled=False).frame


def raw_digits():
    """1,797 digits of 64 grey levels from 0 to 16, as numbers."""
    return load_digits(as_frame=True).frame


def folder_of_digits(folder, per_class, classes=10):
    """Write so many digits of each class as PNG files into a folder per class."""
    data = load_digits()
    for number in range(classes):
        (folder / f"digit {number}").mkdir(parents=True)
        for row in np.flatnonzero(data.target == number)[:per_class]:
            image = np.rint(data.images[row] * 255 / 16).astype(np.uint8)
            Image.fromarray(image).save(str(folder / f"digit {number}" / f"{row:04d}.png"))
    return folder
