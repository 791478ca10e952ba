"""The samples run: their very scripts, on little data."""

import gzip
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

METHODS = ("last-epoch, published", "spectral", "loss", "random")
ROOT = Path(__file__).resolve().parents[2]


def _run(script, *arguments, check=True):
    return subprocess.run(
        [sys.executable, str(ROOT / "samples" / script), *map(str, arguments)],
        check=check,
        cwd=str(ROOT),
        capture_output=True,
        encoding="utf-8",
    )


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
    sizes = ("--training", 96, "--validation", 40, "--counts", "10%", "--trials", 1, "--start", "last-epoch")
    printed = _run("nnc_project/build.py", "--output", tmp_path, *sizes).stdout
    assert printed.count("completed successfully.") == 6
    result = tmp_path / "result"
    for name in ("results.nnp", "influence.csv", "removal_curve.png", "most_harmful.png", "influence_report.html"):
        assert (result / name).is_file()
    assert len(pd.read_csv(result / "cleansed.csv")) == 86 and len(pd.read_csv(result / "removed.csv")) == 10
    assert (tmp_path / "result_cleansed" / "influence_cache.h5").is_file()
    assert "of the 10 removed samples had a wrong label; there were 10 wrong labels" in printed


def test_the_benchmark_of_scoring_cost(tmp_path):
    printed = _run(
        "benchmark/scoring_cost.py", "--repeats", 1, "--samples", 4, 8, "--json", tmp_path / "figures.json"
    ).stdout
    assert "ratio" in printed and (tmp_path / "figures.json").is_file()


def test_the_grid_of_defaults(tmp_path):
    _run("digits/prepare.py", "--output", tmp_path, "--training", 60, "--validation", 40)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "nnabla_influence",
            "noise",
            "--train",
            tmp_path / "training.csv",
            "--rate",
            "0.2",
            "--output",
            tmp_path / "noisy.csv",
            "--truth",
            tmp_path / "truth.csv",
        ],
        check=True,
        cwd=str(ROOT),
    )
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
