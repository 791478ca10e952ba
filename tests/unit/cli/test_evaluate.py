"""`evaluate` in this process: the request its options make, what it says, and what it refuses."""

import shlex

import pytest

from nnabla_influence.choices import COMPARED_METHODS
from nnabla_influence.cleansing import Count, Share
from nnabla_influence.cli.evaluate import _request
from nnabla_influence.cli.main import build_parser
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.execution import Execution
from nnabla_influence.workflow.evaluate import EvaluateRequest
from nnabla_influence.workflow.project_request import ProjectRequest

SMALL = ("evaluate", "NETWORK", "--trials", 1, "--output", "curve.csv")


def request(*typed):
    line = ["evaluate", "--network", "net.nntxt", "--output", "curve.csv", *map(str, typed)]
    return _request(build_parser().parse_args(line))


def test_left_out_options_make_the_request_that_nobody_filled_in():
    assert request() == EvaluateRequest(ProjectRequest("net.nntxt"), request().output)
    assert str(request().output) == "curve.csv"


def test_options_arrive(tmp_path):
    csv = tmp_path / "a.csv"
    csv.touch()
    asked = request(
        *("--methods", "loss", "random", "--remove", "4", "10%", "--trials", 2, "--retrain", "scratch", "last-epoch"),
        *("--treatment", "relabel", "--selection", csv, "--test", csv, "--split-seed", 3, "--workers", 2),
        *("--overwrite", "--seed", 7),
    )
    assert request("--objective", "error").objective == "error" and asked.objective is None
    assert (asked.methods, asked.amounts, asked.trials) == (("loss", "random"), (Count(4), Share(0.1)), 2)
    assert (asked.starts, asked.treatments) == (("scratch", "last-epoch"), ("relabel",))
    assert (asked.selection, asked.test, asked.split_seed) == (csv, csv, 3)
    assert (asked.execution, asked.overwrite, asked.project.seed) == (Execution(2), True, 7)
    other = request("--metric", "leave-one-out", "--groups", 5)
    assert (other.metric, other.groups) == ("leave-one-out", 5)


def test_a_table_of_choices_is_printed_and_every_retraining_kept(command):
    code, out, log = command(*SMALL, "--remove", 2, 4, "--methods", "loss", "random")
    assert code == 0 and "trial 1 of 1 (seed 0) is trained and scored" in log
    assert "\nRetraining the last epoch\n" in out and "without removal: selection loss" in out
    assert "warning: one seed has no interval; give more --trials before you believe a difference\n" in log
    curve = RemovalCurve.read_csv(command.folder / "curve.csv")
    assert len(curve.rows) == 5 and [method for method, _ in curve.series] == ["loss", "random"]
    assert "every retraining: curve.csv (5 rows)\nnext, scores and a report with this curve:\n" in out
    for line in out.splitlines()[-2:]:  # as they stand there
        assert shlex.split(line)[:3] == ["python", "-m", "nnabla_influence"]
        assert command(*shlex.split(line)[3:])[0] == 0
    assert (command.folder / "curve.influence.csv").is_file() and (command.folder / "curve.html").is_file()


def test_the_usual_methods_are_compared_where_nobody_chose(command):
    assert command(*SMALL, "--remove", 2)[0] == 0
    series = RemovalCurve.read_csv(command.folder / "curve.csv").series
    assert tuple(method for method, _ in series) == COMPARED_METHODS


@pytest.mark.parametrize("starts", [("last-epoch",), ("last-epoch", "scratch")])
def test_attribution_prints_a_row_per_method_and_a_table_per_start(command, starts):
    line = (*SMALL, "--metric", "leave-one-out", "--groups", 4, "--methods", "loss", "--retrain", *starts)
    code, out, _ = command(*line)
    assert code == 0
    for start in starts:
        table = "curve.csv" if len(starts) == 1 else f"curve.{start}.csv"
        assert f"\nleave-one-out: 4 single samples left out, {start} retrained; their gradients are zero" in out
        assert f"every retraining: {table}\n" in out and (command.folder / table).is_file()


@pytest.mark.parametrize(
    "typed, said",
    [
        (("--groups", 4), "--groups means nothing to --metric removal; leave it out."),
        (("--methods", "loss", "random", "--objective", "error"), "--objective error means nothing to --method loss;"),
        (("--objective", "accuracy"), "invalid choice: 'accuracy'"),
        (
            ("--metric", "lds", "--remove", 4, "--treatment", "relabel"),
            "--remove and --treatment means nothing to --metric lds; leave it out.",
        ),
        (("--remove", 24), "Of 24 training samples, 24 cannot be removed."),
        (("--remove", "ten"), "expected a number of samples or a share, e.g. 100 or 2%, got 'ten'"),
        (("--methods", "best"), "invalid choice: 'best'"),
    ],
)
def test_wrong_requests_are_refused_before_anything_is_trained(command, typed, said):
    code, out, log = command(*SMALL, *typed)
    assert (code, out) == (2, "") and said in log and not list(command.folder.iterdir())


def test_an_interruption_says_what_is_kept(command, monkeypatch):
    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("nnabla_influence.workflow.evaluate.run_removal_sweep", interrupted)
    code, _, log = command(*SMALL, "--remove", 2, "--methods", "loss")
    assert code == 130 and log.endswith(
        "interrupted: what is finished lies in 'curve.csv' and in the files named after it. The same command goes on.\n"
    )


def test_labels_for_relabelling_arrive():
    assert request("--treatment", "remove", "relabel").labels == "network"
    assert request("--treatment", "relabel", "--labels", "out-of-fold").labels == "out-of-fold"


def test_the_control_is_said_beside_the_methods(command):
    options = ("--methods", "random", "--remove", 2, "--retrain", "scratch", "--control", "add-validation")
    code, out, _ = command(*SMALL, *options)
    assert code == 0 and "training on the validation rows that scored, too, instead: change of selection loss " in out
    assert request("--control", "add-validation").controls == ("add-validation",)
