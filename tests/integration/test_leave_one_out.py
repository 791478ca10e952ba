"""The leave-one-out sample: its scripts on little made-up data, and its truth against our own trainer."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import prepared
from support.adult_rows import adult_rows

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.training import StepPlan

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "samples" / "leave_one_out"


def _run(script, *arguments):
    done = prepared.run([sys.executable, FOLDER / script, *arguments], cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode("utf-8")
    return done.stdout.decode("utf-8")


@pytest.fixture(scope="module")
def adult(tmp_path_factory):
    """Folder with one draw of 3 x 40 rows."""
    folder = tmp_path_factory.mktemp("leave_one_out")
    (folder / "adult.test").write_text("|1x3 Cross validator\n" + "\n".join(adult_rows(130)) + "\n\n")
    options = ("--seeds", 1, "--samples", 40)
    _run("prepare.py", "adult", "--data", folder / "adult.test", "--output", folder / "adult", *options)
    return folder


def test_adult_is_standardised_by_the_training_rows(adult):
    parts = {name: pd.read_csv(adult / "adult" / "00" / f"{name}.csv") for name in ("training", "validation", "test")}
    assert all(len(part) == 40 and set(part["y:label"]) == {0, 1} for part in parts.values())
    x = parts["training"].drop(columns="y:label")
    assert {"x__0:age", "x__6:workclass=?"} <= set(x.columns)
    np.testing.assert_allclose(x.mean(), 0, atol=1e-5)  # six digits are written
    assert set(x.std(ddof=0).round(4)) == {0, 1}
    assert abs(parts["validation"]["x__0:age"].mean()) > 1e-3, "not by the validation rows"


@pytest.fixture(scope="module")
def results(adult):
    """What the experiment printed, and its scores."""
    options = ("--seeds", 1, "--problems", "logreg-adult", "dnn-adult")
    printed = _run("experiment.py", "--data", adult, "--output", adult / "out", *options)
    return printed, pd.read_csv(adult / "out" / "scores.csv")


def test_the_published_values_stand_beside_ours(results):
    assert "| sgd-influence, published | 0.93 | 0.75 |" in results[0]
    assert results[0].count("| sgd-influence, all epochs |") == 5, "one row in each table"


@pytest.mark.parametrize("problem", ["logreg-adult", "dnn-adult"])
def test_sgd_influence_over_all_epochs_is_the_derivative_by_the_samples_weight(results, problem):
    found = results[1][results[1]["problem"] == problem].set_index("method")
    assert found.loc["sgd-influence, all epochs", "tau_millionth"] > 0.99
    assert found.loc["sgd-influence, all epochs", "tau_whole"] > 0.6
    assert abs(found.loc["random", "tau_whole"]) < 0.4, "a random order does not pass"
    assert found["jaccard_whole"].between(0, 1).all()


def test_the_truth_is_that_of_retraining_with_the_package(monkeypatch):
    """A step without sample i: the package's gradient of the others, times their share of the batch."""
    monkeypatch.syspath_prepend(str(FOLDER))
    from retraining import Retraining
    from settings import Problem

    random = np.random.default_rng(1)
    x, y = random.normal(size=(12, 3)), random.integers(2, size=12)
    training = Dataset.from_arrays({"x": x, "y": y[:, np.newaxis]})
    network = Problem("", (4, 3), epochs=3, batch_size=5, decay=0.01, falling=True).network(3, seed=0)
    oracle, steps = LossOracle(network), list(StepPlan(TrainingConfig(SolverConfig("Sgd", 0.3), 3, 5), 12).epoch(2))

    def trained_without(left_out):
        theta = network.theta.astype(float)
        for step in steps:
            rows = step.batches[0]
            kept = rows[rows != left_out]
            gradient = oracle.mean_gradient(theta, [training.batch(kept)]) * len(kept) / len(rows)
            theta -= step.learning_rate * (gradient + 0.01 * theta)
        return oracle.loss(theta, [training.batch(range(12))])

    data = training.batch(range(12))["x"].astype(float), y.astype(float)
    found = Retraining(network.space, 0.01, data, data).leave_one_out(network.theta, steps)
    expected = np.array([trained_without(row) for row in range(12)]) - trained_without(None)
    np.testing.assert_allclose(found.change, expected, atol=1e-6)  # float32 losses of about 0.7
    assert np.abs(expected).min() > 1e-5
