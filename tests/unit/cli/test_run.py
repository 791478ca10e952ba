"""`run`: trains and scores in one."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from nnabla_influence.choices import OBJECTIVES
from nnabla_influence.cli.run import _begun
from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.indexed_column import IndexedColumn
from nnabla_influence.objective import Objective
from nnabla_influence.resume import PartialFolder
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.score import ScoreRequest
from nnabla_influence.workflow.trials import TrialsRequest


def scores_of(path):
    return IndexedColumn.read_scores(path, "influence").by_sample()


def test_it_trains_and_scores_as_the_two_commands_do(command, made):
    code, out, log = command("run", "NETWORK", "--output", "o.csv")
    assert code == 0 and out.startswith("training cache: o.seed0.h5\ninfluence CSV: o.csv (24 rows")
    assert (command.folder / "o.csv").read_bytes() == (made / "influence.csv").read_bytes()
    assert (command.folder / "o.seed0.h5").read_bytes() == (made / "c.h5").read_bytes()
    assert "trial 1" not in log


def test_several_seeds_are_averaged_and_each_cache_stays(command):
    code, out, log = command("run", "NETWORK", "--trials", 2, "--seed", 3, "--output", "mean.csv", "--method", "loss")
    assert code == 0 and "trial 1 of 2, seed 3" in log and "trial 2 of 2, seed 4" in log
    assert out.splitlines()[:2] == ["training cache: mean.seed3.h5", "training cache: mean.seed4.h5"]
    for seed in (3, 4):
        command("run", "NETWORK", "--seed", seed, "--output", f"{seed}.csv", "--method", "loss")
    mean, first, second = (scores_of(command.folder / f"{name}.csv") for name in ("mean", "3", "4"))
    np.testing.assert_allclose(mean, (first + second) / 2, rtol=1e-7)  # nine digits are written
    assert Table.read(command.folder / "mean.csv").header[-3:] == ["predicted_label", "loss", "datasource_index"]


def test_wrong_settings_are_refused_before_anything_is_trained(command):
    for typed, said in (
        (("--method", "loss", "--horizon", 2), "--horizon 2 means nothing to --method loss"),
        (("--method", "loss", "--objective", "error"), "--objective error means nothing to --method loss"),
        (("--objective", "accuracy"), "argument --objective: invalid choice: 'accuracy' (choose from"),
        (("--at", "average", "--no-average-parameters"), "--at average needs what --no-average-parameters leaves out"),
        (("--workers", 2, "--scheduler", "nowhere"), "'nowhere'"),
        (("--target", "class=77"), "found none"),
    ):
        code, out, log = command("run", "NETWORK", *typed, "--output", "o.csv")
        assert (code, out) == (2, "") and said in log
    assert not list(command.folder.iterdir())


def test_discard_removes_the_progress_of_every_seed(command):
    for name in ("o.seed1.h5", "o.seed2.scores"):
        PartialFolder(command.folder / name, {"a": 1})
    typed = ("--trials", 2, "--seed", 1, "--output", "o.csv", "--discard")
    code, out, _ = command("run", "NETWORK", *typed)
    assert code == 0 and not list(command.folder.iterdir())
    assert out == (
        "removed o.seed1.h5.partial\nthere is no o.seed1.scores.partial\n"
        "there is no o.seed2.h5.partial\nremoved o.seed2.scores.partial\n"
    )


def test_the_data_is_never_written_over(command, made):
    before = (made / "training.csv").read_bytes()
    code, _, log = command("run", "NETWORK", "--output", made / "training.csv")
    assert code == 2 and "got one that is read" in log and (made / "training.csv").read_bytes() == before


def test_an_interrupted_scoring_is_discarded_whatever_its_method(command, monkeypatch):
    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nnabla_influence.autodiff.LossOracle.batch_gradient", interrupted)
        assert command("run", "NETWORK", "--method", "last-epoch", "--output", "o.csv")[0] == 130
    assert (command.folder / "o.seed0.scores.partial").is_dir()
    code, out, _ = command("run", "NETWORK", "--output", "o.csv", "--discard")
    assert code == 0 and "removed o.seed0.scores.partial\n" in out


def test_what_says_that_a_trial_begins_can_be_sent_to_another_process(caplog):
    caplog.set_level("INFO", "nnabla_influence")
    request = TrialsRequest(ProjectRequest("net.nntxt", seed=4), Path("o.csv"), (ScoreRequest(),), trials=3)
    pickle.loads(pickle.dumps(_begun(request)))(2)
    assert caplog.messages == ["trial 3 of 3, seed 6"]
    _begun(request.one(4))(0)
    assert len(caplog.messages) == 1, "a single training needs no number"


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_objective_arrives_and_is_said(command, objective):
    code, out, log = command("run", "NETWORK", "--objective", objective, "--output", "o.csv")
    assert code == 0 and f"objective: {Objective(objective).words})\n" in out
    assert f"objective {objective}: the scores are changes of the {Objective(objective).formula}\n" in log
    assert (
        Table.read(command.folder / "o.csv").header[-4]
        == InfluenceScores([0.0], "m", objective=Objective(objective)).score_header
    )
