"""Which samples are shown, what a card says, and the budget of bytes."""

from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.report.shown_samples import ShownSamples
from nnabla_influence.report.summary import shown_text


def test_of_many_samples_the_two_ends_are_shown(folder):
    shown = ShownSamples.choose(ScoredSamples.read(folder.digits(count=40)), most=8)
    assert [card.rank for card in shown.cards] == [1, 2, 3, 4, 5, 6, 39, 40]
    assert shown_text(shown).startswith("8 of 40 samples: the 6 with the lowest scores and the 2 with the highest")
    assert len(shown.pictures) == 8, "only what is shown is decoded"


def test_pictures_shrink_until_they_fit(folder):
    large = folder.digits(size=64)
    full = ShownSamples.choose(ScoredSamples.read(large))
    bytes_of = lambda shown: sum(len(card.picture) for card in shown.cards)  # noqa: E731
    assert full.side == 128 and full.cards[0].size == (64, 64)
    smaller = ShownSamples.choose(ScoredSamples.read(large), picture_bytes=bytes_of(full) // 3)
    assert smaller.side == 32 and smaller.cards[0].size == (32, 32)
    assert 0 < bytes_of(smaller) <= bytes_of(full) // 3


def test_at_the_smallest_size_the_most_harmful_keep_their_pictures(folder):
    shown = ShownSamples.choose(ScoredSamples.read(folder.digits(size=64)), picture_bytes=2000)
    pictures = [bool(card.picture) for card in shown.cards]
    assert shown.side == 16 and 0 < sum(pictures) < len(pictures) and pictures == sorted(pictures, reverse=True)


def test_unreadable_files_are_counted_and_the_rest_is_shown(folder):
    path = folder.digits(count=4)
    (folder.path / "画像" / "no 1.png").unlink()
    shown = ShownSamples.choose(ScoredSamples.read(path))
    assert shown.broken == [("画像/no 1.png", "no such file or directory")]
    assert [bool(card.picture) for card in shown.cards] == [True, False, True, True]
