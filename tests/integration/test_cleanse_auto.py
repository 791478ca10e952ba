"""`cleanse --remove auto`: half of the validation data scores, the rest chooses and confirms; zero is an answer."""

import numpy as np
import pytest
from integration.conftest import SETTINGS, data_of

from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.digits import write_digits
from nnabla_influence.dataset.noise import write_noisy
from nnabla_influence.evaluation.removal_curve import RemovalCurve

CHEAP = ("--retrain", "last-epoch", "--confirm", "last-epoch")
OUTPUTS = ("--output", "clean.csv", "--removed", "removed.csv")


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """300 digits, a third with a wrong label: enough for removal to pay."""
    folder = tmp_path_factory.mktemp("noisy data")
    training, _, _ = write_digits(folder, training=300, validation=200)
    write_noisy(Table.read(training), "y", 0.3, "symmetric", 0, folder / "training.csv.new", folder / "truth.csv")
    (folder / "training.csv.new").replace(training)
    return folder


def cleanse(commands, data, *more, code=0):
    return commands("cleanse", "--remove", "auto", *data_of(data), *OUTPUTS, *more, code=code)


def rows_of(commands, name):
    return len(Table.read(commands.folder / name).rows) if name else 0


def train(commands, data):
    settings = ("--epochs", 15, "--batch-size", 16, "--learning-rate", 0.05)
    commands("train", "--network", "builtin:cnn", *data_of(data), *settings, "--cache", "c.h5")


def test_with_many_wrong_labels_some_rows_are_removed_and_most_of_them_are_wrong(commands, noisy):
    train(commands, noisy)
    out, errors = cleanse(commands, noisy, "--cache", "c.h5", "--test", noisy / "test.csv", "--orders", 5, *CHEAP[:2])
    assert "auto: spectral: remove " in out and " rows of the test data changes by -" in out
    assert "against removing as many at random (5 trainings of each kind)" in out
    assert "100 rows score, the other 100 choose" in errors
    assert "choosing how many to remove takes up to " in errors and "may still do harm" not in errors
    kept, removed = rows_of(commands, "clean.csv"), rows_of(commands, "removed.csv")
    assert kept + removed == 300 and removed > 0
    truth = Table.read(noisy / "truth.csv")
    flipped = np.array([int(row[truth.header.index("flipped")]) for row in truth.rows])
    index = Table.read(commands.folder / "clean.influence.csv")
    first = [int(row[index.header.index("datasource_index")]) for row in index.rows][:removed]
    assert flipped[first].mean() > 0.6 > flipped.mean()
    curve = RemovalCurve.read_csv(commands.folder / "clean.retrainings.csv")
    choosing, confirming = ({row.seed for row in curve.rows if (row.seed > 4) == fresh} for fresh in (False, True))
    assert (choosing, confirming) == ({0, 1, 2, 3, 4}, {5, 6, 7, 8, 9})
    assert {row.seed for row in curve.rows if row.method == "random"} == confirming
    assert all(row.job in curve.figures for row in curve.rows)


def test_nothing_worth_removing_is_an_answer(commands, data):
    """The scores are useless (all alike but noise): no number beats zero on average, and the files say so."""
    out, _ = cleanse(commands, data, "--network", "builtin:mlp", "--method", "random", "--orders", 4, *CHEAP)
    assert "auto: random: " in out and "remove " not in out.split("auto: ")[1].split(".")[0]
    assert rows_of(commands, "clean.csv") == 96
    assert (commands.folder / "removed.csv").read_text(encoding="utf-8").splitlines() == ["x:image,y:label"]
    assert (commands.folder / "clean.seed0.h5").is_file()


def test_selection_data_of_its_own_goes_with_an_influence_csv(commands, noisy):
    train(commands, noisy)
    commands("score", "--cache", "c.h5", *data_of(noisy), "--output", "i.csv")
    given = ("--cache", "c.h5", "--influence", "i.csv")
    _, errors = cleanse(commands, noisy, *given, code=2)
    assert "needs --selection" in errors and not (commands.folder / "clean.csv").exists()
    cleanse(commands, noisy, *given, "--selection", noisy / "test.csv", "--orders", 2, *CHEAP)
    assert not (commands.folder / "clean.influence.csv").exists()


def test_it_says_what_is_missing(commands, data):
    _, errors = cleanse(commands, data, code=2)
    assert "--cache C.h5" in errors and "--network N" in errors
    commands("train", "--network", "builtin:mlp", *data_of(data), *SETTINGS, "--cache", "c.h5")
    _, errors = cleanse(commands, data, "--cache", "c.h5", "--selection", data / "validation.csv", code=2)
    assert "rows of the selection data" in errors
    _, errors = commands("cleanse", "--remove", "3", *OUTPUTS, code=2)
    assert "--influence CSV" in errors
