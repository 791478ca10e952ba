"""Real data as people have it: unscaled tables and folders of images."""

import inspect

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
    as_measured = {"scaled": False} if "scaled" in inspect.signature(load_diabetes).parameters else {}
    return load_diabetes(as_frame=True, **as_measured).frame


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


def with_flips(frame, rate, seed):
    """Return a table with so large a share of its labels flipped, and which rows (N,) they are."""
    random = np.random.default_rng(seed)
    names, numbers = np.unique(frame["target"].to_numpy(), return_inverse=True)
    rows = random.choice(len(frame), round(rate * len(frame)), replace=False)
    numbers[rows] = (numbers[rows] + random.integers(1, len(names), len(rows))) % len(names)
    flipped = np.zeros(len(frame), bool)
    flipped[rows] = True
    return frame.assign(target=names[numbers]), flipped


DIALECTS = {
    "commas": {"index": True},
    "semicolons, decimal commas, cp1252": {"sep": ";", "decimal": ",", "encoding": "cp1252", "index": False},
    "tabs, byte-order mark": {"sep": "\t", "encoding": "utf-8-sig", "index": False},
    "tabs, UTF-16": {"sep": "\t", "encoding": "utf-16", "index": False},
    "Shift-JIS": {"encoding": "cp932", "index": False},
    "no header": {"header": False, "index": False},
}
"""How spreadsheets of many countries write a table, as settings of pandas' ``to_csv``."""

COLUMNS = {"cp1252": "größe {}", "cp932": "測定値{}"}
"""Names of columns that show an encoding."""


def write_dialect(frame, path, dialect):
    """Write a table as some program would."""
    settings = DIALECTS[dialect]
    name = COLUMNS.get(settings.get("encoding"), "{}")
    inputs = {column: name.format(column) for column in frame.columns if column != "target"}
    frame.rename(columns=inputs).to_csv(str(path), **settings)
    return path
