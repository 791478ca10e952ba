"""Small influence CSVs with pictures, in a place whose name has spaces and Japanese characters."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


class Folder:
    """A folder to put an experiment's files into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def csv(self, text, name="influence.csv"):
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        return path

    def image(self, name, pixels):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(str(path))
        return name

    def digits(self, count=12, size=6, classes=3):
        """Pictures with labels, predictions and losses; odd rows are harmful and predicted as another class."""
        generator = np.random.default_rng(0)
        lines = []
        for row in range(count):
            self.image(f"画像/no {row}.png", generator.integers(0, 256, size=(size, size)).astype(np.uint8))
            label, sign = row % classes, -1 if row % 2 else 1
            predicted = (label + row % 2) % classes
            score = f"{sign * (row + 1) / 8:.9g}"
            lines.append((float(score), f"画像/no {row}.png,{label},{score},{predicted},{row / 4},{row}"))
        header = "x:image,y:label,influence,predicted_label,loss,datasource_index"
        return self.csv("\n".join([header, *(line for _, line in sorted(lines))]) + "\n")

    def table(self, count=6):
        """Numbers in, a number out: no pictures and no classes."""
        rows = [f"{row},{row * row},{row / 7:.5f},{row - 2},{row}" for row in range(count)]
        return self.csv("\n".join(["x__0:age,x__1:income,y:price,influence,datasource_index", *rows]) + "\n")


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "日本語 folder")
