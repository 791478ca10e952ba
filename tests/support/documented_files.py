"""The files that documented commands read: a project, its data, a cache, scores, a folder of photos, a table."""

import shutil
import sys

import numpy as np
from PIL import Image

from nnabla_influence.dataset.csv import write_csv
from nnabla_influence.dataset.digits import load_digits
from support import prepared
from support.nnc_project import class_images

ROWS = ("0", "2", "5")
PHOTOS = 120
WINES = 60


def given_files(project, folder):
    """Copy a trained NNC project and put beside it what else the documentation names.

    Args:
        project: The folder of the project, with ``results.nnp``, ``training.csv`` and ``validation.csv``.
        folder: Where to write.

    Returns:
        `folder`.
    """
    shutil.copytree(str(project), str(folder), dirs_exist_ok=True)
    _write_test(folder)
    data = ("--train", "training.csv", "--validation", "validation.csv")
    _command(folder, "train", "--network", "results.nnp", *data, "--cache", "cache.h5")
    _command(folder, "score", "--cache", "cache.h5", *data, "--output", "influence.csv")
    for name in ("rows.csv", "ticked.csv"):
        (folder / name).write_text("\n".join(["datasource_index", *ROWS]) + "\n", encoding="utf-8")
    _write_photos(folder / "photos")
    _write_wine(folder / "wine.csv")
    return folder


def _write_test(folder):
    """Write rows that are in no other data set: data that judges must be new."""
    (folder / "test").mkdir()
    rows = []
    for image, label in zip(*class_images(PHOTOS, np.random.RandomState(7))):
        rows.append([f"test/{len(rows):04d}.png", str(label)])
        Image.fromarray(image).save(str(folder / rows[-1][0]))
    write_csv(folder / "test.csv", ["x:image", "y:label"], rows)


def _command(folder, *words):
    done = prepared.run([sys.executable, "-m", "nnabla_influence", *words], cwd=folder)
    assert done.returncode == 0, done.stderr.decode("utf-8")


def _write_photos(folder):
    for number, (image, digit) in enumerate(zip(*(values[:PHOTOS] for values in load_digits()))):
        (folder / str(digit)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(str(folder / str(digit) / f"{number:04d}.png"))


def _write_wine(path):
    random = np.random.default_rng(0)
    lines = ["alcohol,ash,proline,cultivar"]
    for number in range(WINES):
        cultivar = number % 3
        alcohol, ash, proline = random.normal([12 + cultivar, 2, 500 + 200 * cultivar], [0.3, 0.2, 50])
        lines.append(f"{alcohol:.2f},{ash:.2f},{proline:.0f},{('barbera', 'barolo', 'grignolino')[cultivar]}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
