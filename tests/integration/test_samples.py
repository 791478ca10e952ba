"""The samples run: their very scripts, on little data."""

import gzip
import io
import json
import logging
import re
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support import prepared
from support.adult_rows import adult_rows

from nnabla_influence.choices import POLICIES
from nnabla_influence.estimators import METHODS as ESTIMATORS
from nnabla_influence.nnc.host.manifest import PLUGINS

METHODS = ("last-epoch, published", "spectral", "loss", "random")
ROOT = Path(__file__).resolve().parents[2]


def _run(script, *arguments, check=True):
    done = prepared.run([sys.executable, ROOT / "samples" / script, *arguments], cwd=ROOT)
    done.stdout, done.stderr = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    assert done.returncode == 0 or not check, done.stderr
    return done


def test_digits(tmp_path):
    _run("digits/prepare.py", "--output", tmp_path / "work", "--training", 60, "--validation", 40)
    printed = _run(
        "detection.py",
        "--train",
        tmp_path / "work" / "training.csv",
        "--validation",
        tmp_path / "work" / "validation.csv",
        "--seeds",
        2,
        "--methods",
        *METHODS,
        "--output",
        tmp_path / "out",
        "--",
        "--epochs",
        1,
    ).stdout
    assert "| last-epoch, published |" in printed
    results = pd.read_csv(tmp_path / "out" / "results.csv")
    assert set(results["method"]) == {"(training)", *METHODS}
    assert results.loc[results["method"] == "loss", "auroc"].between(0, 1).all()


@pytest.fixture
def images():
    random = np.random.default_rng(0)
    return random.integers(0, 256, (12, 28, 28), dtype=np.uint8), np.arange(12) % 10


def _check_mnist(source, output, images):
    _run("mnist/prepare.py", "--data", source, "--output", output, "--training", 8, "--validation", 4, "--test", 5)
    table = pd.read_csv(output / "training.csv")
    assert list(table.columns) == ["x:image", "y:label"] and len(table) == 8
    drawn = {
        np.array(Image.open(output / name)).tobytes(): label for name, label in zip(table["x:image"], table["y:label"])
    }
    assert all(drawn.get(image.tobytes(), label) == label for image, label in zip(*images))
    assert len(pd.read_csv(output / "validation.csv")) == 4 and len(pd.read_csv(output / "test.csv")) == 5


def test_mnist_from_idx_files(tmp_path, images):
    for stem in ("train", "t10k"):
        pixels = struct.pack(">IIII", 2051, 12, 28, 28) + images[0].tobytes()
        labels = struct.pack(">II", 2049, 12) + images[1].astype(np.uint8).tobytes()
        (tmp_path / f"{stem}-images-idx3-ubyte.gz").write_bytes(gzip.compress(pixels))
        (tmp_path / f"{stem}-labels-idx1-ubyte").write_bytes(labels)
    _check_mnist(tmp_path, tmp_path / "work", images)


def test_the_table_of_objectives_goes_on_where_it_stopped(tmp_path):
    conditions = ("regression: 15 % shuffled", "digits: 20 % pairwise")
    line = ("--output", tmp_path, "--rows", 60, "--conditions", *conditions)
    first = _run("objective/objectives.py", *line, "--seeds", 1)
    assert "digits: 20 % pairwise, seed 0" in first.stdout
    again = _run("objective/objectives.py", *line, "--seeds", 2)
    assert "seed 0" not in again.stdout and "seed 1" in again.stdout
    assert "| regression: 15 % shuffled | 2 | " in again.stdout
    assert "| digits: 20 % pairwise | accuracy | " in again.stdout
    results = pd.read_csv(tmp_path / "results.csv")
    rankings = ["loss", "error", "own loss", "random"]
    folds = ["knn-shapley", "out-of-fold", "error + out-of-fold"]
    expected = [(c, s, r) for s in (0, 1) for c in conditions for r in rankings + (folds if "digits" in c else [])]
    assert list(zip(results["condition"], results["seed"], results["ranking"])) == expected
    assert results["auroc"].between(0, 1).all() and results["tau"].dropna().between(-1, 1).all()
    digits = results[results["measure"] == "accuracy"]
    assert set(digits["condition"]) == {conditions[1]} and digits["after"].between(0, 1).all()


def test_the_table_of_lanczos_steps(tmp_path):
    printed = _run("benchmark/lanczos_steps.py", "--rows", 60, "--conditions", "regression: 15 % shuffled").stdout
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines()[2:]]
    assert [row[1] for row in rows[:-1]] == ["2", "3", "4", "5", "6", "8", "12"] and "by the rule" in rows[-1][1]
    changes, errors = ([float(row[column]) for row in rows] for column in (3, 4))
    assert changes[0] > 1e-3 > changes[-1] and errors[-1] < 1e-3, "the rule stopped where it should, and that is enough"
    assert all(float(row[3]) <= 1 and abs(float(row[5])) <= 1 and 0 <= float(row[6]) <= 1 for row in rows)


def test_the_cells_of_the_notebook_run(tmp_path, monkeypatch, capsys, caplog):
    """In this process: a kernel would need Jupyter."""
    caplog.set_level(logging.INFO, "nnabla_influence")  # the notebook lowers it; afterwards it is as before
    notebook = json.loads((ROOT / "samples" / "notebook" / "digits.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) == 9 and all(cell["outputs"] for cell in cells), "it is stored as it was executed"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names = {}
    for cell in cells:
        source = "".join(cell["source"])
        small = source.replace("= 600, 600", "= 120, 120").replace("orders=3", "orders=2, start='last-epoch'")
        exec(compile(small, "digits.ipynb", "exec"), names)
    assert "120 training images, 24 of them with a wrong label" in capsys.readouterr().out
    assert len(names["better"]) == 120 - names["chosen"].removed


def test_the_table_of_verdicts_counts_what_was_decided(tmp_path):
    columns = "condition,ranking,draw,rows,flips,outcome,removed,confirmed,gain,against_random"
    columns += ",accuracy,accuracy_removed,accuracy_as_many,accuracy_without_flips,seconds"
    lines = [
        columns,
        '"digits, clean",random,0,900,0,nothing worth removing,0,,,,0.96,0.96,0.96,0.96,10',
        '"digits, 20% pairwise",spectral,0,900,180,remove,158,158,0.09,0.1,0.85,0.94,0.93,0.95,30',
        '"digits, 20% pairwise",spectral,1,900,180,remove,90,90,0.09,0.1,0.83,0.82,0.91,0.95,30',
    ]
    (tmp_path / "results.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    printed = _run("verdicts/verdicts.py", "--output", tmp_path, "--table-only").stdout
    assert (
        "| digits, clean | random | 0 of 1 (0% to 98%) | - | - | 0.9600 | 0.9600 | 0.9600 | 0.9600 | +0.0000 |"
        in printed
    )
    assert (
        "| digits, 20% pairwise | spectral | 2 of 2 (16% to 100%) | 1 of 2 (1% to 99%) | 0.69 | 0.8800 | 0.8400 | "
        "0.9200 | 0.9500 | -0.0100 |"
    ) in printed


def test_draws_in_which_accuracy_fell_are_judged_anew(tmp_path):
    columns = "condition,ranking,draw,rows,flips,outcome,removed,confirmed,gain,against_random"
    columns += ",accuracy,accuracy_removed,accuracy_as_many,accuracy_without_flips,seconds"
    lines = [
        columns,
        '"digits, 10% symmetric",spectral,7,900,90,remove,800,800,0.09,0.1,0.85,0.84,0.93,0.95,30',
        '"digits, 20% pairwise",spectral,1,900,180,remove,180,180,0.09,0.1,0.83,0.92,0.91,0.95,30',
    ]
    table, output = tmp_path / "results.csv", tmp_path / "fallen.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = ("verdicts/fallen.py", "--results", table, "--output", output, "--seeds", 2)
    printed = _run(*arguments).stdout
    assert len(output.read_text(encoding="utf-8").splitlines()) == 2
    change = float(
        re.search(r"\| digits, 10% symmetric \| 7 \| 90 \| 800 \| -0.0100 \| ([+-]0\.\d+) ±", printed).group(1)
    )
    assert change < -0.1  # with a hundred rows nobody learns digits
    before = output.stat().st_mtime_ns
    assert _run(*arguments).stdout == printed  # what was judged is not judged again
    assert output.stat().st_mtime_ns == before


def test_mnist_from_a_zip_of_pngs(tmp_path, images):
    with zipfile.ZipFile(tmp_path / "mnist.zip", "w") as archive:
        for number, (image, label) in enumerate(zip(*images)):
            Image.fromarray(image).save(tmp_path / "one.png")
            for part in ("train", "test"):
                archive.write(tmp_path / "one.png", f"mnist/{part}/{label}/{number}.png")
    _check_mnist(tmp_path / "mnist.zip", tmp_path / "work", images)


def test_mnist_from_something_else_is_refused(tmp_path):
    (tmp_path / "readme.txt").write_text("nothing here")
    done = _run("mnist/prepare.py", "--data", tmp_path, "--output", tmp_path / "work", check=False)
    assert done.returncode and "train-images" in done.stderr


def test_the_nnc_project_is_built_and_every_plugin_clicked(tmp_path):
    sizes = (
        "--training",
        96,
        "--validation",
        40,
        "--counts",
        "10%",
        "--trials",
        1,
        "--start",
        "last-epoch",
        "--row",
        7,
    )
    printed = _run("nnc_project/build.py", "--output", tmp_path, *sizes).stdout
    assert printed.count("completed successfully.") == 7
    result = tmp_path / "result"
    pictures = ("removal_curve.png", "most_harmful.png", "why_this_row.png")
    for name in ("results.nnp", "influence.csv", "influence_report.html", *pictures):
        assert (result / name).is_file()
    assert len(pd.read_csv(result / "cleansed.csv")) == 86 and len(pd.read_csv(result / "removed.csv")) == 10
    assert (tmp_path / "result_cleansed" / "influence_cache.h5").is_file()
    assert "of the 10 removed samples had a wrong label; there were 10 wrong labels" in printed


def evaluated(folder, train, *settings):
    """A removal curve of little data, in a process as a user starts it."""
    data = ("--train", folder / train, "--validation", folder / "validation.csv", "--test", folder / "test.csv")
    what = ("--trials", 2, "--remove", 2, "--methods", "loss", "random", "--epochs", 1)
    command = [sys.executable, "-m", "nnabla_influence", "evaluate", *data, *what, *settings]
    curve = folder / "curve.csv"
    done = prepared.run([*command, "--output", curve], cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode("utf-8")
    return curve


def test_the_table_of_adult_and_its_curves(tmp_path):
    for name, rows in (("adult.data", 80), ("adult.test", 40)):
        (tmp_path / name).write_text("\n".join(adult_rows(rows)) + "\n")
    files = ("--data", tmp_path / "adult.data", tmp_path / "adult.test")
    _run("tabular/prepare.py", *files, "--output", tmp_path, "--training", 40, "--validation", 30)
    training = pd.read_csv(tmp_path / "training.csv")
    assert len(training) == 40 and set(training["y:label"]) <= {0, 1}
    assert abs(training.filter(like="x__0").to_numpy().mean()) < 1e-4
    # The made-up test rows begin like the training rows, which evaluate would refuse.
    (tmp_path / "test.csv").write_text("\n".join((tmp_path / "test.csv").read_text().splitlines()[:1]), "utf-8")
    with open(tmp_path / "test.csv", "a", encoding="utf-8") as stream:
        columns = len(training.columns)
        stream.writelines(f"\n{','.join([str(row / 7)] * (columns - 1))},{row % 2}" for row in range(12))
    curve = evaluated(tmp_path, "training.csv", "--network", "builtin:mlp")
    printed = _run("curves.py", curve, "--figure", tmp_path / "curve.png").stdout
    assert "| random |" in printed and "chosen by selection" in printed
    with Image.open(tmp_path / "curve.png") as picture:
        assert picture.size[0] > 500


def test_cifar10_from_the_binary_version(tmp_path):
    random = np.random.default_rng(0)
    (tmp_path / "cifar").mkdir()
    for name in [f"data_batch_{k}.bin" for k in range(1, 6)] + ["test_batch.bin"]:
        records = random.integers(0, 256, (20, 3073), dtype=np.uint8)
        records[:, 0] = np.arange(20) % 10
        (tmp_path / "cifar" / name).write_bytes(records.tobytes())
    sizes = ("--training", 20, "--validation", 10, "--test", 10)
    _run("cifar10/prepare.py", "--data", tmp_path / "cifar", "--output", tmp_path / "work", *sizes)
    table, validation = (pd.read_csv(tmp_path / "work" / f"{name}.csv") for name in ("training", "validation"))
    assert (pd.concat([table, validation])["y:label"].value_counts() == 3).all() and len(table) == 20
    whole = b"".join((tmp_path / "cifar" / f"data_batch_{k}.bin").read_bytes() for k in range(1, 6))
    record = int(Path(table["x:image"][0]).stem)
    pixels = np.frombuffer(whole, np.uint8).reshape(-1, 3073)[record]
    image = np.array(Image.open(tmp_path / "work" / table["x:image"][0]))
    assert pixels[0] == table["y:label"][0] and (image.transpose(2, 0, 1).ravel() == pixels[1:]).all()


def test_cifar10_with_labels_given_by_people(tmp_path):
    with zipfile.ZipFile(tmp_path / "cifar.zip", "w") as archive:
        lines = {"train": ["x:image,y:label"], "test": ["x:image,y:label"]}
        human = ["image,clean_label,aggre_label"]
        for part, count in (("train", 40), ("test", 10)):
            for row in range(count):
                name = f"{part}/{row}.png"
                stream = io.BytesIO()
                Image.fromarray(np.full((32, 32, 3), row, np.uint8)).save(stream, "png")
                archive.writestr(f"cifar10/{name}", stream.getvalue())
                lines[part].append(f"{name},{row % 10}")
                human += [f"{name},{row % 10},{(row % 10 + (row % 4 == 0)) % 10}"] if part == "train" else []
            archive.writestr(f"cifar10/{part}.csv", "\n".join(lines[part]))
        archive.writestr("cifar10/train_human_noise.csv", "\n".join(human))
    sizes = ("--training", 20, "--validation", 10, "--test", 10, "--human", "aggre_label")
    _run("cifar10/prepare.py", "--data", tmp_path / "cifar.zip", "--output", tmp_path / "work", *sizes)
    tables = {name: pd.read_csv(tmp_path / "work" / f"{name}.csv") for name in ("training", "human", "human_truth")}
    assert list(tables["human"]["x:image"]) == list(tables["training"]["x:image"])
    wrong = tables["human"]["y:label"] != tables["training"]["y:label"]
    assert list(tables["human_truth"]["flipped"]) == list(wrong.astype(int)) and wrong.any() and not wrong.all()


def test_the_benchmark_of_scoring_cost(tmp_path):
    little = ("--repeats", 1, "--batch", 4, "--samples", 4, 8)
    printed = _run("benchmark/scoring_cost.py", *little, "--json", tmp_path / "figures.json").stdout
    assert "ratio" in printed and (tmp_path / "figures.json").is_file()
    assert [line.split()[-3] for line in printed.splitlines()[-5:]] == list(POLICIES)


def test_the_benchmark_of_products():
    printed = _run("benchmark/product_cost.py", "--repeats", 1, "--batch", 4).stdout
    assert printed.count("scores, forward mode") == printed.count("asymmetry") == 3


def test_the_benchmark_of_methods(tmp_path):
    little = ("--networks", "builtin:mlp", "nnc", "--samples", 30, "--batch", 6, "--epochs", 1, "--repeats", 1)
    printed = _run("benchmark/method_cost.py", *little, "--json", tmp_path / "figures.json").stdout
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert set(ESTIMATORS) < set(figures["nnc"]["ratios"]) and "nnc: 30 samples" in printed
    for name in ("builtin:mlp", "nnc"):  # what takes a pass over the data, and what does not
        ratios = {what: of_rounds[0] for what, of_rounds in figures[name]["ratios"].items()}
        assert min(ratios[what] for what in ("spectral", "last-epoch", "tracin", "loss")) > ratios["random"]


def test_all_benchmarks_in_one_run(tmp_path):
    printed = _run("benchmark/benchmark.py", "--only", "help", "--output", tmp_path / "kept" / "benchmark.txt").stdout
    assert printed == (tmp_path / "kept" / "benchmark.txt").read_text(encoding="utf-8")
    assert printed.startswith("cpu ") and "\n\n== help: help_time.py\n" in printed and "influence.py -h" in printed


def test_the_benchmark_of_whole_scorings(tmp_path):
    little = ("--networks", "builtin:mlp", "--samples", 60, 90, "--batch", 8, "--repeats", 1)
    printed = _run("benchmark/spectral_cost.py", *little, "--json", tmp_path / "figures.json").stdout
    assert printed.count("2 workers:") == 2 and printed.count("at N = 50,000 computed") == 2
    assert (tmp_path / "figures.json").is_file()


def test_the_benchmark_of_whole_scorings_on_a_cluster():
    pytest.importorskip("distributed", reason="needs the extra [dask]")
    little = ("--networks", "builtin:mlp", "--samples", 60, "--batch", 8, "--repeats", 1, "--workers", 1)
    printed = _run("benchmark/spectral_cost.py", *little, "--cluster", 2).stdout
    assert [line.split(":")[0].split(", ")[1] for line in printed.splitlines()[-2:]] == ["1 worker", "cluster of 2"]


def test_the_benchmark_of_reading():
    printed = _run("benchmark/reading_cost.py", "--rows", 50, "--pictures", 3, "--repeats", 1).stdout
    lines = printed.splitlines()[1:]
    assert [line.split(":")[0] for line in lines] == [
        "50 rows of 20 numbers, 1 worker",
        "3 PNG of 32x32, 1 worker",
        "3 PNG of 32x32, 2 workers",
    ]
    assert all("; again" in line for line in lines)


def test_the_grid_of_defaults(tmp_path):
    _run("digits/prepare.py", "--output", tmp_path, "--training", 60, "--validation", 40)
    noise = ("--train", tmp_path / "training.csv", "--rate", 0.2)
    files = ("--output", tmp_path / "noisy.csv", "--truth", tmp_path / "truth.csv")
    done = prepared.run([sys.executable, "-m", "nnabla_influence", "noise", *noise, *files], cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode("utf-8")
    printed = _run(
        "benchmark/builtin_defaults.py",
        "builtin:mlp",
        tmp_path / "noisy.csv",
        tmp_path / "validation.csv",
        "--truth",
        tmp_path / "truth.csv",
        "--learning-rates",
        0.02,
        "--batch-sizes",
        20,
        "--epochs",
        1,
    ).stdout
    assert len(printed.splitlines()) == 2


def test_the_benchmark_of_help():
    printed = _run("benchmark/help_time.py", "--repeats", 1).stdout
    assert printed.count(" ms ") == 1 + len(PLUGINS) and "influence.py -h" in printed
