"""What a retraining says of every row: its error against the definition, and the file beside the table."""

import math
import statistics

import numpy as np
import pytest

from nnabla_influence.errors import DataError
from nnabla_influence.evaluation.row_figures import RowFigures, row_errors, rows_file
from nnabla_influence.objective import Objective

LOSSES = np.array([0.1, 0.7, 2.5, 0.0])
RIGHT = np.array([True, True, False, True])


def levelled(losses):
    """The log-odds of every label, levelled by their median size: 1 / (1 + exp(z / m)), row by row."""
    odds = []
    for loss in losses:
        p = min(max(math.exp(-loss), 1e-4), 1 - 1e-4)
        odds.append(math.log(p / (1 - p)))
    level = statistics.median(abs(z) for z in odds)
    return [1 / (1 + math.exp(z / level)) for z in odds]


def test_the_error_of_a_row_is_the_mean_of_the_levelled_one_and_of_the_expected_and_the_actual_one():
    plain = [((1 - math.exp(-loss)) + (0 if right else 1)) / 2 for loss, right in zip(LOSSES, RIGHT)]
    slow = [(a + b) / 2 for a, b in zip(levelled(LOSSES), plain)]
    assert row_errors(LOSSES, RIGHT, Objective("error"), True) == pytest.approx(slow)


def test_without_classes_the_actual_error_is_left_out():
    slow = [(a + 1 - math.exp(-loss)) / 2 for a, loss in zip(levelled(LOSSES), LOSSES)]
    assert row_errors(LOSSES, None, Objective("error"), True) == pytest.approx(slow)


def test_without_probabilities_the_expected_error_is_all():
    slow = [1 - math.exp(-loss / 2) for loss in LOSSES]
    for right in (None, RIGHT):
        assert row_errors(LOSSES, right, Objective("error", 2.0), False) == pytest.approx(slow)


@pytest.mark.parametrize("probabilities", [True, False])
@pytest.mark.parametrize("right", [RIGHT, None], ids=["classes", "no classes"])
def test_errors_lie_between_0_and_1_so_that_no_row_decides_alone(right, probabilities):
    losses = np.array([0.0, 1e-9, 50.0, 1e30])
    errors = row_errors(losses, right, Objective("error"), probabilities)
    assert (errors >= 0).all() and (errors <= 1).all()
    assert (np.diff(errors[[0, 1, 3]]) >= 0).all(), "a higher loss is no smaller error"


def test_a_network_that_merely_grew_surer_has_the_same_levelled_error():
    """All log-odds doubled: what is wrong stays wrong, what is right stays right."""
    odds = np.array([-2.0, -0.5, 0.4, 1.0, 2.5])
    once, twice = (row_errors(np.log1p(np.exp(-z)), odds > 0, Objective("error"), True) for z in (odds, 2 * odds))
    plain = [(1 / (1 + np.exp(z)) + (odds <= 0)) / 2 for z in (odds, 2 * odds)]
    assert 2 * once - plain[0] == pytest.approx(2 * twice - plain[1])


@pytest.mark.parametrize("losses", [np.zeros(3), np.full(3, math.log(2)), np.full(3, 1e30)], ids=["0", "even", "sure"])
def test_rows_that_are_all_alike_are_no_exception(losses):
    assert np.isfinite(row_errors(losses, None, Objective("error"), True)).all()


def test_every_row_of_a_training_that_diverged_is_infinitely_wrong():
    for probabilities in (True, False):
        assert row_errors(np.full(3, math.inf), None, Objective("error"), probabilities).tolist() == [math.inf] * 3


def figures():
    made = RowFigures()
    made.scale = 1.0
    made.add("first", {"selection": (LOSSES, RIGHT), "test": (LOSSES[:2], None)})
    return made


def test_figures_are_found_by_job_and_data():
    made = figures()
    assert "first" in made and "fir" not in made and "second" not in made
    assert made.has("first", "test") and not made.has("first", "validation") and not made.has("second", "test")
    objective = made.objective("first", "selection")
    assert made.errors("first", "selection", objective) == pytest.approx(row_errors(LOSSES, RIGHT, objective, True))
    assert made.errors("first", "test", objective) == pytest.approx(row_errors(LOSSES[:2], None, objective, True))


def test_others_are_added():
    made, other = figures(), RowFigures()
    other.add("second", {"selection": (LOSSES + 1, RIGHT)})
    made.update(other)
    assert "first" in made and "second" in made and made.scale == 1.0
    assert "first" not in other


def test_a_loss_of_real_values_is_measured_by_the_losses_without_removal():
    """Welsch's function needs a scale; that of -log p means nothing there."""
    made = RowFigures()
    assert math.isnan(made.scale)
    made.add("whole", {"selection": (LOSSES, None)})
    made.scale = math.nan
    expected = Objective.of_real_values(LOSSES.astype(np.float32).astype(float))
    assert made.objective("whole", "selection") == expected and expected.name == "error"
    assert made.errors("whole", "selection", expected) == pytest.approx(1 - np.exp(-LOSSES / expected.scale), rel=1e-5)


def test_the_file_lies_beside_the_table_and_says_the_same(tmp_path):
    table = tmp_path / "曲線 1.csv"
    assert rows_file(table) == tmp_path / "曲線 1.rows.npz"
    figures().write(table)
    assert [path.name for path in tmp_path.iterdir()] == ["曲線 1.rows.npz"], "written whole, nothing left beside"
    again = RowFigures.read(table)
    objective = Objective("error", again.scale)
    for data in ("selection", "test"):
        assert (again.errors("first", data, objective) == figures().errors("first", data, objective)).all()


def test_a_table_that_came_alone_has_no_figures(tmp_path):
    alone = RowFigures.read(tmp_path / "old.csv")
    assert "first" not in alone and math.isnan(alone.scale)


def flipped(whole):
    """One bit of the arrays is another one."""
    place = whole.index(b"\x93NUMPY") + 128  # the values follow the header
    return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]


@pytest.mark.parametrize(
    "broken",
    [lambda whole: b"", lambda whole: b"no archive", lambda whole: whole[:-40], lambda whole: whole[:90], flipped],
    ids=["empty", "text", "cut off", "cut off early", "flipped"],
)
def test_a_broken_file_is_named(tmp_path, broken):
    table = tmp_path / "c.csv"
    figures().write(table)
    rows_file(table).write_bytes(broken(rows_file(table).read_bytes()))
    with pytest.raises(DataError, match="c.rows.npz' is broken"):
        RowFigures.read(table)


def test_the_order_in_which_retrainings_end_changes_no_byte(tmp_path):
    rows = {"selection": (np.array([0.5, 1.0]), np.array([True, False]))}
    for name, order in (("a", ("one", "two")), ("b", ("two", "one"))):
        figures = RowFigures()
        for job in order:
            figures.add(job, rows)
        figures.write(tmp_path / f"{name}.csv")
    written = [rows_file(tmp_path / f"{name}.csv").read_bytes() for name in ("a", "b")]
    assert written[0] == written[1]


@pytest.mark.parametrize(
    "name, array",
    [("folds", np.arange(3)), ("folds", np.array("one")), ("classes", np.zeros(2)), ("scale", np.array("one"))],
)
def test_what_is_not_as_it_was_written_is_refused(tmp_path, name, array):
    figures = RowFigures()
    figures.scale = 1.0
    figures.begin_folds(["fold-a-0", "fold-a-1"], 3)
    figures.write(tmp_path / "c.csv")
    assert RowFigures.read(tmp_path / "c.csv").folds == ["fold-a-0", "fold-a-1"]
    figures._arrays[name] = array
    figures.write(tmp_path / "c.csv")
    with pytest.raises(DataError, match=f"is broken .expected '{name}' to be a"):
        RowFigures.read(tmp_path / "c.csv")


def test_folds_of_another_experiment_are_forgotten_and_nothing_else():
    figures = RowFigures()
    assert figures.folds == [] and figures.classes == 0
    figures.begin_folds(["fold-a-0", "fold-a-1"], 3)
    for job in ("fold-a-0", "fold-a-1", "job"):
        figures.add(job, {"selection": (LOSSES, RIGHT)})
    figures.begin_folds(["fold-a-0", "fold-b-1"], 4)
    assert figures.folds == ["fold-a-0", "fold-b-1"] and figures.classes == 4
    assert [job in figures for job in ("fold-a-0", "fold-a-1", "fold-b-1", "job")] == [True, False, False, True]
    assert figures.losses("job", "selection") == pytest.approx(LOSSES)
