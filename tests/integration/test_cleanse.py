"""`cleanse` and `score --target` as commands: from a trained cache to a cleansed or relabelled data set."""

import numpy as np
import pytest
from integration.conftest import contents, data_of, network_and_data, scores_of

from nnabla_influence.cli.main import main
from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.dataset import Dataset

CACHE = "cache 学習.h5"
INFLUENCE = "出力/influence.csv"


def cleanse(finished, *options, **named):
    return finished("cleanse", "--influence", INFLUENCE, *options, **named)


def indexes(path):
    """The values of datasource_index, in the order of the file."""
    table = Table.read(path)
    return [int(row[table.header.index("datasource_index")]) for row in table.rows]


def test_the_influence_csv_carries_label_and_loss_and_is_a_data_set(finished, data):
    table = Table.read(finished.folder / INFLUENCE)
    assert [column.name for column in table.columns][-4:] == [
        "influence",
        "predicted_label",
        "loss",
        "datasource_index",
    ]
    read = Dataset.from_csv(finished.folder / INFLUENCE, data_cache=finished.folder / "decoded データ")
    labels, losses = read.column("predicted_label")[:, 0], read.column("loss")[:, 0]
    assert set(labels) <= set(range(10)) and (losses > 0).all()
    right = labels == read.column("y")[:, 0]
    assert 0 < right.mean() < 1 and losses[right].mean() < losses[~right].mean()


@pytest.mark.parametrize("source", ["the training CSV", "the influence CSV"])
def test_the_most_harmful_rows_go(finished, data, source):
    options = ("--train", data / "training.csv") if source == "the training CSV" else ()
    out, _ = cleanse(finished, "--remove", 10, *options, "--output", "a/clean.csv", "--removed", "b/removed.csv")
    assert "10 of 96 rows removed (10.4%): cleansed data set a/clean.csv (86 rows), removed b/removed.csv" in out
    worst = sorted(sorted(range(96), key=lambda row: scores_of(finished.folder / INFLUENCE)[row])[:10])
    whole = Table.read(data / "training.csv")
    for name, rows in (("b/removed.csv", worst), ("a/clean.csv", sorted(set(range(96)) - set(worst)))):
        written = Table.read(finished.folder / name)
        assert written.header == whole.header
        assert [written.resolve(row[0]) for row in written.rows] == [whole.resolve(whole.rows[row][0]) for row in rows]
        assert [row[1:] for row in written.rows] == [whole.rows[row][1:] for row in rows]


def test_the_cleansed_data_set_can_be_trained_on(finished, data):
    cleanse(finished, "--remove", "25%", "--output", "clean.csv", "--removed", "removed.csv")
    assert len(Table.read(finished.folder / "removed.csv")) == 24
    options = ("--network", "builtin:mlp", "--validation", data / "validation.csv", "--epochs", 1)
    finished("train", *options, "--train", "clean.csv", "--cache", "clean.h5")


def test_below_a_threshold_as_scores_are_written(finished):
    """argparse takes numbers like -1e-4 for options."""
    scores = scores_of(finished.folder / INFLUENCE)
    threshold = f"{sorted(scores.values())[4]:e}"
    assert threshold.startswith("-") and "e-" in threshold
    cleanse(finished, "--below", threshold, "--output", "clean.csv", "--removed", "removed.csv")
    expected = sum(score < float(threshold) for score in scores.values())
    assert len(Table.read(finished.folder / "removed.csv")) == expected


def test_a_list_of_ticked_rows(finished):
    (finished.folder / "ticked.csv").write_text("datasource_index,note\n5,a\n2,b\n", encoding="utf-8")
    cleanse(finished, "--list", "ticked.csv", "--output", "clean.csv", "--removed", "removed.csv")
    original = Table.read(finished.folder / "clean.csv")
    assert len(original) == 94 and len(Table.read(finished.folder / "removed.csv")) == 2


def test_relabelled_rows_keep_their_place(finished, data):
    out, _ = cleanse(finished, "--remove", 30, "--relabel", "--output", "new.csv", "--changed", "changed.csv")
    whole, new = Table.read(data / "training.csv"), Table.read(finished.folder / "new.csv")
    changed = Table.read(finished.folder / "changed.csv")
    assert changed.header == [*whole.header, "old_label", "new_label", "datasource_index"]
    differing = [row for row in range(96) if whole.rows[row][1] != new.rows[row][1]]
    assert differing and indexes(finished.folder / "changed.csv") == differing
    for row in changed.rows:
        assert whole.rows[int(row[4])][1] == row[1] == row[2] and new.rows[int(row[4])][1] == row[3]
    agreed = 30 - len(differing)
    assert f"{len(differing)} of 96 rows relabelled; {agreed} of the 30 selected have the predicted label" in out


def test_a_class_that_loses_most_of_its_samples_is_named(finished, data):
    labels = [int(row[1]) for row in Table.read(data / "training.csv").rows]
    rows = [str(row) for row, label in enumerate(labels) if label == 3]
    (finished.folder / "threes.csv").write_text("\n".join(["datasource_index", *rows[1:]]), encoding="utf-8")
    out, errors = cleanse(finished, "--list", "threes.csv", "--output", "clean.csv", "--removed", "removed.csv")
    assert f"warning: class 3 loses {len(rows) - 1} of its {len(rows)} samples, more than half" in errors
    assert f"removed: class 3: {len(rows) - 1} of {len(rows)}\n" in out and errors.count("warning") == 1


def test_a_test_set_that_was_trained_on_is_refused(finished, data):
    """Under another name and in another order; only one of its rows is new."""
    whole, other = Table.read(data / "training.csv"), Table.read(data / "validation.csv")
    rows = [[str(whole.resolve(row[0])), row[1]] for row in whole.rows[20:10:-1]]
    rows.append([str(other.resolve(other.rows[0][0])), other.rows[0][1]])
    text = "\n".join(",".join(row) for row in [whole.header, *rows])
    (finished.folder / "test.csv").write_text(text, encoding="utf-8")
    before = contents(finished.folder / "出力")
    options = ("--remove", 5, "--output", "出力/clean.csv", "--removed", "出力/removed.csv")
    _, errors = cleanse(finished, *options, "--test", "test.csv", "--train", data / "training.csv", code=2)
    assert "10 of its 11 rows are in" in errors and "line 2 is line 22; line 3 is line 21;" in errors
    _, errors = cleanse(finished, *options, "--test", data / "training.csv", "--train", data / "training.csv", code=2)
    assert "the training data itself" in errors
    assert contents(finished.folder / "出力") == before, "refused before anything is written"
    cleanse(finished, *options, "--test", data / "validation.csv")


@pytest.mark.parametrize(
    "options, reason",
    [
        (["--remove", "2", "--removed", "r.csv", "--relabel"], "expected --changed CSV"),
        (["--remove", "2", "--changed", "r.csv"], "expected --removed CSV"),
        (["--remove", "2"], "Expected --removed CSV"),
        (["--remove", "96", "--removed", "r.csv"], "all 96 would be removed"),
        (["--remove", "97", "--removed", "r.csv"], "at most 96 rows"),
        (["--remove", "-1", "--removed", "r.csv"], "100 or 2%, got '-1'"),
        (["--remove", "many", "--removed", "r.csv"], "100 or 2%, got 'many'"),
        (["--below", "nan", "--removed", "r.csv"], "expected a number, got 'nan'"),
        (["--below", "1", "--score", "loss", "--removed", "r.csv"], "--below goes with scores"),
        (["--remove", "2", "--score", "margin", "--removed", "r.csv"], "expected one column margin"),
        (["--remove", "2", "--label", "z", "--removed", "r.csv"], "label column 'z'"),
        (["--remove", "2", "--below", "1", "--removed", "r.csv"], "not allowed with"),
        (["--removed", "r.csv"], "one of the arguments --remove --below --list is required"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_requests(finished, tmp_path, monkeypatch, capsys, options, reason):
    monkeypatch.chdir(tmp_path)
    line = ["cleanse", "--influence", str(finished.folder / INFLUENCE), "--output", "o.csv", *options]
    assert main(line) == 2 and reason in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_inputs_are_never_overwritten(finished, data, capsys):
    influence, test = finished.folder / INFLUENCE, data / "validation.csv"
    listed = finished.folder / "listed.csv"
    listed.write_text("datasource_index\n1\n", encoding="utf-8")
    before = [path.read_bytes() for path in (influence, test, listed)]
    line = ["cleanse", "--influence", str(influence), "--list", str(listed), "--test", str(test), "--train"]
    line += [str(data / "training.csv"), "--removed", str(finished.folder / "r.csv"), "--output"]
    for path in (influence, test, listed, data / "training.csv", finished.folder / "r.csv"):
        assert main([*line, str(path)]) == 2 and path.name in capsys.readouterr().err
    assert [path.read_bytes() for path in (influence, test, listed)] == before


# ---- one question at a time


def score(commands, data, *options, **named):
    return commands("score", "--cache", CACHE, *data_of(data), *options, **named)


def test_one_class_is_the_same_as_its_rows(finished, data):
    labels = [int(row[1]) for row in Table.read(data / "validation.csv").rows]
    rows = [str(row) for row, label in enumerate(labels) if label == 3]
    (finished.folder / "rows.csv").write_text("\n".join(["datasource_index", *rows]), encoding="utf-8")
    _, errors = score(finished, data, "--output", "class.csv", "--target", "class=3")
    assert f"target: {len(rows)} of 40 validation rows (class=3)" in errors
    score(finished, data, "--output", "rows scored.csv", "--target", "rows=rows.csv")
    of_class = scores_of(finished.folder / "class.csv")
    assert of_class == scores_of(finished.folder / "rows scored.csv")
    assert of_class != scores_of(finished.folder / INFLUENCE)


def test_the_mean_over_all_rows_is_the_mean_of_the_questions(finished, data):
    """Scores are linear in the validation gradient where the direction is not bent by it: tracin, whole numbers."""
    labels = np.array([int(row[1]) for row in Table.read(data / "validation.csv").rows])
    total = np.zeros(96)
    options = ("--method", "tracin", "--checkpoints", 1)
    for number, count in zip(*np.unique(labels, return_counts=True)):
        score(finished, data, "--output", "part.csv", "--target", f"class={number}", *options)
        part = scores_of(finished.folder / "part.csv")
        total += count / len(labels) * np.array([part[row] for row in range(96)])
    score(finished, data, "--output", "whole.csv", *options)
    whole = scores_of(finished.folder / "whole.csv")
    expected = np.array([whole[row] for row in range(96)])
    np.testing.assert_allclose(total, expected, atol=2e-5 * np.abs(expected).max())  # float32 over 10 sums


@pytest.mark.parametrize(
    "target, reason",
    [
        ("class=12", "found none. The classes there are: 0 ("),
        ("class=x", "expected a class called 'x', found none"),
        ("rows=none.csv", "expected an existing file"),
        ("rows=beyond.csv", "from 0 to 39, found 40"),
        ("rows=empty.csv", "at least one line"),
        ("mean", "expected class=K"),
    ],
)
def test_questions_about_nothing(finished, data, target, reason):
    (finished.folder / "beyond.csv").write_text("datasource_index\n40\n", encoding="utf-8")
    (finished.folder / "empty.csv").write_text("datasource_index\n", encoding="utf-8")
    _, errors = score(finished, data, "--output", "asked.csv", "--target", target, code=2)
    assert reason in errors and not (finished.folder / "asked.csv").exists()


def test_the_list_of_the_question_is_never_overwritten(finished, data):
    (finished.folder / "question.csv").write_text("datasource_index\n1\n", encoding="utf-8")
    score(finished, data, "--output", "question.csv", "--target", "rows=question.csv", code=2)
    assert (finished.folder / "question.csv").read_text(encoding="utf-8") == "datasource_index\n1\n"


def test_run_asks_too_and_refuses_before_it_trains(commands, data):
    options = (*network_and_data(data), "--epochs", 1, "--trials", 2, "--output", "influence.csv", "--target")
    commands("run", *options, "class=77", code=2)
    assert not list(commands.folder.glob("*.h5"))
    _, errors = commands("run", *options, "class=1")
    assert "(class=1)" in errors
    table = Table.read(commands.folder / "influence.csv")
    assert [column.name for column in table.columns][-4:] == [
        "influence",
        "predicted_label",
        "loss",
        "datasource_index",
    ]


def test_the_training_csv_is_not_written_over_even_where_nobody_named_it(finished, data):
    """The influence CSV does not say what it was made from, but a file with all its rows may be it."""
    own = finished.folder / "copy.csv"
    whole = Table.read(data / "training.csv")
    lines = [",".join(["# who", *whole.header])]
    lines += [",".join(["me", str(whole.resolve(row[0])), row[1]]) for row in whole.rows]
    own.write_text("\n".join(lines), encoding="utf-8")
    before = own.read_bytes()
    for number, output, removed in (
        (5, "copy.csv", "removed.csv"),
        (5, "clean.csv", "copy.csv"),
        (0, "copy.csv", "r.csv"),
    ):
        options = ("--remove", number, "--output", output, "--removed", removed)
        _, errors = cleanse(finished, *options, code=2)
        assert "expected the name of a new file" in errors
        _, errors = cleanse(finished, *options, "--overwrite", code=2)
        assert "all the 96 rows that were scored" in errors and own.read_bytes() == before


@pytest.mark.parametrize("number", [0, 5])
def test_the_same_cleansing_can_be_repeated(finished, number):
    options = ("--remove", number, "--output", f"again/clean{number}.csv", "--removed", f"again/removed{number}.csv")
    cleanse(finished, *options)
    first = contents(finished.folder / "again")
    cleanse(finished, *options)
    assert contents(finished.folder / "again") == first


@pytest.mark.parametrize(
    "option",
    [("--selection", "{validation}"), ("--orders", 3), ("--workers", 2), ("--method", "loss")],
)
def test_what_only_auto_reads_is_refused_without_it(finished, data, option):
    option = tuple(str(part).format(validation=data / "validation.csv") for part in option)
    _, errors = cleanse(finished, "--remove", 5, *option, "--output", "c.csv", "--removed", "r.csv", code=2)
    assert f"{option[0]} can be given with --remove auto only" in errors


@pytest.mark.parametrize("method", ["loss", "self-influence", "random"])
def test_a_target_is_refused_by_methods_that_do_not_ask_the_validation_data(finished, data, method):
    options = ("--cache", CACHE, *data_of(data), "--method", method, "--target", "class=3")
    _, errors = finished("score", *options, "--output", "t.csv", code=2)
    assert f"--target means nothing to --method {method}" in errors


def test_validation_data_that_was_trained_on_is_named(finished, data):
    options = ("--cache", CACHE, "--train", data / "training.csv", "--validation", data / "training.csv")
    _, errors = finished("score", *options, "--output", "same.csv")
    assert "warning: the validation data is the training data itself" in errors
