"""The plugin *Removal curve*: what it retrains, refuses and goes on with."""

import pytest
from integration.conftest import contents
from support import prepared
from support.nnc_clicks import result_folder
from support.waiting import exists

from nnabla_influence.evaluation.decision import decisions
from nnabla_influence.evaluation.removal_curve import RemovalCurve

SUCCESS = "Removal curve completed successfully."
QUICK = {"counts": "1,4", "trials": 2}


@pytest.mark.parametrize("kind", ["affine", "regression"])
def test_one_more_epoch_is_trained_and_then_retrained(clicks, trained_project, tmp_path, kind):
    result = result_folder(trained_project(kind), tmp_path / "result")
    click = clicks.windows("removal_curve", result, **QUICK)
    assert click.code == 0, click.said
    assert any(line.startswith("no influence cache: first one more epoch is trained") for line in click.lines)
    curve = RemovalCurve.read_csv(result / "retrainings.csv")
    assert [line for line in click.lines if line.startswith("spectral: ")] == [d.sentence for d in decisions(curve)]
    assert sorted({row.key for row in curve.rows}) == sorted(
        (method, "remove", removed, "last-epoch", seed)
        for method, removed in (("none", 0), ("spectral", 1), ("spectral", 4), ("random", 1), ("random", 4))
        for seed in (0, 1)
    )
    assert curve.has("selection_accuracy") == (kind != "regression")
    losses = [row.selection_loss for row in curve.rows if row.method == "none"]
    assert losses[0] != losses[1], "each trial has its own order"


def test_with_the_cache_of_the_training_plugin_its_own_training_is_repeated(clicks, trained_project, tmp_path):
    result = result_folder(trained_project("affine"), tmp_path / "result")
    trained = clicks.windows("train_with_influence_cache", result, output_dir=str(result))
    assert trained.code == 0, trained.said
    (result / "test.csv").write_bytes((result / "validation.csv").read_bytes())
    for start in ("last-epoch", "scratch"):
        click = clicks.windows("removal_curve", result, start=start, counts="4", trials=1, table=f"{start}.csv")
        assert click.code == 0 and "trained again is the training in" in click.said, click.said
        assert "no influence cache" not in click.said
        assert {row.start for row in RemovalCurve.read_csv(result / f"{start}.csv").rows} == {start}
    nothing = [RemovalCurve.read_csv(result / f"{s}.csv").rows[0].selection_loss for s in ("last-epoch", "scratch")]
    assert nothing[0] == nothing[1], "removing nothing gives the training itself, wherever it starts"
    click = clicks.windows("removal_curve", result, test="test.csv", counts="4", trials=1)
    assert click.code == 2 and "Data that judges must be new" in click.lines[-1], click.said


def test_from_scratch_without_a_cache_the_project_is_trained_first(clicks, trained_project, tmp_path):
    result = result_folder(trained_project("regression"), tmp_path / "result")
    test = trained_project("regression", seed=4).validation_csv
    values = {"start": "scratch", "counts": "4", "trials": 2, "methods": "loss,random", "test": str(test)}
    click = clicks.windows("removal_curve", result, **values)
    assert click.code == 0, click.said
    assert any("first the project is trained from new parameters for 3 epochs" in line for line in click.lines)
    curve = RemovalCurve.read_csv(result / "retrainings.csv")
    assert curve.starts == ["scratch"] and curve.has("test_loss")


def test_a_failure_is_one_sentence_and_leaves_nothing(clicks, trained_project, tmp_path):
    result = result_folder(trained_project("regression"), tmp_path / "result")
    before = contents(result)
    for lacks, values, code, sentence in (
        ("matplotlib", {}, 2, "The picture needs matplotlib, which this Python lacks"),
        ("", {"methods": "magic"}, 2, "Expected in the field methods"),
        ("", {"counts": "40"}, 2, "Of 40 training samples, 40 cannot be removed."),
        ("", {"train": "nobody.csv"}, 2, "nobody.csv' does not exist"),
        ("", {"output": "results.nnp"}, 2, "expected another file to write to"),
    ):
        click = clicks.windows("removal_curve", result, lacks=lacks, **values)
        assert click.code == code and sentence in click.lines[-1], click.said
        assert "Traceback" not in click.said and SUCCESS not in click.said
        assert contents(result) == before


def test_without_jinja2_the_picture_is_drawn(clicks, trained_project, tmp_path):
    result = result_folder(trained_project("regression"), tmp_path / "result")
    click = clicks.windows("removal_curve", result, lacks="jinja2", counts="4", trials=1)
    assert click.code == 0 and (result / "removal_curve.png").is_file(), click.said


def test_an_interruption_names_the_folder_that_is_left_and_the_same_click_goes_on(clicks, trained_project, tmp_path):
    result = result_folder(trained_project("affine"), tmp_path / "result")
    before = contents(result)
    values = {"counts": "1,2,3,4,5,6", "trials": 6}
    folder = result / "retrainings.csv.partial"
    process = prepared.start(clicks.windows_line("removal_curve", **values), result, clicks.environment())
    exists(folder / "retrainings.csv", process)
    process.terminate()  # as the operating system asks
    said = process.communicate()[1].decode("utf-8")
    assert process.returncode == 143 and "retrainings.csv.partial'" in said.splitlines()[-1], said
    left = contents(result).keys() - before.keys()
    assert all(folder in path.parents for path in left)
    done = {row.key: row.seconds for row in RemovalCurve.read_csv(folder / "retrainings.csv").rows}
    click = clicks.windows("removal_curve", result, **values)
    assert click.code == 0 and not folder.exists(), click.said
    curve = RemovalCurve.read_csv(result / "retrainings.csv")
    assert len(curve.rows) == 6 * 13
    kept = {row.key: row.seconds for row in curve.rows if row.key in done}
    assert kept == done, "what was done before was not done again"
