"""Small data sets for the tests of this folder, in a place whose name has spaces and Japanese characters."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.dataset.dataset import Dataset


class Folder:
    """A folder to put data sets into; every writer returns what it wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cache = path.parent / "データ cache"
        path.mkdir()

    def csv(self, text: str, name: str = "データ.csv", encoding: str = "utf-8") -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return path

    def file(self, name: str, data: bytes) -> str:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return name

    def image(self, name: str, pixels: np.ndarray, mode=None) -> str:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(pixels)
        (image.convert(mode) if mode else image).save(str(path))
        return name

    def npy(self, name: str, array: np.ndarray) -> str:
        np.save(str(self.path / name), array)
        return name

    def read(self, csv: Path, **settings) -> Dataset:
        return Dataset.from_csv(csv, data_cache=self.cache, **settings)

    def digits(self, count: int = 6, size: int = 4, seed: int = 0) -> Path:
        """`count` grey images with labels; returns the CSV."""
        generator = np.random.default_rng(seed)
        lines = ["x:image,y:label"]
        for row in range(count):
            pixels = generator.integers(0, 256, size=(size, size)).astype(np.uint8)
            lines.append("{},{}".format(self.image("画像/no {}.png".format(row), pixels), row % 3))
        return self.csv("\n".join(lines) + "\n")


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "日本語 folder")
