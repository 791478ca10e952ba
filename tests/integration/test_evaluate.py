"""`evaluate` as a command: curves, added methods, relabelling, attribution metrics, refusals."""

import pytest
from integration.conftest import SETTINGS, contents, data_of, network_and_data

from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.digits import write_digits
from nnabla_influence.evaluation.removal_curve import RemovalCurve

FEW = ("--trials", 2, "--remove", "4", "10%")
SCRATCH = ("--retrain", "scratch", "--methods", "spectral", "random")


@pytest.fixture(scope="module")
def test_data(tmp_path_factory):
    """Other digits than those of `data`."""
    folder = tmp_path_factory.mktemp("test data")
    write_digits(folder, training=96, validation=40)
    return folder / "test.csv"


def evaluate(commands, data, *more, code=0):
    return commands("evaluate", *network_and_data(data), *SETTINGS, "--output", "曲線.csv", *more, code=code)


def test_every_method_stands_beside_the_baselines_and_test_data_judges_once(commands, data, test_data):
    out, errors = evaluate(commands, data, *FEW, "--test", test_data)
    curve = RemovalCurve.read_csv(commands.folder / "曲線.csv")
    assert [method for method, _ in curve.series] == ["spectral", "loss", "margin", "random"]
    assert len(curve.rows) == 2 * (1 + 4 * 2)
    assert {row.removed for row in curve.rows} == {0, 4, 10}  # 10 % of 96, rounded
    assert "change of test loss" in out and "without removal: selection loss" in out
    assert "20 rows score, the other 20 choose" in errors


def test_a_second_call_adds_what_is_new_and_repeats_nothing(commands, data):
    evaluate(commands, data, "--trials", 2, "--remove", 4, "--methods", "loss", "random")
    before = (commands.folder / "曲線.csv").read_bytes()
    caches = contents(commands.folder)
    evaluate(commands, data, "--trials", 2, "--remove", 4, 8, "--methods", "loss", "random")
    rows = RemovalCurve.read_csv(commands.folder / "曲線.csv").rows
    assert len(rows) == 2 * (1 + 2 * 2)
    kept = set(before.decode("utf-8").splitlines())
    assert kept <= set((commands.folder / "曲線.csv").read_text(encoding="utf-8").splitlines())
    assert all(contents(commands.folder)[path] == hash for path, hash in caches.items() if path.suffix == ".h5")


def test_workers_give_the_same_table_as_one_process(commands, data):
    evaluate(commands, data, *FEW, *SCRATCH)
    serial = figures(commands.folder / "曲線.csv")
    evaluate(commands, data, *FEW, *SCRATCH, "--workers", 2, "--overwrite")
    assert figures(commands.folder / "曲線.csv") == serial


def figures(path):
    return {row.key: (row.selection_loss, row.selection_accuracy) for row in RemovalCurve.read_csv(path).rows}


def test_relabelling_is_compared_with_removing(commands, data):
    out, _ = evaluate(commands, data, *FEW, "--methods", "loss", "--treatment", "remove", "relabel")
    assert RemovalCurve.read_csv(commands.folder / "曲線.csv").series == [("loss", "remove"), ("loss", "relabel")]
    assert "relabel" in out


@pytest.mark.parametrize("metric", ["lds", "leave-one-out"])
def test_attribution_metrics_print_a_row_per_method(commands, data, metric):
    out, _ = evaluate(
        commands, data, "--trials", 2, "--metric", metric, "--groups", 4, "--methods", "spectral", "random"
    )
    assert "Spearman" in out and "spectral" in out and "random" in out
    assert len(Table.read(commands.folder / "曲線.csv").rows) == 2 * 5


def test_test_data_that_was_trained_on_is_refused(commands, data):
    _, errors = evaluate(commands, data, "--test", data / "training.csv", code=2)
    assert "96 of the 96 rows of the test data" in errors and "must be new" in errors
    _, errors = evaluate(commands, data, "--selection", data / "validation.csv", code=2)
    assert "rows of the selection data" in errors


def test_a_single_row_of_selection_data_that_was_scored_or_trained_with_is_refused(commands, data, test_data):
    """Test data may share a row by accident, which is left out; what chooses may not."""
    shared = Table.read(data / "training.csv").resolve(Table.read(data / "training.csv").rows[0][0])
    table = Table.read(test_data)
    rows = [f"{table.resolve(cells[0])},{cells[1]}" for cells in table.rows]
    label = Table.read(data / "training.csv").rows[0][1]
    mixed = commands.folder / "mixed.csv"
    mixed.write_text("\n".join(["x:image,y:label", *rows, f"{shared},{label}"]) + "\n", encoding="utf-8")
    few = ("--trials", 1, "--remove", 4, "--methods", "loss")
    _, errors = evaluate(commands, data, *few, "--selection", mixed, code=2)
    assert f"1 of the {len(rows) + 1} rows of the selection data" in errors
    _, errors = evaluate(commands, data, *few, "--test", mixed)
    assert f"1 of the {len(rows) + 1} rows of the test data" in errors and "are left out" in errors


def test_a_curve_of_another_experiment_is_refused_without_overwrite(commands, data):
    evaluate(commands, data, "--trials", 1, "--remove", 4, "--methods", "loss")
    before = (commands.folder / "曲線.csv").read_bytes()
    again = ("--trials", 1, "--remove", 4, "--methods", "loss", "--split-seed", 5)
    _, errors = evaluate(commands, data, *again, code=2)
    assert "--overwrite" in errors and (commands.folder / "曲線.csv").read_bytes() == before
    evaluate(commands, data, *again, "--overwrite")


def test_wrong_requests_are_refused_before_anything_is_trained(commands, data):
    for options, said in (
        (("--remove", "ten"), "a number of samples or a share"),
        (("--remove", "96"), "cannot be removed. Some must be left"),
        (("--methods", "best"), "invalid choice"),
    ):
        _, errors = evaluate(commands, data, *options, code=2)
        assert said in errors
    assert not list(commands.folder.glob("*.h5"))


def test_values_to_predict_need_no_choice_of_methods(commands):
    """There are no margins without classes, so the default leaves them out."""
    for name, rows in (("training.csv", 24), ("validation.csv", 16)):
        lines = ["x__0,x__1,y"] + [f"{row / 10},{(row * 7) % 5},{(row * 3 % 11) / 8}" for row in range(rows)]
        (commands.folder / name).write_text("\n".join(lines), encoding="utf-8")
    options = ("--network", "builtin:mlp", *data_of(commands.folder), "--epochs", 2, "--trials", 1, "--remove", 2)
    commands("evaluate", *options, "--output", "curve.csv")
    curve = RemovalCurve.read_csv(commands.folder / "curve.csv")
    assert [method for method, _ in curve.series] == ["spectral", "loss", "random"]


@pytest.mark.parametrize(
    "options, named",
    [
        (("--groups", 4), "--groups means nothing to --metric removal"),
        (("--metric", "lds", "--remove", 4), "--remove means nothing to --metric lds"),
        (("--metric", "lds", "--treatment", "relabel"), "--treatment means nothing to --metric lds"),
    ],
)
def test_an_option_that_means_nothing_to_the_metric_is_refused(commands, data, options, named):
    _, errors = evaluate(commands, data, *options, code=2)
    assert named in errors and not (commands.folder / "曲線.csv").exists()
