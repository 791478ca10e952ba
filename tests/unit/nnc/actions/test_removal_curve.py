"""The plugin *Removal curve*: its fields, and a small curve in this process."""

from pathlib import Path

import pytest
from support.recording_console import RecordingConsole

from nnabla_influence.errors import ConfigError, DataError, MissingExtraError, OutputExistsError
from nnabla_influence.evaluation.decision import decisions
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.evaluation.removal_sweep import run_removal_sweep
from nnabla_influence.nnc.actions import removal_curve
from nnabla_influence.nnc.actions.removal_curve import CurveRequest, run
from nnabla_influence.nnc.actions.result_folder import ResultFields
from nnabla_influence.nnc.host import libraries
from nnabla_influence.nnc.host.fields import Fields


def request(methods="spectral,random", counts="1%,2%,5%,10%", trials=3, seed=0, start="last-epoch"):
    return CurveRequest(
        ResultFields("results.nnp"), "", Path("o.png"), Path("o.csv"), methods, counts, trials, seed, start
    )


def test_methods_are_taken_whatever_their_case():
    assert request(methods="Spectral, RANDOM").method_names == ("spectral", "random")


def test_lists_are_read_with_spaces_and_repetitions():
    read = request(" loss, random ,loss,", "10, 5 %,10")
    assert read.method_names == ("loss", "random")
    assert read.counts(200) == [10]
    assert read.counts(1000) == [10, 50]
    assert request().counts(40) == [1, 2, 4], "1 % of 40 is no sample"


@pytest.mark.parametrize(
    "values, message",
    [
        ({"methods": "magic"}, "methods some of spectral, .*, random, with commas between them; got 'magic'"),
        ({"methods": "tracin"}, "got 'tracin'"),
        ({"methods": " ,"}, "got ' ,'"),
        ({"counts": "1%;2%"}, "counts numbers or percentages with commas between them, such as 10,5%, got '1%;2%'"),
        ({"trials": 0}, "trials 1 or more, got 0"),
    ],
)
def test_what_cannot_be_is_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        request(**values)


@pytest.mark.parametrize(
    "counts, message", [("0,0.1%", "Nothing of the field counts is a sample of 40"), ("40", "40 cannot be removed")]
)
def test_numbers_that_do_not_fit_the_data_are_refused(counts, message):
    with pytest.raises(ConfigError, match=message):
        request(counts=counts).counts(40)


@pytest.fixture
def fields(trained_project, tmp_path):
    """``fields(**values)``: those of a small curve of a trained project."""
    project = trained_project("regression")

    def fill(**values):
        empty = dict.fromkeys(("train", "validation", "test", "cache"), "")
        outputs = {"output": str(tmp_path / "curve.png"), "table": str(tmp_path / "table.csv")}
        asked = {"methods": "loss,random", "counts": "4", "trials": 2, "seed": 0, "start": "last-epoch"}
        return Fields({"model": str(project.nnp), **empty, **outputs, **asked, **values})

    return fill


@pytest.mark.parametrize("seed, asked", [(None, 0), (7, 7)])
def test_number_and_start_are_taken_as_they_are(fields, monkeypatch, seed, asked):
    started = []
    monkeypatch.setattr(removal_curve, "_retrain", lambda request, console: started.append(request))
    run(fields(seed=seed, start="scratch", trials=2), RecordingConsole())
    (read,) = started
    assert (read.seed, read.start, read.trials) == (asked, "scratch", 2), "an empty seed is the first one"


def test_the_picture_the_table_and_a_sentence_are_made(fields, tmp_path):
    console = RecordingConsole()
    run(fields(), console)
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    curve = RemovalCurve.read_csv(tmp_path / "table.csv")
    assert curve.starts == ["last-epoch"] and len(curve.rows) == 6
    assert f"every retraining: {tmp_path / 'table.csv'} (6 rows)" in console.lines
    assert f"picture: {tmp_path / 'curve.png'}" in console.lines
    (decision,) = decisions(curve)
    assert console.lines[-1] == decision.sentence, "the table says what the log says, with its rows' figures beside it"
    assert decision.sentence.startswith("loss: ") and not any(line.startswith("random: ") for line in console.lines)
    assert ("retraining", "trainings") in console.phases
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        ".written_by_removal_curve.json",
        "curve.png",
        "table.csv",
        "table.rows.npz",
    ]


@pytest.mark.parametrize("start, folds", [("scratch", 5), ("last-epoch", 0)])
def test_from_scratch_it_also_says_how_many_labels_are_wrong(fields, trained_project, tmp_path, start, folds):
    console = RecordingConsole()
    run(fields(model=str(trained_project("affine").nnp), start=start), console)
    curve = RemovalCurve.read_csv(tmp_path / "table.csv")
    assert len(curve.figures.folds) == folds
    said = [line for line in console.lines if line.startswith("labels: ")]
    assert said == ([f"labels: {curve.label_noise}"] if folds else [])
    assert any(f"cost: up to {2 * (1 + 2) + folds} trainings" in line for line in console.lines)


def test_what_was_changed_while_it_retrained_is_named(fields, trained_project, tmp_path, monkeypatch, caplog):
    test = tmp_path / "test.csv"
    given = Path(fields().text("model")).parent
    (validation,) = given.rglob("validation.csv")
    header, *lines = validation.read_text(encoding="utf-8").splitlines()
    moved = (line.split(",", 1) for line in lines)  # other rows than those that scored
    rows = [f"{float(first) + 1},{others}" for first, others in moved]
    test.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")

    def meanwhile(*arguments):
        test.unlink()
        return run_removal_sweep(*arguments)

    monkeypatch.setattr(removal_curve, "run_removal_sweep", meanwhile)
    run(fields(test=str(test), trials=1, methods="random"), RecordingConsole())
    (said,) = [text for text in caplog.messages if "after it was read" in text]
    assert f"{test} was deleted after it was read" in said


def test_missing_data_and_an_output_that_is_read_are_refused(fields, trained_project, tmp_path):
    for wrong, error, message in (
        ({"test": str(tmp_path / "nobody.csv")}, DataError, "nobody.csv"),
        ({"output": str(trained_project("regression").nnp)}, OutputExistsError, "got one that is read"),
        ({"output": str(tmp_path / "one"), "table": str(tmp_path / "one")}, OutputExistsError, "one twice"),
    ):
        with pytest.raises(error, match=message):
            run(fields(**wrong), RecordingConsole())
    assert not list(tmp_path.glob("*.p*"))


def test_a_file_that_is_not_there_is_said_before_anything_is_read(fields, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    with pytest.raises(DataError, match="The test data '.*nobody.csv' does not exist"):
        run(fields(test="nobody.csv"), RecordingConsole())
    assert caplog.messages == []


def test_without_matplotlib_nothing_is_trained(fields, monkeypatch):
    monkeypatch.setattr(libraries.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="The picture needs matplotlib"):
        run(fields(), RecordingConsole())
