"""Suspicious validation rows of a project: which, of one training and of several, and as a file."""

import numpy as np
import pytest
from support.small_projects import arrays, opened

from nnabla_influence import Project, TrainingOverrides
from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import DataError, OutputExistsError, UnsupportedError
from nnabla_influence.evaluation.row_predictions import predict_rows
from nnabla_influence.training import FinalState, TrainingCache
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.score import ScoreRequest
from nnabla_influence.workflow.suspects import suspects_of_trials, suspicious_rows
from nnabla_influence.workflow.trials import TrialsRequest, mean_scores

GOOD = TrainingOverrides(epochs=30, batch_size=6, learning_rate=0.1)


def flipped(folder, rows):
    """Write ``wrong.csv``: the validation data with other labels in some rows."""
    lines = (folder / "validation.csv").read_text(encoding="utf-8").splitlines()
    for row in rows:
        *x, label = lines[row + 1].split(",")
        lines[row + 1] = ",".join([*x, str((int(label) + 1) % 3)])
    path = folder / "wrong.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_wrong_rows_are_found_and_written(data, tmp_path):
    project = Project.open("builtin:mlp", data / "training.csv", flipped(data, [2, 9]), training=GOOD)
    cache = project.train(tmp_path / "cache.h5")
    suspects = project.suspects(cache, output=tmp_path / "suspects.csv")
    assert {2, 9} <= set(suspects.rows.tolist()) and repr(suspects).startswith("<SuspiciousRows: ")
    table = Table.read(tmp_path / "suspects.csv")
    assert table.header[:3] == ["x__0:left", "x__1:right", "y:label"]
    assert table.header[3:] == ["predicted_label", "self_confidence", "datasource_index"]
    assert [int(row[-1]) for row in table.rows] == suspects.rows.tolist()
    for output in (data / "wrong.csv", tmp_path / "cache.h5"):
        with pytest.raises(OutputExistsError):
            project.suspects(cache, output=output)


def test_of_several_trainings_the_mean_probability_counts(data, tmp_path):
    request = TrialsRequest(
        ProjectRequest("builtin:mlp", data / "training.csv", data / "validation.csv", training=GOOD),
        tmp_path / "influence.csv",
        (ScoreRequest("loss"),),
        trials=2,
    )
    mean_scores(request)
    project = opened(data, training=GOOD)
    caches = [TrainingCache.open(tmp_path / f"influence.seed{seed}.h5") for seed in (0, 1)]
    both = np.mean([predict_rows(cache, project.validation_data).probabilities for cache in caches], axis=0)
    suspects = suspects_of_trials(request)
    labels = project.validation_data.column("y")[:, 0].astype(int)
    np.testing.assert_allclose(suspects.noise.self_confidence, both[np.arange(len(labels)), labels])
    assert suspects.noise.predicted.tolist() == both.argmax(axis=1).tolist()


def test_what_has_no_suspicious_rows(project, cache):
    with pytest.raises(DataError, match="never saw them"):
        suspicious_rows([cache], project.train_data, project.train_data)
    task = TrainingOverrides(task="regression", epochs=1)
    values = Project.open("builtin:mlp", arrays(), arrays(16, 1), training=task)
    state = FinalState(values.network, values.config, len(values.train_data))
    with pytest.raises(UnsupportedError, match="one class number per sample"):
        suspicious_rows([state], values.train_data, values.validation_data)
