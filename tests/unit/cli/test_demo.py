"""`demo` without its minute of work: what it asks for, says and refuses; the integration tests run all of it."""

import importlib.util

import numpy as np
import pytest

from nnabla_influence.cleansing import Share
from nnabla_influence.cli import demo
from nnabla_influence.cli.console import Console
from nnabla_influence.cli.main import build_parser, main
from nnabla_influence.dataset.csv import Table
from nnabla_influence.execution import Execution
from nnabla_influence.scores import InfluenceScores


def request(folder, *typed):
    args = build_parser().parse_args(["demo", "--output", str(folder), *typed])
    return demo._request(args, folder / "noisy.csv", folder / "validation.csv", folder / "test.csv")


def test_it_evaluates_a_small_network_on_the_noisy_digits(tmp_path):
    asked = request(tmp_path, "--trials", "2", "--workers", "4", "--seed", "3")
    assert (asked.project.network, asked.project.train, asked.project.seed) == (
        "builtin:cnn",
        tmp_path / "noisy.csv",
        3,
    )
    assert asked.project.reading.data_cache == tmp_path / "decoded", "everything lies in one folder"
    assert (asked.methods, asked.amounts) == (demo.METHODS, (Share(0.05), Share(0.1), Share(0.2)))
    assert (asked.trials, asked.starts, asked.execution) == (2, ("scratch",), Execution(4))
    assert asked.test == tmp_path / "test.csv" and asked.output.parent == tmp_path and not asked.overwrite


def test_a_table_says_how_well_flipped_labels_are_found(capsys):
    flipped = np.array([True, False, True, False, False])
    scores = {"loss": InfluenceScores(np.array([-9.0, 1, -8, 2, 3]), "loss")}
    demo._detection(Console(), scores, flipped, 1)
    out = capsys.readouterr().out
    assert "How well are the flipped labels found? (mean of the scores of 1 seed)" in out
    assert "precision among first 2" in out and "loss    1.0000" in out
    demo._detection(Console(), scores, flipped, 3)
    assert "(mean of the scores of 3 seeds)" in capsys.readouterr().out


def test_as_many_rows_go_as_was_decided(tmp_path, capsys):
    train = tmp_path / "noisy.csv"
    train.write_text("x,y\n0,1\n1,0\n2,1\n3,1\n", encoding="utf-8")
    influence = tmp_path / "influence.csv"
    InfluenceScores(np.array([1.0, -2.0, 3.0, -1.0]), "spectral").to_csv(influence, Table.read(train))
    demo._cleanse(Console(), influence, request(tmp_path), 0)
    assert capsys.readouterr().out == "nothing is removed\n"
    assert not (tmp_path / "cleansed.csv").exists()
    demo._cleanse(Console(), influence, request(tmp_path), 1)
    assert "without the 1 most harmful:" in capsys.readouterr().out
    assert Table.read(tmp_path / "removed.csv").rows == [["1", "0"]] and len(Table.read(tmp_path / "cleansed.csv")) == 3


@pytest.mark.parametrize("missing", ["sklearn", "jinja2"])
def test_without_a_library_nothing_is_begun(tmp_path, monkeypatch, capsys, missing):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == missing else found(name, *rest)
    )
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    assert main(["demo", "--output", str(tmp_path / "demo")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "pip install" in err and not (tmp_path / "demo").exists()


def test_it_writes_into_a_folder_of_its_own_only(tmp_path, capsys):
    (tmp_path / "influence.csv").write_text("mine", encoding="utf-8")
    assert main(["demo", "--output", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "expected a new folder, or one that the demo made" in err and "--overwrite" in err
    assert [path.name for path in tmp_path.iterdir()] == ["influence.csv"]
    demo._own(tmp_path / "new", overwrite=False)
    (tmp_path / "new" / "influence.csv").write_text("the demo's", encoding="utf-8")
    demo._own(tmp_path / "new", overwrite=False)
    demo._own(tmp_path, overwrite=True)


@pytest.mark.parametrize("verbose", [False, True])
def test_epochs_are_lines_for_those_who_ask(caplog, verbose):
    caplog.set_level("INFO", "nnabla_influence")
    with demo._steps_only(Console(verbose=verbose)):
        demo.LOGGER.info("epoch 1 of 30")
    assert ("epoch 1" in caplog.text) == verbose and demo.LOGGER.isEnabledFor(20)
