"""At the end of a job it is said which files were changed meanwhile."""

import time
from contextlib import contextmanager

import pytest
from support.small_projects import opened, write_data

from nnabla_influence.workflow.changed_inputs import warn_of_changes
from nnabla_influence.workflow.train import train_project


class Meanwhile:
    """A progress reporter that does something once, at the first step."""

    def __init__(self, act):
        self.act = act

    @contextmanager
    def progress(self, description, unit="samples"):
        def report(done, total):
            act, self.act = self.act, None
            if act:
                act()

        yield report


@pytest.fixture
def folder(tmp_path):
    write_data(tmp_path)
    time.sleep(0.02)  # the system's clock of files is a few milliseconds behind
    return tmp_path


def warned(caplog):
    return [record.getMessage() for record in caplog.records if "after it was read" in record.getMessage()]


@pytest.mark.parametrize("how", ["changed", "deleted"])
@pytest.mark.parametrize("name", ["training.csv", "validation.csv"])
def test_a_training_names_what_was_changed_meanwhile(folder, caplog, name, how):
    def act():
        time.sleep(0.02)
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).unlink()
        if how == "changed":
            (folder / name).write_text(text + "1,1,1\n", encoding="utf-8")

    train_project(opened(folder)._opened, folder / "c.h5", reporter=Meanwhile(act))
    assert warned(caplog) == [
        f"{folder / name} was {how} after it was read. The result is about the data as it was before; run again for "
        "the data as it is now."
    ]


def test_a_scoring_names_it_too_and_nothing_is_said_twice_or_without_reason(folder, caplog):
    project = opened(folder)
    cache = project.train(folder / "c.h5")
    assert warned(caplog) == []
    (folder / "training.csv").unlink()
    project.score(cache, method="loss")
    assert len(warned(caplog)) == 1 and "was deleted" in warned(caplog)[0]
    project.score(cache, method="random")
    warn_of_changes(project._opened.validation)
    assert len([text for text in warned(caplog) if "was changed" in text]) == 0
