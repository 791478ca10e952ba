"""Trainings from new parameters for the mean of their scores; `test_influence` holds the scores themselves."""

import numpy as np
import pytest
from support.nnc_clicks import result_folder
from support.recording_console import RecordingConsole

from nnabla_influence.errors import OutputExistsError
from nnabla_influence.nnc.actions.result_folder import ResultFields, TrainedResult
from nnabla_influence.nnc.actions.trained_anew import TrainedAnew
from nnabla_influence.resume import partial_folder
from nnabla_influence.workflow.score import ScoreRequest


@pytest.fixture
def result(trained_project, tmp_path):
    folder = result_folder(trained_project("regression"), tmp_path / "result")
    return TrainedResult.read(ResultFields(str(folder / "results.nnp")))


def scores(result, trials, batch_size=None, method="loss"):
    output = result.file.with_name("influence.csv")
    return TrainedAnew(result, ScoreRequest(method), trials, batch_size, output).scores(RecordingConsole()).values


def test_more_trials_go_on_from_those_that_are_done(result, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    first = scores(result, 1)
    caplog.clear()
    both = scores(result, 2)
    assert "influence.seed0.h5 holds this very training already" in caplog.text
    assert "influence.seed1.h5 holds" not in caplog.text and not np.array_equal(first, both)


def test_what_another_scoring_has_left_is_removed(result):
    scores(result, 1)
    kept = partial_folder(result.file.with_name("influence.csv"))
    (kept / "mark").touch()
    scores(result, 1)
    assert (kept / "mark").exists()
    scores(result, 1, batch_size=5)
    assert not (kept / "mark").exists() and (kept / "influence.seed0.h5").is_file()


def test_the_training_data_is_never_written_over(result):
    before = result.train.read_bytes()
    with pytest.raises(OutputExistsError):
        TrainedAnew(result, ScoreRequest("loss"), 1, None, result.train).scores(RecordingConsole())
    assert result.train.read_bytes() == before
