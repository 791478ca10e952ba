"""`score`: what it writes and says, and what it refuses before anything is scored."""

import pytest

from nnabla_influence.dataset.csv import Table


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_influence_csv_is_written_and_named(command, made):
    code, out, log = command("score", "CACHE", "--output", "new/o.csv")
    assert code == 0 and out.startswith("influence CSV: new/o.csv (24 rows, most harmful first; ")
    assert (command.folder / "new" / "o.csv").read_bytes() == (made / "influence.csv").read_bytes()
    assert "scoring at the mean of the last epoch's parameters" in log
    assert names(command.folder / "new") == ["o.csv", "o.csv.json"], "no progress is left"


def test_one_class_is_another_question(command, made):
    code, _, log = command("score", "CACHE", "--target", "class=1", "--output", "o.csv")
    assert code == 0 and "target: 4 of 12 validation rows (class=1)" in log
    assert (command.folder / "o.csv").read_bytes() != (made / "influence.csv").read_bytes()


def test_the_steps_to_follow_have_two_names(command):
    for option in ("--through", "--epochs"):
        assert (
            command("score", "CACHE", "--method", "sgd-influence", option, "last", "--output", f"o{option}.csv")[0] == 0
        )
    first, second = ((command.folder / f"o{option}.csv").read_bytes() for option in ("--through", "--epochs"))
    assert first == second


def test_quiet_says_nothing(command):
    assert command("score", "CACHE", "--output", "o.csv", "--quiet") == (0, "", "")
    assert len(Table.read(command.folder / "o.csv")) == 24


def test_discard_only_removes_the_progress(command):
    assert command("score", "--output", "o.csv", "--discard") == (0, "there is no o.csv.partial\n", "")


@pytest.mark.parametrize(
    "typed, said",
    [
        (["DATA"], "Give either --cache C.h5 (from train) or --network results.nnp, one of the two."),
        (["CACHE", "--network", "x.nnp"], "Give either --cache C.h5 (from train) or --network results.nnp"),
        (
            ["CACHE", "--batch-size", "4", "--solver", "Adam"],
            "--batch-size and --solver cannot be given with --cache, which holds the settings of the training; leave "
            "out what it holds.",
        ),
        (
            ["CACHE", "--method", "loss", "--lanczos-steps", "4"],
            "--lanczos-steps 4 means nothing to --method loss; leave it out, or use --method spectral",
        ),
        (
            ["CACHE", "--damping", "4"],
            "--damping 4.0 means nothing to --method spectral (the default); leave it out, or use --method "
            "influence-function.",
        ),
        (["CACHE", "--method", "margin"], "was trained without --record-margins. Train again with it."),
        (
            ["CACHE", "--method", "loss", "--target", "class=1"],
            "--target means nothing to --method loss, whose scores do not ask about validation rows; leave it out, or "
            "use another method.",
        ),
        (
            ["CACHE", "--target", "class=7"],
            "expected rows of class 7 in column y, found none. The classes there are: 0 (4 rows), 1 (4 rows), 2 (4 "
            "rows).",
        ),
        (["--network", "builtin:mlp", "DATA"], "'builtin:mlp' holds no trained parameters. Train first (python -m"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_requests(command, typed, said):
    code, out, log = command("score", *typed, "--output", "o.csv")
    assert (code, out) == (2, "") and said in log.splitlines()[-1]
    assert names(command.folder) == []


def test_a_cache_without_its_data_is_refused(command, made):
    code, _, log = command("score", "--cache", made / "c.h5", "--output", "o.csv")
    assert code == 2 and log == (
        "error: With --cache, give --train CSV and --validation CSV: the data the cache was trained with.\n"
    )


@pytest.mark.parametrize("name", ["training.csv", "validation.csv", "c.h5"])
def test_what_is_read_is_never_written_over(command, made, name):
    before = (made / name).read_bytes()
    code, _, log = command("score", "CACHE", "--output", made / name)
    assert code == 2 and "got one that is read" in log and (made / name).read_bytes() == before


def test_out_of_fold_labels_are_what_relabelling_proposes(command):
    code, _, _ = command("score", "CACHE", "--method", "out-of-fold", "--output", "folds.csv")
    assert code == 0
    for method in ("random", "knn-shapley"):
        code, _, _ = command(
            "score", "CACHE", "--method", method, "--labels", "out-of-fold", "--output", f"{method}.csv"
        )
        assert code == 0
    tables = {name: Table.read(command.folder / f"{name}.csv") for name in ("folds", "random", "knn-shapley")}

    def labels(table):
        index, label = (table.variables[name][0].position for name in ("datasource_index", "predicted_label"))
        return {int(row[index]): row[label] for row in table.rows}

    assert labels(tables["folds"]) == labels(tables["random"]) == labels(tables["knn-shapley"])
    outputs = ("--output", "new.csv", "--changed", "changed.csv")
    code, _, _ = command("cleanse", "--influence", "random.csv", "--remove", "24", "--relabel", *outputs)
    assert code == 0
    new = Table.read(command.folder / "new.csv")
    label = new.variables["y"][0].position
    assert [float(row[label]) for row in new.rows] == [float(labels(tables["folds"])[row]) for row in range(24)]


def test_neighbours_need_classes(command, tmp_path):
    lines = ["x__0,x__1,y"] + [f"{a / 7},{b / 5},{(a + b) / 9}" for a in range(4) for b in range(4)]
    data = tmp_path / "values.csv"
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    given = ("--train", data, "--validation", data)
    network = ("--network", "builtin:mlp", "--task", "regression", *given, "--epochs", 1)
    code, _, error = command(
        "run", *network, "--method", "knn-shapley", "--output", "i.csv", "--data-cache", tmp_path / "d"
    )
    assert code == 2 and error.strip().endswith(
        "error: Method knn-shapley asks which neighbours bear the right label, but 'builtin:mlp' does not learn one "
        "class number per sample. Use another method."
    )
    assert not list(command.folder.iterdir())
