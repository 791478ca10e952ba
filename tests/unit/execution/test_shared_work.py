"""Questions that workers share: the answers and their order are those of one process."""

import logging
import os
from functools import partial

import numpy as np
import pytest
from support import questions
from support.questions import Scales

from nnabla_influence.errors import DataError, RunError
from nnabla_influence.execution import Execution, SharedWork, end_if_unwanted, said_once, shared_work
from nnabla_influence.execution.shared_value import SharedValue


class Decision:
    def __init__(self, question, item):
        self.question, self.item = question, item


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two workers, started once: a worker takes seconds."""
    with SharedWork(Execution(workers=2), tmp_path_factory.mktemp("shared")) as work:
        yield work


def folders(work):
    return sorted(path.name for path in work._folder.iterdir()) if work._folder is not None else []


def test_answers_come_in_the_order_of_the_items_whoever_is_first(two):
    assert list(two.answers("anything", questions.negative, range(300))) == [-n for n in range(300)]
    found = list(two.answers("anything", questions.slowly, range(8)))
    assert [answer for answer, _ in found] == list(range(8))
    assert len({process for _, process in found}) == 2 and os.getpid() in {process for _, process in found}


def test_no_items_are_no_work(two):
    assert list(two.answers("anything", questions.negative, [])) == []


def test_arrays_are_mapped_files_and_a_subject_is_sent_once(two):
    subject = Scales(np.arange(1e5))
    before = len(folders(two))
    for _ in range(2):
        found = list(two.answers(subject, questions.mapped, range(6)))
        assert found[0][0] and all(is_mapped == (process != os.getpid()) for is_mapped, process in found)
    assert len(folders(two)) == before + 1


def test_a_question_that_is_over_leaves_no_files(two):
    subject = Scales(np.arange(1e5))
    list(two.answers(subject, questions.mapped, range(2)))
    before = folders(two)
    assert before
    list(two.answers(subject, partial(questions.scaled, factor=np.ones(100000)), range(4)))
    assert folders(two) == before


def test_every_worker_rehearses_what_decides_before_it_answers(two):
    """Subjects keep the factor of their first question; the rehearsal makes it the same in all of them."""
    first, later = (partial(questions.scaled, factor=np.full(10000, value)) for value in (2.0, 7.0))
    expected, subject = Scales(np.ones(5)), Scales(np.ones(5))
    decided = [questions.scaled(expected, 1, first.keywords["factor"])[0]]
    serial = [questions.scaled(expected, n, later.keywords["factor"])[0] for n in range(40)]
    rehearsals = [Decision(first, 1)]
    assert [answer for answer, _ in two.answers(subject, first, [1], rehearsals)] == decided
    assert [answer for answer, _ in two.answers(subject, later, range(40), rehearsals)] == serial
    without = [answer for answer, _ in two.answers(Scales(np.ones(5)), later, range(40))]
    assert without != serial, "nothing would be wrong without a rehearsal"


def test_an_error_of_a_question_is_the_callers_and_the_workers_go_on(two):
    with pytest.raises(DataError, match=r"^expected a picture, got 'x\.csv'; give a picture\.$"):
        list(two.answers("anything", questions.refuses_three, range(100)))
    assert list(two.answers("anything", questions.negative, range(5))) == [0, -1, -2, -3, -4]


def test_a_killed_worker_changes_nothing_but_the_log(two, tmp_path, caplog):
    assert list(two.answers(str(tmp_path), questions.dies_once, range(60))) == [-n for n in range(60)]
    assert (tmp_path / "killed").exists() and "a worker process died; running again what it did" in caplog.text


def test_what_all_workers_say_is_said_once(two, caplog):
    caplog.set_level(logging.INFO, logger="nnabla_influence")
    with said_once():
        list(two.answers("anything", questions.says, range(8)))
    messages = [record.getMessage() for record in caplog.records]
    assert messages.count("the network is slow") == 1
    assert sorted(message for message in messages if "item" in message) == [f"item {n}" for n in range(8)]


def test_short_work_stays_in_this_process(tmp_path):
    with SharedWork(Execution(workers=2, from_start=False), tmp_path) as work:
        found = list(work.answers("anything", questions.slowly, range(4)))
    assert found == [(n, os.getpid()) for n in range(4)] and not list(tmp_path.iterdir())


@pytest.mark.parametrize("spent", [False, True], ids=["known by its pace", "known by what was spent"])
def test_workers_join_once_the_work_is_known_to_be_long(tmp_path, monkeypatch, spent):
    monkeypatch.setattr(shared_work, "PATIENCE", 0.5 if spent else 1.5)
    with SharedWork(Execution(workers=2, from_start=False), tmp_path) as work:
        if spent:
            assert len(list(work.answers("anything", questions.slowly, range(1)))) == 1
            list(work.answers("anything", questions.slowly, range(1)))
        found = list(work.answers("anything", questions.slowly, range(12)))
    assert [answer for answer, _ in found] == list(range(12))
    here = [process == os.getpid() for _, process in found]
    begun = 0 if spent else 2
    assert all(here[:begun]) and not here[begun], "the first one that is shared goes to who has just joined"
    assert any(here[begun:]), "this process goes on meanwhile"


def test_leaving_early_removes_the_files(tmp_path):
    with pytest.raises(KeyboardInterrupt), SharedWork(Execution(workers=2), tmp_path) as work:
        for _ in work.answers(Scales(np.arange(1e5)), questions.mapped, range(50)):
            assert list(tmp_path.iterdir())
            raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_who_is_not_waited_for_any_more_stops_with_the_item_at_hand(tmp_path):
    """A worker of a cluster goes on when its client is gone; here the worker's part runs in this process."""
    subject = SharedValue(str(tmp_path), tmp_path / "subject")
    question = SharedValue(questions.notes, tmp_path / "question")
    assert shared_work._answered(shared_work._Piece(subject, question, [], [0, 1])) == [0, 1]
    end_if_unwanted(3, 4)  # nothing is at hand
    question.remove()
    with pytest.raises(RunError, match="Nobody waits"):
        shared_work._answered(shared_work._Piece(subject, question, [], [2]))
    assert not (tmp_path / "2").exists()
