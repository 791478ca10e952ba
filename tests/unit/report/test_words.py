"""The sentences and tables: what the report claims."""

import pytest
from support.removal_curves import curve

from nnabla_influence.report.curve_text import choice_table, curve_text
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.report.summary import class_table, headline, tiles


def test_the_headline_counts_and_explains_the_sign(folder):
    text = headline(ScoredSamples.read(folder.digits(count=12)))
    assert text.startswith("6 of 12 training samples are estimated to be harmful: a score below 0 means that leaving")
    assert "lower the validation loss" in text


def test_scores_without_sign_are_not_called_harmful(folder):
    samples = ScoredSamples.read(folder.csv("x,y,influence,datasource_index\n1,0,-3,0\n1,0,-1,1\n"))
    assert "only the order counts" in headline(samples)
    assert not any("harmful" in tile.text for tile in tiles(samples))


def test_tiles_count_predictions_that_are_not_the_label(folder):
    found = [(tile.value, tile.text) for tile in tiles(ScoredSamples.read(folder.digits(count=12)))]
    assert found == [
        ("12", "training samples scored"),
        ("6", "harmful, score below 0 (50%)"),
        ("6", "helpful, score above 0 (50%)"),
        ("6", "predicted as another class than labelled (50%)"),
    ]


def test_the_table_per_class(folder):
    samples = ScoredSamples.read(folder.csv("x,y,influence,datasource_index\n1,7,-3,5\n1,7,1,1\n1,8,0.5,2\n"))
    assert class_table(samples)[1:] == [
        ("7", "2", "1", "50%", "-1", "-3", "5"),
        ("8", "1", "0", "0%", "0.5", "0.5", "2"),
    ]


@pytest.mark.parametrize(
    "changes, settings, verdict, sentence",
    [
        (
            {30: -0.05, 90: 0.1},
            {},
            "better",
            "Test loss went down in 1 of 1 cases, most by loss (retrained from scratch): 30 samples, test loss "
            "-0.05 ± 0.00092, test accuracy 0.",
        ),
        ({30: 0.05}, {}, "nothing worth removing", "Nothing is worth removing"),
        ({30: -0.05}, {"seeds": 1}, "one seed says nothing", "No removal changed the test loss for the better"),
        ({30: -0.05}, {"test": False}, "no test data", "No removal changed the test loss for the better"),
    ],
)
def test_verdicts(changes, settings, verdict, sentence):
    found = curve({"loss": changes}, **settings)
    assert choice_table(found)[1][-1] == verdict
    assert curve_text(found).startswith(sentence)


def test_the_choice_is_told_with_its_interval():
    name, start, removed, selection, test_loss, accuracy, _ = choice_table(curve({"loss": {30: -0.05}}))[1]
    assert (name, start, removed) == ("loss", "retrained from scratch", "30")
    assert selection == test_loss == "-0.05 ± 0.00092"  # t(3) * 0.00058 / 2
    assert accuracy == "0"
