"""`noise`: the command around `dataset.noise`, and that `compare` reads its truth."""

import csv
import json

import numpy as np
import pytest

from nnabla_influence.choices import NOISE_KINDS
from nnabla_influence.cli.main import main
from nnabla_influence.dataset.noise import flip_labels


@pytest.fixture()
def train(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("x__0,x__1,y:label\n" + "".join(f"{i},0.5,{i % 3}\n" for i in range(30)))
    return path


def rows(path):
    with open(str(path), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def flip(train, folder, *options):
    output, truth = folder / "noisy.csv", folder / "truth.csv"
    code = main(["noise", "--train", str(train), "--output", str(output), "--truth", str(truth), *options])
    return code, output, truth


def test_flips_the_share_asked_for_and_tells_which(train, tmp_path, capsys):
    code, output, truth = flip(train, tmp_path, "--rate", "0.2", "--seed", "3")
    assert code == 0
    flipped = [row for row in rows(truth) if row["flipped"] == "1"]
    assert len(flipped) == 6 and len(rows(truth)) == 30
    for row, before, after in zip(rows(truth), rows(train), rows(output)):
        assert (row["clean_label"], row["noisy_label"]) == (before["y:label"], after["y:label"])
        assert (row["flipped"] == "1") == (before["y:label"] != after["y:label"])
    out = capsys.readouterr().out
    assert "6 of 30 labels flipped (symmetric, seed 3)" in out and str(output) in out and str(truth) in out


def test_options_arrive(train, tmp_path):
    _, _, truth = flip(train, tmp_path, "--rate", "1", "--kind", "pairwise")
    assert all(int(row["noisy_label"]) == (int(row["clean_label"]) + 1) % 3 for row in rows(truth))


def test_seeds_decide(train, tmp_path):
    found = []
    for number, seed in enumerate(["1", "1", "2"]):
        _, output, truth = flip(train, tmp_path / str(number), "--rate", "0.3", "--seed", seed)
        found.append(output.read_bytes() + truth.read_bytes())
    assert found[0] == found[1] != found[2]


def test_quiet_says_nothing(train, tmp_path, capsys):
    assert flip(train, tmp_path, "--rate", "0.1", "--quiet")[0] == 0
    assert capsys.readouterr() == ("", "")


def test_compare_reads_its_truth(train, tmp_path, capsys):
    _, _, truth = flip(train, tmp_path, "--rate", "0.2", "--quiet")
    scores = tmp_path / "influence.csv"
    lines = [f"{-int(row['flipped'])},{row['datasource_index']}" for row in rows(truth)]
    scores.write_text("\n".join(["influence,datasource_index", *lines]) + "\n")
    assert main(["compare", str(scores), "--truth", str(truth), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mislabel"][0]["auroc"] == 1.0


@pytest.mark.parametrize(
    "options, message",
    [
        (["--label", "z"], "'z'"),
        (["--label", "x"], "'x'"),
        (["--rate", "2"], "from 0 to 1"),
        (["--seed", "-1"], "at least 0"),
    ],
)
def test_wrong_requests(train, tmp_path, capsys, options, message):
    code, output, _ = flip(train, tmp_path, "--rate", "0.1", *options)
    assert code == 2 and not output.exists()
    assert message in capsys.readouterr().err


def test_the_data_set_itself_is_never_overwritten(train, tmp_path, capsys):
    before = train.read_bytes()
    argv = ["noise", "--train", str(train), "--rate", "1", "--output", str(train), "--truth", str(tmp_path / "t.csv")]
    assert main(argv) == 2
    assert train.read_bytes() == before and "got one that is read" in capsys.readouterr().err


def test_the_kinds_in_the_help_are_the_kinds_there_are(capsys):
    assert main(["noise", "--help"]) == 0
    assert "--kind {" + ",".join(NOISE_KINDS) + "}" in capsys.readouterr().out
    for kind in NOISE_KINDS:
        assert flip_labels(np.array([0, 1, 2]), 1.0, kind).flipped.all()


def test_a_label_that_is_mistyped_is_guessed(tmp_path, capsys):
    path = tmp_path / "t.csv"
    path.write_text("x,kind\n1,0\n2,1\n")
    code, _, _ = flip(path, tmp_path, "--rate", "0.5", "--label", "kinds")
    assert code == 2 and "Did you mean kind?" in capsys.readouterr().err
