"""`Project`: what a command does, one method does, with the same numbers and the same bytes."""

import os
import re

import numpy as np
import pytest
from support.small_projects import QUICK, TRAINING, VALIDATION, CtrlC, arrays, opened

from nnabla_influence.cleansing import Count, Share
from nnabla_influence.cli.main import main
from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import ConfigError, DataError, NetworkError, OutputExistsError
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.network import Network
from nnabla_influence.workflow.choose import ChooseRequest
from nnabla_influence.workflow.project import Project
from nnabla_influence.workflow.training_overrides import TrainingOverrides

TRAINING_OPTIONS = ("--epochs", "2", "--batch-size", "6", "--learning-rate", "0.1")
CHEAP = ChooseRequest(orders=2, start="last-epoch", confirm="last-epoch")


@pytest.fixture(scope="module")
def command(data, tmp_path_factory):
    """``command(name, ...)``: run it in this process, in a folder of its own, with this module's network and data."""
    folder = tmp_path_factory.mktemp("commands")
    given = ("--train", str(data / "training.csv"), "--validation", str(data / "validation.csv"))

    def run(name, *options, network=True):
        before = os.getcwd()
        os.chdir(folder)
        try:
            origin = ("--network", "builtin:mlp", *TRAINING_OPTIONS) if network else ()
            assert main([name, *origin, *given, *map(str, options), "--quiet"]) == 0
        finally:
            os.chdir(before)

    run.folder = folder
    run("train", "--cache", "cache.h5")
    return run


# -- the same as the commands ------------------------------------------------------------------------------------------


def test_train(command, cache):
    assert (command.folder / "cache.h5").read_bytes() == cache.path.read_bytes()


@pytest.mark.parametrize(
    "options, given",
    [
        ((), {}),
        (("--method", "sgd-influence"), {"method": "sgd-influence"}),
        (("--method", "spectral", "--at", "final", "--horizon", "2"), {"at": "final", "horizon": 2}),
        (("--method", "last-epoch", "--target", "class=1"), {"method": "last-epoch", "target": 1}),
        (("--objective", "error"), {"objective": "error"}),
        (
            ("--method", "tracin", "--checkpoints", "1", "--objective", "loss"),
            {"method": "tracin", "checkpoints": 1, "objective": "loss"},
        ),
        (("--method", "out-of-fold", "--folds", "3"), {"method": "out-of-fold", "folds": 3}),
        (("--method", "loss", "--labels", "out-of-fold"), {"method": "loss", "labels": "out-of-fold"}),
        (
            ("--method", "knn-shapley", "--neighbors", "3", "--features", "hidden"),
            {"method": "knn-shapley", "neighbors": 3, "features": "hidden"},
        ),
    ],
    ids=str,
)
def test_score(command, project, cache, tmp_path, options, given):
    command("score", "--cache", "cache.h5", *options, "--output", tmp_path / "command.csv", network=False)
    project.score(cache, output=tmp_path / "python.csv", **given)
    assert (tmp_path / "python.csv").read_bytes() == (tmp_path / "command.csv").read_bytes()
    project.score(cache, **given).to_csv(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "command.csv").read_bytes()


def test_trials(command, project, tmp_path):
    options = ("--trials", 2, "--method", "last-epoch", "--target", "class=2")
    (tmp_path / "c").mkdir()
    (tmp_path / "p").mkdir()
    command("run", *options, "--output", tmp_path / "c" / "i.csv")
    project.trials(tmp_path / "p" / "i.csv", 2, "last-epoch", target=2)
    for name in ("i.csv", "i.seed0.h5", "i.seed1.h5"):
        assert (tmp_path / "p" / name).read_bytes() == (tmp_path / "c" / name).read_bytes()


def test_cleanse_and_relabel(command, project, scores, data, tmp_path):
    scores.to_csv(tmp_path / "influence.csv")
    given = ["--influence", str(tmp_path / "influence.csv"), "--train", str(data / "training.csv")]
    outputs = ["--output", str(tmp_path / "c.csv"), "--removed", str(tmp_path / "r.csv")]
    assert main(["cleanse", *given, "--remove", "20%", *outputs, "--quiet"]) == 0
    done = project.cleanse(scores, Share(0.2), tmp_path / "pc.csv", tmp_path / "pr.csv", test=data / "test.csv")
    assert len(done.selected) == 5
    assert (tmp_path / "pc.csv").read_bytes() == (tmp_path / "c.csv").read_bytes()
    assert (tmp_path / "pr.csv").read_bytes() == (tmp_path / "r.csv").read_bytes()
    outputs = ["--output", str(tmp_path / "l.csv"), "--changed", str(tmp_path / "ch.csv"), "--relabel"]
    assert main(["cleanse", *given, "--remove", "12", *outputs, "--quiet"]) == 0
    project.relabel(scores, 12, tmp_path / "pl.csv", tmp_path / "pch.csv")
    assert (tmp_path / "pl.csv").read_bytes() == (tmp_path / "l.csv").read_bytes()
    assert (tmp_path / "pch.csv").read_bytes() == (tmp_path / "ch.csv").read_bytes()


def test_choose_and_cleanse(command, project, cache, tmp_path):
    outputs = ("--output", tmp_path / "c.csv", "--removed", tmp_path / "r.csv")
    cheap = ("--orders", 2, "--retrain", "last-epoch", "--confirm", "last-epoch")
    options = (*cheap, "--split-seed", 1, "--objective", "error")
    command("cleanse", "--remove", "auto", "--cache", "cache.h5", *options, *outputs, network=False)
    chosen = project.choose(cache, split_seed=1, request=CHEAP, table=tmp_path / "table.csv", objective="error")
    project.cleanse(chosen.scores, chosen.removed, tmp_path / "pc.csv", tmp_path / "pr.csv")
    chosen.scores.to_csv(tmp_path / "influence.csv")
    for ours, theirs in (("pc", "c"), ("pr", "r"), ("influence", "c.influence")):
        assert (tmp_path / f"{ours}.csv").read_bytes() == (tmp_path / f"{theirs}.csv").read_bytes()
    assert figures(tmp_path / "table.csv") == figures(tmp_path / "c.retrainings.csv")


def test_evaluate(command, project, data, tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "p").mkdir()
    options = ("--methods", "loss", "random", "--remove", 3, "10%", "--trials", 1, "--test", data / "test.csv")
    command("evaluate", *options, "--output", tmp_path / "c" / "curve.csv")
    curve = project.evaluate(
        tmp_path / "p" / "curve.csv", ["loss", "random"], amounts=[3, Share(0.1)], trials=1, test=data / "test.csv"
    )
    assert len(curve.rows) == 5
    assert figures(tmp_path / "p" / "curve.csv") == figures(tmp_path / "c" / "curve.csv")


def test_attribution(command, project, tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "p").mkdir()
    methods = ["spectral", "random"]
    options = ("--metric", "lds", "--groups", 3, "--methods", *methods, "--trials", 1, "--objective", "error")
    command("evaluate", *options, "--output", tmp_path / "c" / "groups.csv")
    table = tmp_path / "p" / "groups.csv"
    results = project.attribution(table, "lds", methods, groups=3, trials=1, objective="error")
    assert [agreement.method for agreement in results[0].agreements] == methods
    assert (tmp_path / "p" / "groups.csv").read_bytes() == (tmp_path / "c" / "groups.csv").read_bytes()


def figures(path):
    """The rows of a table of retrainings without seconds, which no two runs share."""
    table = Table.read(path)
    seconds = table.header.index("seconds")
    return [row[:seconds] + row[seconds + 1 :] for row in table.rows]


# -- where projects come from ------------------------------------------------------------------------------------------


def test_of_a_cache(data, cache, scores):
    project = Project.from_cache(cache.path, data / "training.csv", str(data / "validation.csv"))
    assert project.config == cache.config
    assert (project.score().values == scores.values).all()
    assert project.choose(request=CHEAP).curve.rows
    for call in (
        lambda: project.train("x.h5"),
        lambda: project.trials("x.csv", 2),
        lambda: project.evaluate("x.csv"),
        lambda: project.attribution("x.csv", "lds"),
    ):
        with pytest.raises(ConfigError, match="This project is the finished training of .*Project.open"):
            call()


def test_of_a_live_network_and_arrays(tmp_path):
    network = Network.builtin("builtin:mlp", (2,), 3)
    project = Project.open(network, arrays(), arrays(VALIDATION, 1), training=QUICK)
    assert repr(project) == "Project(builtin:mlp, 24 training rows, 16 validation rows, Sgd, 2 epochs)"
    cache = project.train(tmp_path / "c.h5")
    scores = project.score(cache, "last-epoch")
    assert len(project.cleansed(scores, 4)) == TRAINING - 4
    others = {"selection": arrays(VALIDATION, 2), "test": arrays(VALIDATION, 3)}
    chosen = project.choose(cache, **others, request=CHEAP)
    assert chosen.decision.data == "test" and chosen.curve.has("test_loss")
    mean = project.trials(tmp_path / "i.csv", 2, "random")
    assert len(mean.values) == TRAINING and len(Table.read(tmp_path / "i.csv")) == TRAINING


def test_of_a_trained_network(data, cache):
    project = Project.open(cache.network, data / "training.csv", data / "validation.csv", training=QUICK)
    assert project.network.trained
    assert (project.score(None, "loss").values == project.score(cache, "loss").values).all()


def test_an_untrained_network_cannot_be_scored(project):
    with pytest.raises(NetworkError, match="Train it first with project.train"):
        project.score()
    with pytest.raises(ConfigError, match=re.escape('Make one with project.train("cache.h5").')):
        project.choose()


# -- what can be said at a call ----------------------------------------------------------------------------------------


def test_what_a_cache_keeps_can_be_said_when_it_is_made(project, cache, tmp_path):
    """The words of remedies: ``project.train("cache.h5", policy="epochs")``."""
    other = project.train(tmp_path / "c.h5", policy="epochs", record_margins=True, average_parameters=False)
    assert other.kept == [0, 4, 8] and other.config.record_margins and not other.config.average_parameters
    assert (other.final.theta == cache.final.theta).all()
    assert len(project.score(other, "tracin").values) == len(project.score(other, "margin").values) == TRAINING
    assert not project.train(tmp_path / "small.h5", policy="final").config.average_parameters
    with pytest.raises(ConfigError, match="policy"):
        project.train(tmp_path / "x.h5", policy="all")


def test_an_impossible_setting_or_method(project, cache):
    with pytest.raises(ConfigError, match="Methods are"):
        project.score(cache, "magic")
    with pytest.raises(ConfigError, match="Expected through to be one of last, all, got 'some'"):
        project.score(cache, "sgd-influence", through="some")
    with pytest.raises(ConfigError, match="got 'removal'"):
        project.attribution("x.csv", "removal")
    with pytest.raises(ConfigError, match="Expected trials"):
        project.trials("x.csv", 0)


def test_a_ranking_that_was_made_needs_data_that_did_not_make_it(project, cache, scores, data):
    with pytest.raises(ConfigError, match="Give selection: other data"):
        project.choose(cache, scores=scores)
    chosen = project.choose(cache, scores=scores, selection=data / "selection.csv", request=CHEAP)
    assert chosen.scores is scores


def test_a_view_without_the_harmful_rows(project, scores):
    kept = project.cleansed(scores, Count(5))
    gone = sorted(scores.order[:5].tolist())
    assert kept.fingerprint == project.train_data.subset(np.delete(np.arange(TRAINING), gone)).fingerprint
    with pytest.raises(DataError):
        project.cleansed(scores, TRAINING)


def test_scores_of_other_data(data, scores):
    other = Project.open("builtin:mlp", data / "test.csv", data / "validation.csv", training=QUICK)
    for call in (lambda: other.cleansed(scores, 1), lambda: other.cleanse(scores, 1, "a.csv", "b.csv")):
        with pytest.raises(DataError, match=f"of the {VALIDATION} training rows, got {TRAINING} scores"):
            call()


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_inputs_are_never_overwritten(project, cache, scores, data, tmp_path):
    before = {path: path.read_bytes() for path in (*data.glob("*.csv"), cache.path)}
    for path in (data / "training.csv", data / "validation.csv"):
        for call in (
            lambda path=path: project.train(path, overwrite=True),
            lambda path=path: project.score(cache, "random", output=path),
            lambda path=path: project.trials(path, 1, "random", overwrite=True),
            lambda path=path: project.choose(cache, table=path),
            lambda path=path: project.evaluate(path, ["random"], overwrite=True),
            lambda path=path: project.attribution(path, "lds", ["random"], overwrite=True),
            lambda path=path: project.cleanse(scores, 1, path, tmp_path / "r.csv"),
            lambda path=path: project.cleanse(scores, 1, tmp_path / "c.csv", path),
            lambda path=path: project.relabel(scores, 1, path, tmp_path / "r.csv"),
        ):
            with pytest.raises(OutputExistsError):
                call()
    for call in (
        lambda: project.score(cache, "random", output=cache.path),
        lambda: project.choose(cache, table=cache.path),
        lambda: project.choose(cache, table=data / "selection.csv", selection=data / "selection.csv"),
        lambda: project.cleanse(scores, 1, tmp_path / "same.csv", tmp_path / "same.csv"),
        lambda: project.cleanse(scores, 1, data / "test.csv", tmp_path / "r.csv", test=data / "test.csv"),
    ):
        with pytest.raises(OutputExistsError):
            call()
    assert before == {path: path.read_bytes() for path in before}
    assert not list(tmp_path.iterdir())


def test_ctrl_c_while_choosing_and_the_same_call_goes_on(project, cache, tmp_path):
    table = tmp_path / "table.csv"
    request = CHEAP
    with pytest.raises(Interrupted) as caught:
        project.choose(cache, table=table, request=request, reporter=CtrlC("retraining", 3))
    assert str(caught.value) == (
        f"what is finished lies in '{table}' and in the files named after it. The same call goes on."
    )
    rows = len(Table.read(table))
    assert rows
    chosen = project.choose(cache, table=table, request=request)
    assert len(chosen.curve.rows) > rows
    with pytest.raises(KeyboardInterrupt) as bare:
        project.choose(cache, request=request, reporter=CtrlC("retraining", 3))
    assert not isinstance(bare.value, Interrupted)


def test_overrides_of_a_project_are_the_options_of_the_commands(data):
    project = opened(data, training=TrainingOverrides(solver="Momentum", learning_rate=0.05, epochs=3), seed=4)
    assert (project.config.solver.name, project.config.epochs, project.config.seed) == ("Momentum", 3, 4)
