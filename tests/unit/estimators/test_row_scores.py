"""Asked about several validation rows one by one, every method gives the columns that each row alone gives."""

from contextlib import nullcontext

import numpy as np
import pytest
from support.small_projects import CtrlC, opened, write_data

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.choices import METHODS, METHODS_WITHOUT_VALIDATION
from nnabla_influence.estimators import OutOfFold
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.resume import partial_folder
from nnabla_influence.workflow.training_overrides import TrainingOverrides

ROWS = [9, 1, 5]
COLUMNS = ["row_1", "row_5", "row_9"]
ASKED = [method for method in METHODS if method not in METHODS_WITHOUT_VALIDATION]


@pytest.fixture(scope="module", params=["Sgd", "Adam"])
def trained(request, tmp_path_factory):
    """A project and its cache, with the parameters of every step kept."""
    folder = write_data(tmp_path_factory.mktemp(request.param))
    training = TrainingOverrides(epochs=2, batch_size=6, learning_rate=0.05, policy="every-step", solver=request.param)
    project = opened(folder, training=training)
    return project, project.train(folder / "cache.h5")


@pytest.mark.parametrize("method, settings", [(m, {}) for m in ASKED] + [("spectral", {"objective": "loss"})])
def test_a_column_has_the_bits_of_its_row_alone(trained, method, settings):
    project, cache = trained
    together = project.score(cache, method, target=ROWS, each=True, **settings)
    assert [name for name in together.columns if name.startswith("row_")] == COLUMNS
    alone = [project.score(cache, method, target=[row], **settings).values for row in sorted(ROWS)]
    for name, values in zip(COLUMNS, alone):
        assert np.count_nonzero(values) and together.columns[name].tobytes() == values.tobytes(), name
    np.testing.assert_array_equal(together.values, np.mean(alone, axis=0))
    assert len({values.tobytes() for values in alone}) == len(ROWS), "each row asks something else"


def test_what_the_rows_have_in_common_is_computed_once(trained, monkeypatch):
    project, cache = trained
    made = []
    make = LossOracle.__init__

    def counted(self, *arguments):
        made.append(arguments)
        make(self, *arguments)

    monkeypatch.setattr(LossOracle, "__init__", counted)
    project.score(cache, "spectral", target=ROWS[:1])
    one = len(made)
    project.score(cache, "spectral", target=ROWS, each=True)
    assert len(made) == 2 * one


def test_out_of_fold_labels_are_predicted_once(trained, monkeypatch):
    project, cache = trained
    calls = []
    scores = OutOfFold._scores
    monkeypatch.setattr(OutOfFold, "_scores", lambda self, task: calls.append(task) or scores(self, task))
    project.score(cache, "knn-shapley", target=ROWS, each=True, labels="out-of-fold", folds=2)
    assert len(calls) == 1


@pytest.mark.parametrize("after", [3, 7, 11])
def test_an_interrupted_scoring_goes_on_with_the_rows_that_are_left(trained, tmp_path, after):
    project, cache = trained
    whole, output = tmp_path / "whole.csv", tmp_path / "influence.csv"
    project.score(cache, target=ROWS, each=True, output=whole)
    with pytest.raises(Interrupted):
        project.score(cache, target=ROWS, each=True, output=output, reporter=CtrlC("scoring", after))
    assert partial_folder(output).is_dir() and not output.exists()
    project.score(cache, target=ROWS, each=True, output=output)
    assert output.read_bytes() == whole.read_bytes() and not partial_folder(output).exists()
    assert whole.read_text(encoding="utf-8").splitlines()[0].endswith(",loss,row_1,row_5,row_9,datasource_index")


def test_progress_is_that_of_all_rows(trained):
    project, cache = trained
    seen = []

    class Reporter(CtrlC):
        def progress(self, description, unit="samples"):
            return nullcontext(lambda done, total: seen.append((done, total)))

    project.score(cache, target=ROWS, each=True, reporter=Reporter())
    assert seen == sorted(seen) and seen[-1] == (3 * 24, 3 * 24)
