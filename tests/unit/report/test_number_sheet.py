"""The most harmful samples as a table of numbers."""

from nnabla_influence.report.figures import LIGHT, drawing
from nnabla_influence.report.number_sheet import number_sheet
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.report.shown_samples import ShownSamples


def texts_by_row(figure):
    rows = {}
    for text in figure.axes[0].texts:
        rows.setdefault(text.get_position()[1], []).append(text.get_text())
    return [rows[height] for height in sorted(rows)]


def test_numbers_become_a_table_with_the_most_harmful_first(folder):
    with drawing():
        figure = number_sheet(ShownSamples.choose(ScoredSamples.read(folder.table())), LIGHT, 2)
    assert texts_by_row(figure) == [
        ["rank", "row", "influence", "price", "age", "income"],
        ["1", "0", "-2.000e+00", "0.00000", "0", "0"],
        ["2", "1", "-1.000e+00", "0.14286", "1", "1"],
    ]


def test_a_predicted_value_stands_beside_the_target(folder):
    path = folder.csv("x__0:age,y:price,influence,predicted_value,datasource_index\n0.5,8,-3,7.25,0\n")
    with drawing():
        figure = number_sheet(ShownSamples.choose(ScoredSamples.read(path)), LIGHT, 9)
    assert [row[3:] for row in texts_by_row(figure)] == [["price", "predicted", "age"], ["8", "7.25", "0.5"]]


def test_classes_and_wrong_predictions_have_a_column(folder):
    rows = ["0.5,1,-3,0,0", "0.25,1,2,1,1"]
    path = folder.csv("\n".join(["x__0:age,y:label,influence,predicted_label,datasource_index", *rows]) + "\n")
    with drawing():
        figure = number_sheet(ShownSamples.choose(ScoredSamples.read(path)), LIGHT, 9)
    assert [row[3] for row in texts_by_row(figure)] == ["class", "1 \N{RIGHTWARDS ARROW} 0", "1"]


def test_small_arrays_are_named_by_their_file(folder):
    (folder.path / "a.csv").write_text("1,2,3\n")
    path = folder.csv("x,y,influence,datasource_index\na.csv,0.5,-1,0\n")
    with drawing():
        figure = number_sheet(ShownSamples.choose(ScoredSamples.read(path)), LIGHT, 9)
    assert texts_by_row(figure)[1][-1] == "a.csv"
