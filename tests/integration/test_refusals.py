"""What the commands refuse: exit code, one message that says where and what to do, and nothing written.

Code 2: the request is wrong. Code 1: the run failed.
"""

import shutil
import signal
import subprocess

import numpy as np
import pytest
from integration.conftest import contents, data_of, network_and_data
from support.nnc_project import make_project
from support.waiting import PATIENCE, until

IMAGES = [f"images/{number:04d}.png" for number in range(30)]


@pytest.fixture
def written(commands, data):
    """``written(name, lines)``: a CSV beside copies of some of the images; returns its path."""
    (commands.folder / "images").mkdir()
    for name in IMAGES:
        shutil.copy(str(data / name), str(commands.folder / name))

    def write(name, lines, encoding="utf-8"):
        (commands.folder / name).write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return commands.folder / name

    return write


def rows(labels):
    return ["x:image,y:label"] + [f"{image},{label}" for image, label in zip(IMAGES, labels)]


def refuse(commands, *arguments, code=2):
    """The message of a refused command, which must leave every file as it was."""
    before = _files(commands)
    out, errors = commands(*arguments, code=code)
    assert _files(commands) == before, "a refused command writes nothing"
    assert out == "" and errors.count("error: ") == 1
    return errors[errors.index("error: ") :]


def _files(commands):
    return {path: hash for path, hash in contents(commands.folder).items() if "decoded" not in str(path)}


# --- data ---------------------------------------------------------------------------------------------------------


def test_all_broken_cells_are_listed_together(commands, data, written):
    lines = rows([0, 1, "cat", "nan", "", 2])
    lines[1], lines[6] = "images/none.png,0", "images/0005.png,2,7"
    ragged = refuse(
        commands,
        "train",
        "--network",
        "builtin:mlp",
        "--train",
        written("ragged.csv", lines),
        "--validation",
        data / "validation.csv",
        "--cache",
        "c.h5",
    )
    assert "ragged.csv: 1 broken cell" in ragged and "line 7" in ragged and "expected 2 cells" in ragged
    message = refuse(
        commands,
        "train",
        "--network",
        "builtin:mlp",
        "--train",
        written("b.csv", lines[:6]),
        "--validation",
        data / "validation.csv",
        "--cache",
        "c.h5",
    )
    assert "b.csv: 4 broken cells" in message
    for line, column, value in (
        (2, "x:image", "images/none.png"),
        (4, "y:label", "cat"),
        (5, "y:label", "nan"),
        (6, "y:label", ""),
    ):
        assert f"line {line}, column '{column}', value '{value}'" in message
    assert "Check the paths" in message and "number the classes" in message


@pytest.mark.parametrize(
    "lines, expected",
    [
        ([], ["got an empty file"]),
        (
            [line.replace(",", ";") for line in rows([0, 1])],
            ["separated by commas", "semicolons", "comma-separated CSV"],
        ),
        (["x:image,y:label"], ["at least one line of data below the header"]),
        (rows([-1, 0, 1]), ["whole numbers from -1 to 1", "count from 0", "--task regression"]),
        (
            [line.replace("x:image,y:label", "picture,label") for line in rows([0, 1])],
            ["picture, label", "x:image,y:label"],
        ),
    ],
    ids=["empty", "semicolons", "header only", "negative labels", "other names"],
)
def test_data_that_is_no_training_data(commands, data, written, lines, expected):
    message = refuse(
        commands,
        "train",
        "--network",
        "builtin:mlp",
        "--train",
        written("bad.csv", lines),
        "--validation",
        data / "validation.csv",
        "--cache",
        "c.h5",
    )
    assert "bad.csv" in message and all(part in message for part in expected)


def test_a_file_that_is_not_utf8(commands, data, written):
    message = refuse(
        commands,
        "train",
        "--network",
        "builtin:mlp",
        "--train",
        written("sjis.csv", ["x:画像,y:ラベル", IMAGES[0] + ",0"], "cp932"),
        "--validation",
        data / "validation.csv",
        "--cache",
        "c.h5",
    )
    assert "sjis.csv: line 1: expected UTF-8" in message


def test_labels_outside_the_networks_classes(commands, written):
    train, validation = written("t.csv", rows([0, 1, 2] * 5)), written("v.csv", rows([0, 1, 7, 2, 3]))
    message = refuse(commands, "train", *_builtin(train, validation), "--cache", "c.h5")
    assert "v.csv: column 'y' should hold whole numbers from 0 to 2" in message
    assert "line 4, column 'y', value 7" in message and "line 6, column 'y', value 3" in message


def test_a_class_without_samples_is_worth_a_warning(commands, written):
    train, validation = written("t.csv", rows([1, 2, 4] * 5)), written("v.csv", rows([1, 2, 4]))
    _, log = commands("train", *_builtin(train, validation), "--cache", "c.h5", "--epochs", 1)
    assert "warning: no training sample of class 0, 3" in log


def test_images_of_several_sizes(commands, data, written, tmp_path):
    import imageio.v2 as imageio

    imageio.imwrite(str(commands.folder / "images" / "large.png"), np.zeros((12, 10), np.uint8))
    train = written("t.csv", rows([0, 1, 2]) + ["images/large.png,1"])
    message = refuse(commands, "train", *_builtin(train, data / "validation.csv"), "--cache", "c.h5")
    assert "line 5" in message and "12x10" in message and "--image-size" in message
    commands(
        "train",
        *_builtin(train, written("v.csv", rows([0, 1, 2]))),
        "--cache",
        "c.h5",
        "--epochs",
        1,
        "--image-size",
        "9x9",
    )
    message = refuse(
        commands,
        "train",
        *_builtin(written("t8.csv", rows([0, 1])), written("big.csv", ["x:image,y:label", "images/large.png,1"])),
        "--cache",
        "d.h5",
    )
    assert "big.csv" in message and "(1, 8, 8)" in message and "--image-size 8x8" in message


def test_a_single_row_and_a_batch_larger_than_the_data(commands, written):
    """Unusual, but nothing is wrong with it."""
    one = written("one.csv", rows([0]))
    commands("run", *_builtin(one, one), "--epochs", 1, "--output", "o.csv")
    train = written("t.csv", rows([0, 1, 2] * 3))
    commands("run", *_builtin(train, train), "--epochs", 1, "--batch-size", 500, "--output", "p.csv")


def _builtin(train, validation):
    return ("--network", "builtin:mlp", "--train", train, "--validation", validation)


# --- requests -----------------------------------------------------------------------------------------------------

# what is asked for, in `finished`'s folder -> parts of the answer
REQUESTS = {
    "no such file": (
        ["train", "--network", "builtin:mlp", "--train", "無い.csv", "--cache", "c.h5"],
        ["--train", "expected an existing file", "無い.csv"],
    ),
    "no data": (
        ["train", "--network", "builtin:mlp", "--cache", "c.h5"],
        ["does not say where its data is", "--train CSV and --validation CSV"],
    ),
    "unknown built-in": (
        ["train", "--network", "builtin:resnet", "DATA", "--cache", "c.h5"],
        ["builtin:mlp, builtin:cnn, builtin:cifarnet", "builtin:resnet"],
    ),
    "no such network": (["train", "--network", "nope.nnp", "--cache", "c.h5"], ["nope.nnp", "does not exist"]),
    "folder as network": (["train", "--network", ".", "--cache", "c.h5"], ["is a folder", "results.nnp"]),
    "csv as network": (["train", "--network", "出力/influence.csv", "--cache", "c.h5"], [".nnp or .nntxt"]),
    "small images": (
        ["train", "--network", "builtin:cnn", "DATA", "--image-size", "4x4", "--cache", "c.h5"],
        ["at least 8x8", "builtin:mlp"],
    ),
    "solver without rate": (
        ["train", "--network", "builtin:mlp", "DATA", "--solver", "Adam", "--cache", "c.h5"],
        ["--solver Adam needs a --learning-rate"],
    ),
    "wrong solver": (
        ["train", "--network", "builtin:mlp", "DATA", "--solver", "Adadelta", "--cache", "c.h5"],
        ["--solver", "Adadelta", "Sgd, Momentum"],
    ),
    "wrong device": (
        ["train", "--network", "builtin:mlp", "DATA", "--device", "gpu", "--cache", "c.h5"],
        ["cpu", "cudnn", "'gpu'"],
    ),
    "other settings": (
        ["train", "--network", "builtin:mlp", "DATA", "--cache", "cache 学習.h5", "--epochs", "9"],
        ["config.epochs: 9 / 3", "--overwrite"],
    ),
    "neither cache nor network": (["score", "DATA", "--output", "o.csv"], ["either --cache", "or --network"]),
    "both cache and network": (
        ["score", "--cache", "cache 学習.h5", "--network", "builtin:mlp", "DATA", "--output", "o.csv"],
        ["either --cache", "one of the two"],
    ),
    "cache without data": (
        ["score", "--cache", "cache 学習.h5", "--output", "o.csv"],
        ["--train CSV and --validation CSV"],
    ),
    "other data": (
        ["score", "--cache", "cache 学習.h5", "SWAPPED", "--output", "o.csv"],
        ["96 rows, fingerprint", "40 rows, fingerprint", "training.csv", "validation.csv"],
    ),
    "untrained network": (
        ["score", "--network", "builtin:mlp", "DATA", "--output", "o.csv"],
        ["no trained parameters"],
    ),
    "settings of the cache": (
        ["score", "--cache", "cache 学習.h5", "DATA", "--image-size", "9x9", "--batch-size", "3", "--output", "o.csv"],
        ["--image-size and --batch-size", "--cache"],
    ),
    "settings of another method": (
        [
            "score",
            "--cache",
            "cache 学習.h5",
            "DATA",
            "--method",
            "loss",
            "--recursion",
            "published",
            "--output",
            "o.csv",
        ],
        ["--recursion published", "--method loss"],
    ),
    "settings of another method than the default": (
        ["score", "--cache", "cache 学習.h5", "DATA", "--recursion", "published", "--output", "o.csv"],
        ["--recursion published means nothing to --method spectral (the default)", "or use --method last-epoch"],
    ),
    "steps to follow, where epochs are trained": (
        ["run", "--network", "builtin:mlp", "DATA", "--epochs", "all", "--output", "o.csv"],
        ["how many epochs to train, got 'all'", "--through all"],
    ),
    "steps to follow, by a method that follows none": (
        ["score", "--cache", "cache 学習.h5", "DATA", "--epochs", "all", "--output", "o.csv"],
        ["--through all means nothing to --method spectral (the default)", "--method sgd-influence"],
    ),
    "epochs to train, where nothing is trained": (
        ["score", "--cache", "cache 学習.h5", "DATA", "--epochs", "3", "--output", "o.csv"],
        ["'last', 'all'"],
    ),
    "parameters that are not recorded": (
        ["run", "--network", "builtin:mlp", "DATA", "--at", "average", "--no-average-parameters", "--output", "o.csv"],
        ["--at average", "--no-average-parameters"],
    ),
    "output is the data": (
        ["score", "--cache", "cache 学習.h5", "DATA", "--output", "TRAINING"],
        ["got one that is read"],
    ),
    "output is the cache": (
        ["score", "--cache", "cache 学習.h5", "DATA", "--output", "cache 学習.h5"],
        ["got one that is read"],
    ),
    "cache is the data": (
        ["train", "--network", "builtin:mlp", "DATA", "--cache", "TRAINING", "--overwrite"],
        ["got one that is read"],
    ),
    "augmented vectors": (
        ["train", "--network", "VECTORS", "--flip", "--cache", "c.h5"],
        ["--crop and --flip", "images"],
    ),
    "task of a project": (
        ["train", "--network", "VECTORS", "--task", "regression", "--cache", "c.h5"],
        ["--task regression"],
    ),
    "size of vectors": (
        ["train", "--network", "builtin:mlp", "--train", "VECTOR_CSV", "--validation", "VECTOR_CSV", "--cache", "c.h5"]
        + ["--image-size", "8x8"],
        ["--image-size resizes images", "training.csv"],
    ),
    "clear what": (["info", "--clear"], ["--data-cache"]),
    "info about nothing": (["info"], ["Give a training cache"]),
    "info about other data": (["info", "TRAINING"], ["expected one column datasource_index"]),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_wrong_requests(finished, data, tmp_path, name):
    arguments, expected = REQUESTS[name]
    training, validation = data / "training.csv", data / "validation.csv"
    words = {
        "DATA": data_of(data),
        "SWAPPED": ("--train", validation, "--validation", training),
        "TRAINING": (training,),
        "VECTORS": (tmp_path / "v" / "net.nntxt",),
        "VECTOR_CSV": (tmp_path / "v" / "training.csv",),
    }
    if {"VECTORS", "VECTOR_CSV"} & set(arguments):
        make_project(tmp_path / "v", "regression")
    typed = [word for argument in arguments for word in words.get(argument, (argument,))]
    message = refuse(finished, *typed)
    assert message.strip().count("\n") == 0 and all(part in message for part in expected), message


def test_a_project_whose_data_is_gone(commands, tmp_path):
    project = make_project(tmp_path / "p", relative_uri=True)
    project.training_csv.unlink()
    message = refuse(commands, "train", "--network", project.nntxt, "--cache", "c.h5")
    assert "'training.csv' is in none of" in message and str(project.folder) in message and "--train" in message


# --- runs that fail -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["score", "info"])
def test_a_damaged_cache(finished, data, command):
    whole = (finished.folder / "cache 学習.h5").read_bytes()
    options = {"score": ("--cache", "damaged.h5", *data_of(data), "--output", "o.csv"), "info": ("damaged.h5",)}[
        command
    ]
    middle = len(whole) // 2
    for damaged in (whole[:middle], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]):
        (finished.folder / "damaged.h5").write_bytes(damaged)
        message = refuse(finished, command, *options, code=1)
        assert "damaged.h5" in message and "Train again" in message


def test_a_training_that_diverges(commands, data):
    message = refuse(commands, "train", *network_and_data(data), "--learning-rate", "1e12", "--cache", "c.h5", code=1)
    assert "loss became" in message and "epoch" in message and "Lower the learning rate (now 1e+12)" in message


def test_a_folder_that_cannot_be_made(commands, data):
    (commands.folder / "file").write_text("")
    out, errors = commands("train", *network_and_data(data), "--epochs", 1, "--cache", "file/c.h5", code=1)
    assert "file" in errors.splitlines()[-1] and "Traceback" not in errors


def test_an_interrupted_run_is_no_success(commands, data):
    process = commands.start("run", *network_and_data(data), "--epochs", 400, "--output", "o.csv")
    until(lambda: b"epoch 1 of" in process.said(), "the first epoch", process)
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 130 and b"o.seed0.h5.partial" in errors
    assert not (commands.folder / "o.csv").exists()


AVERAGE = """variable { name: "Average" type: "Buffer" shape { } }
  function {
    name: "Average" type: "Mean" input: "SoftmaxCrossEntropy" output: "Average" mean_param { axes: 0 axes: 1 }
  }
  """


def test_a_network_that_turns_out_to_be_unusable_leaves_nothing(commands, tmp_path):
    """What is seen only when the network is built: this loss has no batch axis."""
    project = make_project(tmp_path / "p")
    text = project.nntxt.read_text(encoding="utf-8")
    loss, named = 'function {\n    name: "SoftmaxCrossEntropy"', "loss_variable {\n    variable_name: "
    text = text.replace(loss, AVERAGE + loss).replace(named + '"SoftmaxCrossEntropy"', named + '"Average"')
    project.nntxt.write_text(text, encoding="utf-8")
    message = refuse(commands, "train", "--network", project.nntxt, "--cache", "c.h5")
    assert "Loss 'Average' (Mean)" in message and "no batch axis" in message
