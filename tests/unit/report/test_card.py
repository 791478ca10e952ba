"""The card of a sample: everything that is known about it, and no endless text."""

import base64
import io

import numpy as np
from PIL import Image

from nnabla_influence.report.card import data_uri
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.report.shown_samples import ShownSamples


def test_a_card_says_everything_about_its_sample(folder):
    first, *others = ShownSamples.choose(ScoredSamples.read(folder.digits())).cards
    assert (first.rank, first.index, first.score, first.score_cell) == (1, 11, -1.5, "-1.5")
    assert (first.class_name, first.predicted, first.differs, first.loss) == ("2", "0", True, 2.75)
    assert (first.file, first.picture_text, first.size) == ("画像/no 11.png", "6 x 6 pixels", (6, 6))
    assert first.name == "rank 1, row 11, score -1.5, class 2, predicted 0"
    assert [card.rank for card in others] == list(range(2, 13))
    original = Image.open(str(folder.path / first.file))
    shown = Image.open(io.BytesIO(base64.b64decode(first.picture.split(",")[1])))
    np.testing.assert_array_equal(np.asarray(shown), np.asarray(original))


def test_the_kind_of_a_picture_stands_in_its_address():
    assert data_uri(b"\x89PNG...").startswith("data:image/png;base64,")
    assert data_uri(b"\xff\xd8\xff...").startswith("data:image/jpeg;base64,")


def test_numbers_are_shown_by_the_names_of_the_header(folder):
    card = ShownSamples.choose(ScoredSamples.read(folder.table())).cards[0]
    assert card.numbers == [("age", "0"), ("income", "0")] and card.target == ("price", "0.00000")
    assert (card.picture, card.class_name, card.predicted, card.loss) == ("", None, None, None)


def test_labels_are_no_input_and_there_is_room_for_eight_numbers(folder):
    header = ",".join(f"x__{k}" for k in range(10)) + ",y,influence,datasource_index"
    shown = ShownSamples.choose(ScoredSamples.read(folder.csv(f"{header}\n0,1,2,3,4,5,6,7,8,9,3,-1,0\n")))
    (card,) = shown.cards
    assert card.numbers == [(f"x[{k}]", str(k)) for k in range(8)] and card.more == ["8", "9"]
    assert shown.columns == [f"x[{k}]" for k in range(10)] and shown.unseen_numbers == 0


def test_of_very_many_columns_the_page_has_the_first_hundred(folder):
    header = ",".join(f"x__{k}" for k in range(103)) + ",y,influence,datasource_index"
    shown = ShownSamples.choose(ScoredSamples.read(folder.csv(f"{header}\n{'0,' * 103}3,-1,0\n")))
    assert len(shown.cards[0].more) == 92 and len(shown.columns) == 100 and shown.unseen_numbers == 3


def test_a_target_and_its_prediction_are_no_input_however_many_columns_there_are(folder):
    header = ",".join(f"x__{k}" for k in range(10)) + ",y:price,influence,predicted_value,datasource_index"
    shown = ShownSamples.choose(ScoredSamples.read(folder.csv(f"{header}\n{'0,' * 10}3,-1,2.5,0\n")))
    (card,) = shown.cards
    assert (card.target, card.predicted, card.class_name, card.differs) == (("price", "3"), "2.5", None, False)
    assert len(shown.columns) == 10 and card.name.endswith("price 3, predicted 2.5")


def test_endless_names_are_cut(folder):
    name = "d/" * 2000 + "end.png"
    card = ShownSamples.choose(
        ScoredSamples.read(folder.csv(f"x,y,influence,datasource_index\n{name},{'c' * 999},-1,0\n"))
    ).cards[0]
    assert len(card.file) < 200 and card.file.endswith("end.png")
    assert len(card.class_name) < 200
