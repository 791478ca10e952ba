"""The plugin *Remove harmful samples*, its failures and `auto`, and NNabla's training on what it writes."""

import re

import pytest
from integration.conftest import contents
from support.nnc_clicks import result_folder
from support.nnc_result import nnabla_cli

from nnabla_influence.dataset.csv import Table
from nnabla_influence.evaluation.removal_curve import RemovalCurve

SUCCESS = "Remove harmful samples completed successfully."


def rows_of(path):
    """Rows as (files resolved, numbers as they are), to compare tables of different folders."""
    table = Table.read(path)
    return [tuple(str(table.resolve(c).resolve()) if c.endswith(".png") else c for c in row) for row in table.rows]


@pytest.mark.parametrize("kind", ["affine", "two_inputs"])
def test_every_sample_is_in_one_of_the_two_files(clicks, scored_project, trained_project, kind):
    result = result_folder(scored_project(kind), scored_project(kind).folder.parent / f"copy of {kind}")
    click = clicks.windows("remove_harmful_samples", result)
    assert click.code == 0 and "2 of 40 samples removed (5.0%): removed.csv" in click.lines, click.said
    original = rows_of(trained_project(kind).training_csv)
    cleansed, removed = rows_of(result / "cleansed.csv"), rows_of(result / "removed.csv")
    assert Table.read(result / "cleansed.csv").header == Table.read(trained_project(kind).training_csv).header
    worst = Table.read(result / "influence.csv")
    index = worst.header.index("datasource_index")
    gone = sorted(int(row[index]) for row in worst.rows[:2])
    assert removed == [original[row] for row in gone]
    assert cleansed == [row for number, row in enumerate(original) if number not in gone]


def test_nnc_trains_on_the_cleansed_data(clicks, scored_project, trained_project, tmp_path):
    result = result_folder(scored_project("affine"), scored_project("affine").folder.parent / "to train on")
    click = clicks.windows("remove_harmful_samples", result, remove="8")
    assert click.code == 0, click.said
    text = trained_project("affine").nntxt.read_text(encoding="utf-8")
    own = str(trained_project("affine").training_csv.resolve())
    assert own in text
    (tmp_path / "net.nntxt").write_text(text.replace(own, str(result / "cleansed.csv")), encoding="utf-8")
    nnabla_cli(tmp_path, "train", "-c", "net.nntxt", "-o", ".")
    assert (tmp_path / "results.nnp").is_file()


def test_in_nnc_desktop_the_output_may_have_any_name(clicks, scored_project):
    result = scored_project("affine").folder.parent / "desktop result"
    result = result_folder(scored_project("affine"), result, desktop=True)
    (result / "influence.csv").unlink()
    assert clicks.desktop("influence", result).code == 0
    named = clicks.desktop("remove_harmful_samples", result, remove="4", output="removed")
    assert named.code == 0, named.said
    assert sorted(path.name for path in named.output.parent.iterdir()) == ["more_files", "removed.csv"]
    assert (named.output.parent / "more_files" / "removed.csv").is_file()


def test_auto_retrains_and_keeps_what_it_decided_by(clicks, scored_project):
    result = result_folder(scored_project("affine"), scored_project("affine").folder.parent / "auto")
    before = contents(result)
    click = clicks.windows("remove_harmful_samples", result, remove="auto", confirm="last-epoch")
    assert click.code == 0 and click.lines[-1] == SUCCESS, click.said
    assert any("11 rows score, the other 11 choose" in line for line in click.lines)
    files = {
        ".written_by_remove_harmful_samples.json",
        "cleansed.csv",
        "removed.csv",
        "auto_influence.csv",
        "auto_influence.csv.json",
        "auto_retrainings.csv",
        "auto_retrainings.rows.npz",
    }
    assert {path.name for path in contents(result).keys() - before.keys()} == files
    assert before.items() <= contents(result).items(), "a file that was there has changed"
    curve = RemovalCurve.read_csv(result / "auto_retrainings.csv")
    assert curve.starts == ["last-epoch"] and all(row.job in curve.figures for row in curve.rows)
    (said,) = [line for line in click.lines if line.startswith("auto: spectral: ")]
    found = re.match("auto: spectral: remove ([0-9]+) samples", said)
    chosen = int(found.group(1)) if found else 0
    gone = rows_of(result / "removed.csv") if chosen else []
    assert len(gone) == chosen and len(Table.read(result / "cleansed.csv")) == 40 - chosen
    worst = rows_of(result / "auto_influence.csv")[:chosen]
    assert sorted(row[:2] for row in worst) == sorted(gone)


def test_a_failure_is_one_sentence_and_leaves_nothing(clicks, scored_project, trained_project):
    result = result_folder(scored_project("regression"), scored_project("regression").folder.parent / "failing")
    before = contents(result)
    others = str(trained_project("regression", seed=4).folder / "results.nnp")
    for values, sentence in (
        ({"influence": "nobody.csv"}, "Start the plugin Influence first"),
        ({"remove": "a few"}, "got 'a few'"),
        ({"remove": "40"}, "all 40 would be removed"),
        ({"output": "influence.csv"}, "influence.csv"),
        ({"remove": "auto", "model": "nobody/results.nnp"}, "Expected the trained network"),
        ({"remove": "auto", "model": others}, "Give the training CSV that was scored."),
    ):
        click = clicks.windows("remove_harmful_samples", result, **values)
        assert click.code == 2 and sentence in click.lines[-1], click.said
        assert "Traceback" not in click.said and SUCCESS not in click.said
        assert contents(result) == before


def test_a_file_of_somebody_else_is_refused_and_its_own_is_replaced(clicks, scored_project):
    result = result_folder(scored_project("affine"), scored_project("affine").folder.parent / "own")
    assert clicks.windows("remove_harmful_samples", result, remove="3").code == 0
    first = (result / "removed.csv").read_bytes()
    assert clicks.windows("remove_harmful_samples", result, remove="5").code == 0
    assert (result / "removed.csv").read_bytes() != first
    (result / "removed.csv").write_text("mine\n", encoding="utf-8")
    click = clicks.windows("remove_harmful_samples", result, remove="5")
    assert click.code == 2 and "or one that this plugin wrote and nobody has changed since" in click.said
    assert (result / "removed.csv").read_text(encoding="utf-8") == "mine\n"
