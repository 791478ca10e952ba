"""What many trainings cost is said before they start."""

from pathlib import Path

import pytest

from nnabla_influence.nnc.actions import announced_cost
from nnabla_influence.nnc.actions.announced_cost import AnnouncedCost
from nnabla_influence.nnc.actions.result_folder import ResultFields, TrainedResult
from nnabla_influence.nnc.actions.retrainable import TRAINING, RetrainableResult
from nnabla_influence.nnc.host.manifest import REMOVAL

IN_DESKTOP = Path("plugins", REMOVAL.plugin_id, "cleansed", "cleansed.csv")


def cost_of(project, start, output, console):
    result = TrainedResult.read(ResultFields(str(project.folder / "results.nnp")))
    return AnnouncedCost(85, RetrainableResult.open(result, start, 0, console), output, console)


@pytest.mark.parametrize("start, each", [("scratch", "of 3 epochs each"), ("last-epoch", "of the last epoch alone")])
def test_the_number_of_trainings_and_what_each_is(trained_project, console, start, each):
    cost_of(trained_project("affine"), start, Path("cleansed.csv"), console).begin()
    assert console.lines == [f"cost: up to 85 trainings {each}, with 40 samples an epoch"]


def test_nnc_desktop_does_not_wait(trained_project, console):
    cost_of(trained_project("affine"), "scratch", IN_DESKTOP, console).begin()
    assert len(console.lines) == 2 and console.lines[1].startswith("NNC Desktop stops waiting after 5 minutes.")
    assert f"'{IN_DESKTOP}' is there: load the page again" in console.lines[1]


def test_the_first_training_tells_how_long_all_take(trained_project, console, tmp_path, monkeypatch):
    cost = cost_of(trained_project("affine"), "scratch", Path("cleansed.csv"), console)
    clock = iter([100.0, 107.0])
    monkeypatch.setattr(announced_cost.time, "monotonic", lambda: next(clock))
    assert cost.first(lambda: "cache", tmp_path / TRAINING) == "cache"
    assert console.lines == ["one training took 7 s, so all of them may take about 10 minutes"]


def test_a_training_that_was_begun_before_tells_nothing(trained_project, console, tmp_path):
    cost = cost_of(trained_project("affine"), "scratch", Path("cleansed.csv"), console)
    (tmp_path / f"{TRAINING}.partial").mkdir()
    assert cost.first(lambda: "cache", tmp_path / TRAINING) == "cache" and console.lines == []
