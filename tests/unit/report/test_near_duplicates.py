"""Near-duplicates: against a loop over all pairs, and on pictures that were saved again."""

import io

import numpy as np
import pytest
from PIL import Image

from nnabla_influence.report import near_duplicates as module
from nnabla_influence.report.near_duplicates import (
    NEAR_NUMBERS,
    NEAR_PICTURES,
    near_duplicates,
    number_features,
    picture_features,
)
from nnabla_influence.report.pictures import picture_of
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.report.shown_samples import ShownSamples
from nnabla_influence.report.summary import near_text


def by_loop(features, asked, border):
    found = {}
    for one in asked:
        apart = {k: float(np.sqrt(((row - features[one]) ** 2).mean())) for k, row in enumerate(features) if k != one}
        near = sorted((k for k in apart if apart[k] < border), key=apart.get)[:8]
        if near:
            found[one] = near
    return found


def test_the_closest_first_as_a_loop_finds_them(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 7)
    features = np.random.default_rng(0).normal(size=(60, 3))
    features[:15] *= 0.2
    asked = list(range(0, 60, 2))
    expected = by_loop(features, asked, 0.3)
    assert near_duplicates(features, asked, 0.3) == expected
    assert len(expected) < len(asked) and max(map(len, expected.values())) == 8, "some have none, some too many"


def photo(seed):
    """A smooth picture in colour."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize((64, 64), Image.Resampling.BICUBIC)


def saved_again(image):
    stream = io.BytesIO()
    image.resize((50, 50)).save(stream, "JPEG", quality=50)
    return Image.open(stream)


def test_pictures_that_were_scaled_and_compressed_again_are_near_and_no_others():
    images = [photo(seed) for seed in range(8)]
    features = picture_features([*images, *map(saved_again, images)])
    assert near_duplicates(features, range(8), NEAR_PICTURES) == {k: [k + 8] for k in range(8)}


def test_curves_are_told_apart(folder):
    for name, rate in (("a", 3.0), ("b", 3.001), ("c", 5.0)):
        np.savetxt(str(folder.path / f"{name}.csv"), np.sin(rate * np.linspace(0, 6, 200)), fmt="%.4f")
    influence = folder.csv("x,y,influence,datasource_index\na.csv,0,-3,0\nb.csv,0,-2,1\nc.csv,0,-1,2\n")
    table = ScoredSamples.read(influence).table
    curves = [picture_of(table, f"{name}.csv").image for name in "abc"]
    assert near_duplicates(picture_features(curves), [0, 2], NEAR_PICTURES) == {0: [1]}


def test_numbers_are_compared_in_standard_deviations():
    generator = np.random.default_rng(1)
    numbers = generator.normal(size=(50, 5)) * [1, 1e6, 1e-6, 3, 0]
    numbers[7] = numbers[3] + 0.01 * numbers.std(axis=0)
    numbers[9] = numbers[4] + 0.5 * numbers.std(axis=0)
    assert near_duplicates(number_features(numbers), range(7), NEAR_NUMBERS) == {3: [7]}


@pytest.mark.parametrize("strange", [np.nan, np.inf, 1e308])
def test_strange_numbers_do_no_harm(strange):
    numbers = np.random.default_rng(1).normal(size=(20, 6))
    numbers[2] = numbers[1]
    numbers[5, 0] = strange
    numbers[:, 5] = np.nan
    assert near_duplicates(number_features(numbers), [1], NEAR_NUMBERS) == {1: [2]}


def test_only_harmful_samples_have_them_and_the_page_says_how(folder):
    rows = ["1,2,0,-3,4", "1,2,1,2,9", "5,7,0,-1,6", "-4,1,0,1,7", "-4,1,1,3,8"]
    path = folder.csv("\n".join(["x__0,x__1,y,influence,datasource_index", *rows]) + "\n")
    shown = ShownSamples.choose(ScoredSamples.read(path))
    assert {card.index: card.near for card in shown.cards} == {4: [9], 6: [], 7: [], 9: [], 8: []}
    assert near_text(shown).startswith("1 harmful sample has near-duplicates on this page (≈): inputs that differ by")
    assert near_text(ShownSamples.choose(ScoredSamples.read(folder.table()))) == ""


def test_pictures_count_where_there_are_any(folder):
    same = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    for name, pixels in (("a.png", same), ("b.png", same), ("c.png", same[::-1])):
        folder.image(name, pixels)
    rows = ["a.png,7,0,-3,0", "b.png,9,1,2,1", "c.png,7,0,-1,2", "lost.png,7,0,-2,3"]
    path = folder.csv("\n".join(["x,z,y,influence,datasource_index", *rows]) + "\n")
    shown = ShownSamples.choose(ScoredSamples.read(path))
    assert {card.index: card.near for card in shown.cards} == {0: [1], 1: [], 2: [], 3: []}
    assert "thumbnails that differ by less than 3% of a pixel's range" in near_text(shown)
