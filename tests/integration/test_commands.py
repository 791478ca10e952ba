"""The commands as a user types them: what they write, what they say, and how they end."""

import json
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from integration.conftest import SETTINGS, contents, data_of, network_and_data, scores_of
from support.nnc_project import make_project
from support.waiting import PATIENCE, exists

import nnabla_influence
from nnabla_influence.cli.demo import METHODS as DEMO_METHODS
from nnabla_influence.dataset.csv import Table

SHORT = ("--epochs", 1)


def vector(scores):
    return np.array([scores[row] for row in range(len(scores))])


# --- train, score, compare ----------------------------------------------------------------------------------------


def test_train_says_what_it_uses(finished):
    out, log = finished.said
    assert "cache 学習.h5" in out and "policy last-epoch" in out
    assert "solver: Sgd, learning rate 0.05, batch size 32, epochs 3" in log
    assert "96 training rows, 40 validation rows" in log
    assert "epoch 3 of 3: training loss" in log and "validation accuracy" in log


def test_the_influence_csv_is_the_training_csv_with_scores(finished, data):
    original, written = Table.read(data / "training.csv"), Table.read(finished.folder / "出力" / "influence.csv")
    assert written.header[:2] == original.header
    assert list(written.variables) == ["x", "y", "influence", "predicted_label", "loss", "datasource_index"]
    assert len(written) == len(original) == 96
    values = [float(row[2]) for row in written.rows]
    assert values == sorted(values) and values[0] < 0 < values[-1], "most harmful first"
    for row in written.rows:
        image, label = original.rows[int(row[-1])]
        assert written.resolve(row[0]) == original.resolve(image) and row[1] == label
        assert written.resolve(row[0]).is_file()


def test_nnabla_opens_the_influence_csv_as_a_data_set(finished):
    from nnabla.utils.data_source_implements import CsvDataSource

    source = CsvDataSource(str(finished.folder / "出力" / "influence.csv"), shuffle=False, normalize=True)
    assert source.variables == ("x", "y", "influence", "predicted_label", "loss", "datasource_index")
    assert source.size == 96
    image, *_ = source._get_data(0)
    assert np.shape(image) == (1, 8, 8) and np.max(image) <= 1


def test_the_same_command_writes_the_same_bytes(finished, data):
    for path in ("again.csv", "other.csv"):
        finished("score", "--cache", "cache 学習.h5", *data_of(data), "--output", path)
    finished("train", *network_and_data(data), *SETTINGS, "--cache", "second.h5")
    finished("score", "--cache", "second.h5", *data_of(data), "--output", "second.csv")
    first, *others = [(finished.folder / name).read_bytes() for name in ("again.csv", "other.csv", "second.csv")]
    assert all(other == first for other in others)
    assert (finished.folder / "second.h5").read_bytes() == (finished.folder / "cache 学習.h5").read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ("--method", "last-epoch"),
        ("--method", "last-epoch", "--recursion", "published"),
        ("--method", "loss"),
        ("--method", "random"),
        ("--at", "final"),
    ],
    ids=str,
)
def test_other_methods_give_other_scores(finished, data, options):
    finished("score", "--cache", "cache 学習.h5", *data_of(data), "--output", "other.csv", *options)
    influence, other = (vector(scores_of(finished.folder / name)) for name in ("出力/influence.csv", "other.csv"))
    assert np.isfinite(other).all() and len(set(other)) > 90 and not np.allclose(other, influence)
    out, _ = finished("compare", "出力/influence.csv", "other.csv", "--json")
    agreement = json.loads(out)["agreement"][0]
    assert -1 < agreement["spearman"] < 1 and agreement["first"] == "出力/influence.csv"
    assert "出力/influence.csv" in finished("compare", "出力/influence.csv", "other.csv")[0]


def test_the_default_is_spectral_at_the_averaged_parameters(finished, data):
    """Recorded by every policy but ``final``, whose file stays as small as can be unless asked."""
    score = ("score", *data_of(data), "--output", "出力/same.csv")
    _, log = finished(*score, "--cache", "cache 学習.h5", "--method", "spectral", "--at", "average")
    assert (finished.folder / "出力" / "same.csv").read_bytes() == (
        finished.folder / "出力" / "influence.csv"
    ).read_bytes()
    assert "scoring at the mean of the last epoch's parameters" in log
    assert "mean parameters" in finished("info", "cache 学習.h5")[0]
    train = ("train", *network_and_data(data), *SHORT, "--overwrite", "--cache", "small.h5")
    for options in (("--policy", "final"), ("--no-average-parameters",)):
        finished(*train, *options)
        _, log = finished(*score, "--cache", "small.h5")
        assert "scoring at the final parameters; their mean over the last epoch was not recorded" in log
        assert "mean parameters" not in finished("info", "small.h5")[0]
    finished(*train, "--policy", "final", "--average-parameters")
    assert "scoring at the mean" in finished(*score, "--cache", "small.h5")[1]


def test_score_knows_the_steps_to_follow_by_either_name(finished, data):
    score = ("score", "--cache", "cache 学習.h5", *data_of(data), "--method", "sgd-influence")
    for option in ("--through", "--epochs"):
        finished(*score, option, "last", "--output", f"last{option}.csv")
    first, second = ((finished.folder / f"last{option}.csv").read_bytes() for option in ("--through", "--epochs"))
    assert first == second


def test_run_averages_the_scores_of_its_seeds(commands, data):
    options = (*network_and_data(data), *SHORT)
    commands("run", *options, "--trials", 2, "--seed", 3, "--output", "mean.csv")
    for seed in (3, 4):
        commands("run", *options, "--seed", seed, "--output", f"single{seed}.csv")
    mean, first, second = (
        vector(scores_of(commands.folder / f"{name}.csv")) for name in ("mean", "single3", "single4")
    )
    # Nine significant digits are written.
    np.testing.assert_allclose(mean, (first + second) / 2, rtol=1e-8, atol=1e-8 * np.abs(first).max())
    assert not np.allclose(first, second)


def test_random_scores_of_several_seeds_are_averaged_too(commands, data):
    options = (*network_and_data(data), *SHORT, "--method", "random")
    commands("run", *options, "--trials", 2, "--output", "mean.csv")
    commands("run", *options, "--output", "single.csv")
    mean, single = (vector(scores_of(commands.folder / f"{name}.csv")) for name in ("mean", "single"))
    assert not np.allclose(mean, single)


def test_noise_is_found_better_than_by_chance(commands, data):
    """The job from end to end: flip labels, train, score, compare with the truth."""
    commands("noise", "--train", data / "training.csv", "--rate", 0.2, "--output", "noisy.csv", "--truth", "truth.csv")
    commands(
        "run",
        "--network",
        "builtin:mlp",
        "--train",
        "noisy.csv",
        "--validation",
        data / "validation.csv",
        "--output",
        "loss.csv",
        "--method",
        "loss",
        "--epochs",
        40,
        "--learning-rate",
        0.2,
        "--quiet",
    )
    out, _ = commands("compare", "loss.csv", "--truth", "truth.csv", "--json")
    mislabel = json.loads(out)["mislabel"][0]
    assert mislabel["flips"] == 19 and mislabel["auroc"] > 0.7


# --- other data and networks --------------------------------------------------------------------------------------


def test_regression_with_vector_inputs_and_a_bom(commands, tmp_path):
    project = make_project(tmp_path / "回帰", "regression")
    for path in (project.training_csv, project.validation_csv):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    before = contents(project.folder)
    data = ("--train", project.training_csv, "--validation", project.validation_csv)
    _, log = commands("run", "--network", "builtin:mlp", *data, *SHORT, "--output", "o.csv")
    assert "taken as real values" in log and "accuracy" not in log
    written = Table.read(commands.folder / "o.csv")
    assert not (commands.folder / "o.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert written.header[:3] == ["x__0:input 0", "x__1:input 1", "x__2:input 2"] and len(written) == 40
    assert vector(scores_of(commands.folder / "o.csv")).any()
    assert contents(project.folder) == before


def test_batch_normalisation_has_two_policies(commands, trained_project):
    project = trained_project("conv_bn")
    for policy in ("batch", "frozen"):
        commands("score", "--network", project.nnp, "--batch-norm", policy, "--output", f"{policy}.csv")
    batch, frozen = (vector(scores_of(commands.folder / f"{policy}.csv")) for policy in ("batch", "frozen"))
    assert np.isfinite(frozen).all() and not np.allclose(batch, frozen, rtol=0.01)


def test_several_inputs(commands, trained_project):
    project = trained_project("two_inputs")
    commands("train", "--network", project.nnp, "--cache", "c.h5")
    data = ("--train", project.training_csv, "--validation", project.validation_csv)
    commands("score", "--cache", "c.h5", *data, "--output", "o.csv")
    assert Table.read(commands.folder / "o.csv").header[0] == "right__0"
    assert np.count_nonzero(vector(scores_of(commands.folder / "o.csv"))) == 40


# --- projects of Neural Network Console ---------------------------------------------------------------------------


def test_a_trained_network_is_scored_directly(commands, trained_project):
    """Two words from a user's result folder: the file has data, solver, learning rate and trained parameters."""
    project = trained_project("affine")
    before = contents(project.folder)
    _, log = commands("score", "--network", project.nnp, "--output", "o.csv")
    assert f"training data: {project.training_csv} (from {project.nnp})" in log
    assert f"validation data: {project.validation_csv} (from {project.nnp})" in log
    assert "may be the best epoch's" in log and "learning rate 0.1" in log
    assert np.count_nonzero(vector(scores_of(commands.folder / "o.csv"))) == 40
    assert contents(project.folder) == before


def test_a_trained_network_is_continued_or_begun_anew(commands, trained_project):
    project = trained_project("affine")
    _, log = commands("train", "--network", project.nnp, "--cache", "continued.h5")
    assert "trained parameters" in log and "epoch 1 of 1" in log
    _, log = commands("train", "--network", project.nnp, "--cache", "anew.h5", "--from-scratch", "--seed", 5)
    assert "new parameters, seed 5" in log and "epoch 3 of 3" in log


@pytest.mark.parametrize("place", ["beside", "parent", "working folder"])
def test_relative_data_is_looked_up_in_three_places(commands, tmp_path, place):
    project = make_project(commands.folder if place == "working folder" else tmp_path / "データ", relative_uri=True)
    network = {
        "beside": project.nntxt,
        "parent": project.folder / "結果" / "net.nntxt",
        "working folder": tmp_path / "elsewhere" / "net.nntxt",
    }[place]
    network.parent.mkdir(exist_ok=True)
    if network != project.nntxt:
        shutil.move(str(project.nntxt), str(network))
    _, log = commands("train", "--network", network, *SHORT, "--cache", "c.h5")
    found = "training.csv" if place == "working folder" else project.training_csv
    assert f"training data: {found} (from {network})" in log


def test_the_networks_own_settings_can_be_overridden(commands, tmp_path):
    project = make_project(tmp_path / "p")
    options = ("--batch-size", 5, "--solver", "momentum", "--learning-rate", 0.01, "--epochs", 2)
    _, log = commands("train", "--network", project.nntxt, *options, "--cache", "c.h5")
    assert "solver: Momentum, learning rate 0.01, batch size 5, epochs 2" in log
    out, _ = commands("info", "c.h5")
    assert "Momentum, learning rate 0.01" in out and "16 (8 per epoch)" in out
    data = ("--train", project.training_csv, "--validation", project.validation_csv)
    commands("score", "--cache", "c.h5", *data, "--output", "o.csv")


# --- info, demo, help ---------------------------------------------------------------------------------------------


def test_info_describes_caches_scores_and_decoded_data(finished, data):
    out, _ = finished("info", "cache 学習.h5", "出力/influence.csv")
    assert "checksum correct" in out and str(data / "training.csv") in out and "96 rows" in out
    assert "most harmful rows:" in out and "negative: harmful:" in out
    shutil.copytree(str(finished.folder / "decoded データ"), str(finished.folder / "copy"))
    out, _ = finished("info", "--data-cache", "copy")
    assert "data sets" in out and str(data / "training.csv") in out and str(data / "validation.csv") in out
    assert "removed" in finished("info", "--data-cache", "copy", "--clear")[0]
    assert "0 data sets" in finished("info", "--data-cache", "copy")[0]


def test_the_second_run_decodes_nothing(commands, data):
    first = commands("train", *network_and_data(data), *SHORT, "--cache", "a.h5")[1]
    second = commands("train", *network_and_data(data), *SHORT, "--cache", "b.h5", "--seed", 1)[1]
    assert "reading training.csv" in first and "reading" not in second


def test_demo_prints_its_table_and_decides_nothing_from_one_training(commands):
    out, log = commands("demo", "--trials", 1, "--output", "デモ")
    lines = out.splitlines()
    assert len(lines) + len(log.splitlines()) <= 60 and "epoch " not in log
    start = next(number for number, line in enumerate(lines) if line.startswith("scores "))
    header, _, *rows = lines[start : start + 2 + len(DEMO_METHODS)]
    assert header.split()[:2] == ["scores", "AUROC"]
    found = {row.split()[0]: float(row.split()[1]) for row in rows}
    assert set(found) == set(DEMO_METHODS) >= {"spectral", "loss", "random"}
    assert min(found["loss"], found["spectral"]) > 0.8 > 0.6 > found["random"]
    assert len(Table.read(commands.folder / "デモ" / "influence.csv")) == 1000
    assert (commands.folder / "デモ" / "report.html").is_file()
    assert "spectral: one training of each kind cannot tell chance from effect, so nothing is removed" in out
    assert not (commands.folder / "デモ" / "cleansed.csv").exists(), "tests/unit/cli/test_demo.py: what is removed"
    assert not list((commands.folder / "デモ").rglob("*.partial"))


def test_a_console_that_lacks_characters_gets_question_marks(finished):
    out = finished("info", "出力/influence.csv", PYTHONIOENCODING="cp1252")[0]
    assert "??/influence.csv" in out and "96 rows" in out


def test_a_locale_that_knows_ascii_only(finished, data):
    """Python then cannot decode the folders' names; the files are read and written all the same."""
    ascii_locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    finished("train", *network_and_data(data), *SETTINGS, "--cache", "ascii 学習.h5", **ascii_locale)
    finished("score", "--cache", "ascii 学習.h5", *data_of(data), "--output", "出力/ascii.csv", **ascii_locale)
    assert "checksum correct" in finished("info", "ascii 学習.h5", "出力/ascii.csv", **ascii_locale)[0]
    written, expected = (finished.folder / "出力" / f"{name}.csv" for name in ("ascii", "influence"))
    assert written.read_bytes() == expected.read_bytes()


def test_no_file_is_opened_in_the_locales_encoding(finished, data):
    options = {"PYTHONWARNDEFAULTENCODING": "1", "PYTHONWARNINGS": "always::EncodingWarning"}
    _, trained = finished("train", *network_and_data(data), *SHORT, "--cache", "warned.h5", **options)
    _, scored = finished("score", "--cache", "warned.h5", *data_of(data), "--output", "warned.csv", **options)
    warned = [line for line in (trained + scored).splitlines() if "EncodingWarning" in line]
    assert warned, "NNabla itself is known to do so: the check works"
    ours = str(
        Path(nnabla_influence.__file__).parent
    )  # a clone's folder, with everybody's packages, may be called so too
    assert not [line for line in warned if line.startswith(ours)]


# --- interruptions ------------------------------------------------------------------------------------------------


def test_ctrl_c_says_how_to_go_on_and_the_same_command_goes_on(commands, data):
    train = ("train", *network_and_data(data), "--cache", "c.h5", "--epochs", 400)
    process = commands.start(*train)
    exists(commands.folder / "c.h5.partial" / "progress.npz", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    last = errors.decode("utf-8").strip().splitlines()[-1]
    assert process.returncode == 130 and "Traceback" not in errors.decode("utf-8")
    assert last.startswith("interrupted: ") and "c.h5.partial" in last
    assert "same command" in last and "--discard" in last
    assert not (commands.folder / "c.h5").exists()

    out, errors = commands(*train[:-1], 500, code=2)  # another configuration
    assert "config.epochs: 500 / 400" in errors
    _, log = commands(*train)
    assert "going on with the interrupted training" in log and "epoch 400 of 400" in log
    assert "epoch 1 of 400" not in log, "it went on, it did not begin anew"
    assert not (commands.folder / "c.h5.partial").exists()
    _, log = commands(*train)
    assert "nothing to do" in log


def test_discard_removes_the_progress_and_nothing_else(commands, data):
    train = ("train", *network_and_data(data), "--cache", "c.h5", "--epochs", 400)
    process = commands.start(*train)
    exists(commands.folder / "c.h5.partial" / "progress.npz", process)
    process.kill()
    process.communicate()
    out, _ = commands(*train, "--discard")
    assert "removed" in out and not (commands.folder / "c.h5.partial").exists()
    assert "there is no" in commands(*train, "--discard")[0]
    assert not (commands.folder / "c.h5").exists()


@pytest.mark.parametrize("old", [None, b"the old file"])
def test_a_killed_score_leaves_no_half_written_csv(finished, data, old):
    """Killed at moments from its start to about its end: the output is absent, old, or whole."""
    output = finished.folder / f"killed {old}.csv"
    seen = set()
    for delay in (0.0, 0.05, 0.1, 0.15, 0.2, 0.3):
        if old:
            output.write_bytes(old)
        score = ("score", "--cache", "cache 学習.h5", *data_of(data), "--output", output, "--overwrite")
        process = finished.start(*score)
        time.sleep(delay)
        process.kill()
        process.communicate()
        seen.add(output.read_bytes() if output.exists() else None)
    assert old in seen and len(seen) <= 2
    assert all(found == old or len(found.splitlines()) == 1 + 96 for found in seen)


def test_a_report_is_not_made_with_the_cache_of_another_training(finished):
    rows = [f"{row}.5,{row % 2},{row - 3},{row}" for row in range(7)]
    text = "\n".join(["x,y,influence,datasource_index", *rows])
    (finished.folder / "seven.csv").write_text(text, encoding="utf-8")
    finished("report", "--influence", "seven.csv", "--output", "seven.html")
    options = ("--influence", "seven.csv", "--cache", "cache 学習.h5", "--output", "other.html")
    _, errors = finished("report", *options, code=2)
    assert "expected the training of the 7 samples that were scored, found one with 96" in errors
    assert not (finished.folder / "other.html").exists()
