"""What commands and plugins say alike about their results."""

import numpy as np
import pytest
from support.recording_console import RecordingConsole

from nnabla_influence.announcements import announce_classes, write_influence_csv, write_influence_csv_and_suspects
from nnabla_influence.cleansing import ClassLoss, ClassLosses
from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import OutputExistsError
from nnabla_influence.evaluation.confident_learning import estimate_label_noise
from nnabla_influence.evaluation.suspicious_rows import SuspiciousRows
from nnabla_influence.scores import InfluenceScores


@pytest.fixture
def console():
    return RecordingConsole()


@pytest.fixture
def scores(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("x,y\n0,1\n1,0\n2,1\n", encoding="utf-8")
    return InfluenceScores(np.array([0.5, -2.0, -1.0]), "spectral", table=Table.read(path))


def test_the_influence_csv_is_written_and_its_harmful_rows_are_counted(console, scores, tmp_path):
    target = tmp_path / "influence.csv"
    write_influence_csv(console, scores, target)
    assert Table.read(target).rows[0][:2] == ["1", "0"], "the most harmful first"
    assert console.lines == [f"influence CSV: {target} (3 rows, most harmful first; 2 have a negative score: harmful)"]


def test_what_cannot_be_written_into_it_is_a_warning(console, tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("x,influence\n0,1\n", encoding="utf-8")
    scores = InfluenceScores(np.array([1.0]), "spectral", table=Table.read(path))
    notices = scores.to_csv(tmp_path / "expected.csv")
    write_influence_csv(console, scores, tmp_path / "influence.csv")
    assert console.lines[:-1] == [f"warning: {notice}" for notice in notices]


def test_the_training_csv_is_never_written_over(console, scores):
    before = scores.table.path.read_bytes()
    with pytest.raises(OutputExistsError):
        write_influence_csv(console, scores, scores.table.path)
    assert scores.table.path.read_bytes() == before and console.lines == []


@pytest.fixture
def suspects(tmp_path):
    path = tmp_path / "validation.csv"
    path.write_text("x,y\n0,0\n1,0\n2,1\n3,1\n", encoding="utf-8")
    likely = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.9, 0.1]])
    return SuspiciousRows(estimate_label_noise(likely, np.array([0, 0, 1, 1])), Table.read(path))


def test_the_suspects_are_written_beside_the_influence_csv(console, scores, suspects, tmp_path):
    files = (scores, tmp_path / "influence.csv", suspects, tmp_path / "suspects.csv")
    write_influence_csv_and_suspects(console, *files)
    assert [row[:2] for row in Table.read(files[3]).rows] == [["3", "1"]]
    assert [line.split(":")[0] for line in console.lines] == ["influence CSV", "suspicious validation rows"]
    with pytest.raises(OutputExistsError):
        write_influence_csv_and_suspects(console, *files)
    write_influence_csv_and_suspects(console, *files, overwrite=True)


@pytest.mark.parametrize("failing", [InfluenceScores, SuspiciousRows])
def test_where_one_cannot_be_written_neither_is(console, scores, suspects, tmp_path, monkeypatch, failing):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(failing, "to_csv", full)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="No space left"):
        write_influence_csv_and_suspects(console, scores, tmp_path / "i.csv", suspects, tmp_path / "s.csv")
    assert sorted(tmp_path.iterdir()) == before and not console.lines


def test_classes_that_lose_most_of_their_samples_are_warned_about(console):
    all_of_one = ClassLoss(3, 2, 2)
    most_of_one = ClassLoss(1, 4, 3)
    announce_classes(console, ClassLosses([most_of_one, all_of_one], [most_of_one, all_of_one], 0), "relabelled")
    assert console.lines == [
        "warning: class 1 loses 3 of its 4 samples, more than half; look at the relabelled rows before you train on "
        "the rest",
        "warning: class 3 loses 2 of its 2 samples, all of them; look at the relabelled rows before you train on the "
        "rest",
        "relabelled: class 1: 3 of 4, class 3: 2 of 2",
    ]


def test_classes_that_are_not_shown_are_counted(console):
    announce_classes(console, ClassLosses([], [ClassLoss(0, 9, 2)], 4), "removed")
    assert console.lines == ["removed: class 0: 2 of 9; 4 more classes"]


def test_where_nothing_is_lost_nothing_is_said(console):
    announce_classes(console, ClassLosses([], [], 0), "removed")
    assert console.lines == []


def test_classes_are_called_by_their_names(console):
    loss = ClassLoss(1, 4, 3, "cat")
    announce_classes(console, ClassLosses([loss], [loss], 0), "removed")
    assert console.lines[0].startswith("warning: class cat loses 3 of its 4 samples")
    assert console.lines[1] == "removed: class cat: 3 of 4"
