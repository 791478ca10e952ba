"""Methods that follow steps, asked of a trained network alone: every door says in one sentence what to train."""

from pathlib import Path

import pytest
from integration.conftest import contents
from support.nnc_clicks import result_folder
from support.recording_console import RecordingConsole

from nnabla_influence.choices import METHODS
from nnabla_influence.cli.main import main
from nnabla_influence.errors import CheckpointMissingError, ConfigError, InfluenceError
from nnabla_influence.nnc.actions.finished_training import FOLLOW_STEPS
from nnabla_influence.nnc.actions.influence import NEEDS_EPOCHS
from nnabla_influence.nnc.actions.influence import run as influence
from nnabla_influence.nnc.actions.removal_curve import CurveRequest
from nnabla_influence.nnc.actions.result_folder import ResultFields
from nnabla_influence.nnc.host.fields import Fields
from nnabla_influence.nnc.host.manifest import METHODS as OFFERED
from nnabla_influence.nnc.host.manifest import plugin_named
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.nnc.host.running import run_plugin
from nnabla_influence.training import FinalState
from nnabla_influence.workflow.project import Project
from nnabla_influence.workflow.score import ScoreRequest, score_training

# Each with the least cache policy that keeps the steps it follows.
NEED_STEPS = {"sgd-influence": "last-epoch", "tracin": "epochs"}
NEED_RECORDS = ("margin",)
EMPTY = ("train", "validation", "cache")
NEEDS = (
    "follows the steps of a training, but '{network}' is a trained network file and holds its final parameters only."
)


@pytest.fixture(autouse=True)
def decoded(tmp_path, monkeypatch):
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "decoded"))


@pytest.fixture
def project(trained_project):
    return trained_project("affine")


@pytest.fixture
def opened(project):
    return Project.open(project.nnp)


def of_both(project):
    """The data options of a project."""
    return "--train", str(project.training_csv), "--validation", str(project.validation_csv)


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", sorted(NEED_STEPS))
def test_the_command_names_the_command_that_trains(project, tmp_path, monkeypatch, capsys, method):
    monkeypatch.chdir(tmp_path)
    assert main(["score", "--network", str(project.nnp), "--method", method, "--output", "o.csv"]) == 2
    out, log = capsys.readouterr()
    assert out == "" and log.splitlines()[-1] == (
        f"error: Method {method} {NEEDS.format(network=project.nnp)} Train (or continue) the network with: python -m "
        f"nnabla_influence train --policy {NEED_STEPS[method]}, and score with --cache."
    )
    assert not list(tmp_path.glob("o.csv*")), "nothing is left that another method would stumble over"


@pytest.mark.parametrize("method", sorted(NEED_STEPS))
def test_what_the_command_advises_works(project, tmp_path, monkeypatch, capsys, method):
    monkeypatch.chdir(tmp_path)
    train = ["train", "--network", str(project.nnp), "--policy", NEED_STEPS[method], "--cache", "c.h5"]
    assert main(train) == 0
    assert main(["score", "--cache", "c.h5", *of_both(project), "--method", method, "--output", "o.csv"]) == 0
    assert (tmp_path / "o.csv").is_file()


def test_every_other_method_scores_the_network_as_it_is_or_says_what_was_not_recorded(project, tmp_path, capsys):
    for method in METHODS:
        if method in NEED_STEPS:
            continue
        target = tmp_path / f"{method}.csv"
        code = main(["score", "--network", str(project.nnp), "--method", method, "--output", str(target)])
        last = capsys.readouterr().err.splitlines()[-1:]
        assert (code, target.is_file()) == ((2, False) if method in NEED_RECORDS else (0, True)), last
        if method in NEED_RECORDS:
            assert last[0].endswith("; train with the package and score with --cache.")


# --- Python --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", sorted(NEED_STEPS))
def test_python_names_the_method_that_trains(project, opened, method):
    with pytest.raises(CheckpointMissingError) as error:
        opened.score(method=method)
    assert error.value.exit_code == 2 and str(error.value) == (
        f"Method {method} {NEEDS.format(network=project.nnp)} Train the network further with "
        f'project.train("cache.h5", policy="{NEED_STEPS[method]}"), and score that.'
    )


# --- the plugin ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", sorted(NEED_STEPS))
def test_the_words_of_a_plugin_name_the_plugin_that_trains(project, opened, method):
    """No click gets here by itself, because the plugin Influence trains the epoch it needs; the words are right."""
    training = FinalState(opened.network, opened.config, len(opened.train_data))
    with pytest.raises(CheckpointMissingError) as error:
        score_training(training, opened.train_data, opened.validation_data, ScoreRequest(method))
    assert error.value.said(IN_FIELDS) == (
        f"Method {method} {NEEDS.format(network=project.nnp)} Train the network with the plugin Train with influence "
        "cache, or choose another method."
    )


def test_every_method_that_needs_steps_is_trained_for_or_not_offered():
    assert set(NEED_STEPS) == {*FOLLOW_STEPS, NEEDS_EPOCHS} - {"last-epoch"} and {*FOLLOW_STEPS} <= {*OFFERED}
    assert plugin_named("influence").parameter("method").options == (*OFFERED, NEEDS_EPOCHS)
    assert not {*NEED_RECORDS} & set(OFFERED)


@pytest.mark.parametrize("method", FOLLOW_STEPS)
def test_the_plugin_trains_the_epoch_it_needs(project, tmp_path, method):
    result = result_folder(project, tmp_path / "result")
    console = RecordingConsole()
    empty = dict.fromkeys(EMPTY, "")
    named = {
        "model": str(result / "results.nnp"),
        "output": str(result / "o.csv"),
        "method": method,
        "objective": "error",
        "trials": None,
        "batch_size": None,
    }
    influence(Fields({**empty, **named}), console)
    assert ("training one more epoch", "steps") in console.phases and (result / "o.csv").is_file()


def test_a_method_that_is_not_offered_is_refused_by_the_list_of_those_that_are(project, tmp_path, capsys, monkeypatch):
    result = result_folder(project, tmp_path / "result")
    monkeypatch.chdir(result)
    before = contents(result)
    with pytest.raises(SystemExit) as leaving:
        run_plugin("influence", ["--method", "margin"])
    said = capsys.readouterr().err
    assert (leaving.value.code, said) == (
        2, f"error: field method: expected one of {', '.join((*OFFERED, NEEDS_EPOCHS))}, got 'margin'\n",
    )  # fmt: skip
    with pytest.raises(ConfigError) as error:
        CurveRequest(
            ResultFields("results.nnp"), "", Path("o.png"), Path("o.csv"), "spectral,margin", "1", 1, 0, "scratch"
        )
    assert error.value.said(IN_FIELDS) == (
        f"Expected in the field methods some of {', '.join((*OFFERED, 'random'))}, with commas between them; got "
        "'margin'."
    )
    assert contents(result) == before


@pytest.mark.parametrize("method", sorted(set(NEED_STEPS) & set(FOLLOW_STEPS)))
def test_a_cache_without_the_steps_says_which_plugin_makes_one_with_them(project, tmp_path, method):
    """Such a cache was made by the command `train` with the policy ``final``."""
    result = result_folder(project, tmp_path / "result")
    line = ["train", "--network", str(project.nnp), "--policy", "final", "--cache", str(result / "influence_cache.h5")]
    assert main([*line, "--quiet"]) == 0
    before = contents(result)
    named = {
        "model": str(result / "results.nnp"),
        "output": str(result / "o.csv"),
        "method": method,
        "objective": "error",
        "trials": None,
        "batch_size": None,
    }
    with pytest.raises(InfluenceError) as error:
        influence(Fields({**dict.fromkeys(EMPTY, ""), **named}), RecordingConsole())
    said = error.value.said(IN_FIELDS)
    assert error.value.exit_code == 2 and "plugin Train with influence cache" in said
    assert "--" not in said and said.count(". ") == 1 and said.endswith(".")
    assert contents(result) == before
