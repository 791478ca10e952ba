"""Which samples are shown, what a card says, and the budget of bytes."""

import base64
import io

import numpy as np
from PIL import Image

from nnabla_influence.report.cards import deal
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.report.summary import shown_text


def test_a_card_says_everything_about_its_sample(folder):
    first, *others = deal(ScoredSamples.read(folder.digits())).cards
    assert (first.rank, first.index, first.score, first.score_cell) == (1, 11, -1.5, "-1.5")
    assert (first.class_name, first.predicted, first.differs, first.loss) == ("2", "0", True, 2.75)
    assert (first.file, first.picture_text, first.size) == ("画像/no 11.png", "6 x 6 pixels", (6, 6))
    assert first.name == "rank 1, row 11, score -1.5, class 2, predicted 0"
    assert [card.rank for card in others] == list(range(2, 13))
    original = Image.open(str(folder.path / first.file))
    shown = Image.open(io.BytesIO(base64.b64decode(first.picture.split(",")[1])))
    np.testing.assert_array_equal(np.asarray(shown), np.asarray(original))


def test_numbers_are_shown_by_the_names_of_the_header(folder):
    card = deal(ScoredSamples.read(folder.table())).cards[0]
    assert card.numbers == [("age", "0"), ("income", "0"), ("price", "0.00000")]
    assert (card.picture, card.class_name, card.predicted, card.loss) == ("", None, None, None)


def test_labels_are_no_input_and_there_is_room_for_eight_numbers(folder):
    header = ",".join(f"x__{k}" for k in range(10)) + ",y,influence,datasource_index"
    deck = deal(ScoredSamples.read(folder.csv(f"{header}\n{','.join('0' * 10)},3,-1,0\n")))
    assert [name for name, _ in deck.cards[0].numbers] == [f"x[{k}]" for k in range(8)]
    assert deck.unseen_numbers == 2


def test_of_many_samples_the_two_ends_are_shown(folder):
    deck = deal(ScoredSamples.read(folder.digits(count=40)), most=8)
    assert [card.rank for card in deck.cards] == [1, 2, 3, 4, 5, 6, 39, 40]
    assert shown_text(deck).startswith("8 of 40 samples: the 6 with the lowest scores and the 2 with the highest")
    assert len(deck.pictures) == 8, "only what is shown is decoded"


def test_pictures_shrink_until_they_fit(folder):
    large = folder.digits(size=64)
    full = deal(ScoredSamples.read(large))
    bytes_of = lambda deck: sum(len(card.picture) for card in deck.cards)  # noqa: E731
    assert full.side == 64 and full.cards[0].size == (64, 64)
    smaller = deal(ScoredSamples.read(large), picture_bytes=bytes_of(full) // 3)
    assert smaller.side == 32 and smaller.cards[0].size == (32, 32)
    assert 0 < bytes_of(smaller) <= bytes_of(full) // 3


def test_at_the_smallest_size_the_most_harmful_keep_their_pictures(folder):
    deck = deal(ScoredSamples.read(folder.digits(size=64)), picture_bytes=2000)
    shown = [bool(card.picture) for card in deck.cards]
    assert deck.side == 16 and 0 < sum(shown) < len(shown) and shown == sorted(shown, reverse=True)


def test_unreadable_files_are_counted_and_the_rest_is_shown(folder):
    path = folder.digits(count=4)
    (folder.path / "画像" / "no 1.png").unlink()
    deck = deal(ScoredSamples.read(path))
    assert deck.broken == [("画像/no 1.png", "no such file or directory")]
    assert [bool(card.picture) for card in deck.cards] == [True, False, True, True]


def test_endless_names_are_cut(folder):
    name = "d/" * 2000 + "end.png"
    card = deal(ScoredSamples.read(folder.csv(f"x,y,influence,datasource_index\n{name},{'c' * 999},-1,0\n"))).cards[0]
    assert len(card.file) < 200 and card.file.endswith("end.png")
    assert len(card.class_name) < 200
