"""The target of a network that predicts values."""

from nnabla_influence.dataset.csv import Table
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.report.target_values import TargetValues


def target(folder, header, cells, label=None):
    table = Table.read(folder.csv(f"{header}\n{cells}\n"))
    return TargetValues.read(table, table.columns, label)


def test_it_is_called_by_its_own_name(folder):
    assert target(folder, "x,y:price", "1,2.5") == TargetValues("y", "price", 1)
    assert target(folder, "x,y", "1,2.5") == TargetValues("y", "y", 1)
    assert target(folder, "x,cost", "1,2.5", label="cost") == TargetValues("cost", "cost", 1)


def test_several_values_no_column_and_files_are_no_target(folder):
    assert target(folder, "x,y__0,y__1", "1,2,3") is None
    assert target(folder, "x,z", "1,2") is None
    assert target(folder, "x,y", "1,a.png") is None


def test_whole_numbers_are_a_target_where_values_are_predicted(folder):
    rows = "influence,{}datasource_index\n0,7,-1,{}0\n0,8,1,{}1\n"
    plain = ScoredSamples.read(folder.csv("x,y," + rows.format("", "", "")))
    assert plain.target is None and plain.classes.names == ["7", "8"]
    predicted = ScoredSamples.read(folder.csv("x,y," + rows.format("predicted_value,", "7.5,", "7.25,")))
    assert predicted.classes is None and predicted.target.variable == "y"
    assert predicted.predicted.tolist() == [7.5, 7.25] and predicted.extras == {}
