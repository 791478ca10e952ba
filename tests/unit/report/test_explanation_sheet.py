"""One sample and those behind its result, on one sheet."""

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.dataset.csv import Table
from nnabla_influence.report import explanation_sheet
from nnabla_influence.report.explanation_sheet import write_explanation
from nnabla_influence.report.figures import LIGHT


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """``drawn(...)``: what was written about the sheet, and its axes."""
    figures = []
    write = explanation_sheet.write_png

    def kept(figure, output):
        figures.append(figure)
        write(figure, output)

    monkeypatch.setattr(explanation_sheet, "write_png", kept)

    def draw(influence, evaluated, row, made):
        written = write_explanation(influence, Table.read(evaluated), row, made, tmp_path / "sheet.png")
        with Image.open(tmp_path / "sheet.png") as image:
            assert image.format == "PNG"
        return written, figures[-1].axes[0]

    return draw


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_pictures_are_thumbnails_the_strongest_first(folder, drawn):
    influence = folder.digits(12)
    pixels = np.full((6, 6), 77, np.uint8)
    folder.image("asked.png", pixels)
    evaluated = folder.csv("x:image,y:label\nno.png,0\nasked.png,2\n", "validation.csv")
    written, axes = drawn(influence, evaluated, 1, {"predicted_label": 1.0, "loss": 2.5})
    assert written == ("label 2, predicted 1, loss 2.5", 0, "")
    said = texts(axes)
    assert said[:4] == ["Row 2 of validation.csv", "label 2", "predicted 1", "loss 2.5"]
    helped, harmed = (said.index(text) for text in said if text.startswith(("Helped most (6", "Harmed most (6")))
    assert said[helped + 1 : helped + 4] == ["1", "1.38e+00", "2"]  # row 10, then row 8
    assert said[harmed + 1 : harmed + 3] == ["2 → 0", "-1.50e+00"]  # row 11
    assert len(axes.images) == 13 and axes.images[0].get_array()[0, 0, 0] == 77


def test_numbers_are_a_table(folder, drawn):
    influence = folder.table()
    evaluated = folder.csv("x__0:age,x__1:income,y:price\n41,9,0.5\n", "validation.csv")
    written, axes = drawn(influence, evaluated, 0, {"predicted_value": 0.25, "loss": 0.0625})
    assert written.asked == "price 0.5, predicted 0.25, loss 0.0625, age 41, income 9"
    said = texts(axes)
    assert said[0] == "Row 1 of validation.csv" and "rank" not in said
    helped = said.index(next(text for text in said if text.startswith("Helped most (3")))
    harmed = said.index(next(text for text in said if text.startswith("Harmed most (2")))
    assert said[helped + 1 : helped + 5] == ["row", "5", "4", "3"]
    assert said[harmed + 1 : harmed + 4] == ["row", "0", "1"]


def test_where_nothing_harmed_the_sheet_says_so(folder, drawn):
    influence = folder.csv("x,y,influence,datasource_index\n1,0,0.5,3\n2,1,0.25,1\n")
    evaluated = folder.csv("x,y\n7,1\n", "validation.csv")
    _, axes = drawn(influence, evaluated, 0, {})
    assert any(text.startswith("Harmed most (0 ") for text in texts(axes))


def test_a_file_that_cannot_be_read_is_counted(folder, drawn):
    influence = folder.digits(4)
    (folder.path / "画像" / "no 2.png").write_bytes(b"broken")
    folder.image("asked.png", np.zeros((6, 6), np.uint8))
    evaluated = folder.csv("x:image,y:label\nasked.png,1\n", "validation.csv")
    written, axes = drawn(influence, evaluated, 0, {})
    assert written.unreadable == 1 and "no 2.png" in written.reason and len(axes.images) == 4


def test_headings_have_the_colours_of_helpful_and_harmful(folder, drawn):
    _, axes = drawn(folder.table(), folder.csv("x__0:age,x__1:income,y:price\n4,9,0\n", "v.csv"), 0, {})
    colours = {text.get_text().split()[0]: text.get_color() for text in axes.texts if "most (" in text.get_text()}
    assert colours == {"Helped": LIGHT.helpful, "Harmed": LIGHT.harmful}
