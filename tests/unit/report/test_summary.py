"""The sentences and tables: what the report claims."""

from nnabla_influence.objective import Objective
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


def test_scores_by_another_objective_are_not_called_changes_of_the_loss(folder):
    samples = ScoredSamples.read(folder.csv("x,y,influence:error,datasource_index\n1,0,-3,0\n1,0,1,1\n"))
    assert samples.objective == Objective("error")
    assert "would lower the expected validation error, a score" in headline(samples)
