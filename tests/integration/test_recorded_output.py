"""What commands and plugins print and write, compared with `tests/recorded`, where every word stands.

A change of the code's inside must not change what a user sees. Each file of `tests/recorded` holds a group of runs: the
arguments after ``$``, the exit code, standard output, standard error (``! `` before each line) and the text files that
the run wrote. Recorded is only what is the same on every machine: help, refusals, and results that no processor rounds
in its own way. Numbers that training gives are masked (`MASKS`), and so are temporary folders.

A text that is meant to change is recorded anew, and the difference belongs into the commit:

    RECORD=1 python -m pytest tests/integration/test_recorded_output.py
"""

import difflib
import os
import re
import runpy
import signal
import sys
from contextlib import contextmanager

import pytest
from integration.conftest import ROOT
from support.nnc_project import make_project

from nnabla_influence.cli.main import COMMANDS, main
from nnabla_influence.dataset.digits import write_digits

RECORDED = ROOT / "tests" / "recorded"
ACTIONS = ("list", "manifest", "install", "check", "remove")
SCRIPTS = sorted((ROOT / "plugins").rglob("*.py"), key=lambda path: path.stem)

MASKS = (
    (r"\n(! )?[^\n]*(: \d+/\d+ [^\n]* left|at work for \d+ s)(?=\n)", ""),  # said when some seconds have passed
    (r"(?<=\d\.\d{6})\d+", ""),  # digits that a processor may round in its own way
    (r", [\d.,e+-]+ ([\w -]+)/s, took \d+ s", r", <RATE> \1/s, took <SECONDS>"),
    (r"fingerprint [0-9a-f]+", "fingerprint <HASH>"),
    (r"(loss|accuracy|loss became|this\):|stop the run\):) (-?\d[\d.e+-]*|nan|inf)", r"\1 <NUMBER>"),
    (r"; \d+ have a negative", "; <N> have a negative"),
    (r"\([\d,]+ bytes", "(<N> bytes"),
    (r"cannot be read \(.*\)", "cannot be read (<REASON>)"),  # in the words of HDF5
)

# 14 rows: two inputs, a label, and what `score` adds; worst first.
SCORED = """x__0:left,x__1:right,y:label,influence,predicted_label,loss,datasource_index
0.5,1,0,-0.25,1,2.5,3
0.25,1,1,-0.125,2,2.25,0
1,0.5,2,-0.0625,0,1.75,7
2,0.5,0,-0.03125,0,0.25,5
0.75,1,1,-0.015625,0,1.125,1
3,0.25,2,0,2,0.0625,9
4,0.125,0,0.0078125,0,0.5,2
5,1,1,0.015625,1,0.125,11
0.5,2,2,0.03125,2,0.375,4
0.5,3,0,0.0625,0,0.625,13
0.5,4,1,0.125,1,0.75,6
0.5,5,2,0.25,2,0.875,8
0.5,6,0,0.5,0,0.4375,10
0.5,7,1,1,1,0.3125,12
"""
OTHER = "datasource_index,influence\n" + "".join(f"{row},{(row * 5) % 14 / 8}\n" for row in range(14))
TRUTH = "datasource_index,clean_label,noisy_label,flipped\n" + "".join(
    f"{row},{(label + (row in (0, 3, 9))) % 3},{label},{int(row in (0, 3, 9))}\n"
    for row, label in enumerate((1, 1, 0, 0, 2, 0, 1, 2, 2, 2, 0, 1, 1, 0))
)

TRAIN = ("train", "--network", "builtin:mlp", "--cache", "c.h5")
DATA = ("--train", "data/training.csv", "--validation", "data/validation.csv")
SCORE = ("score", "--cache", "trained.h5", *DATA, "--output", "o.csv")
CLEANSE = ("cleanse", "--influence", "scored.csv", "--output", "clean.csv")
REMOVED = (*CLEANSE, "--removed", "removed.csv")

GROUPS = {
    "help": [["--help"], [], ["improve"], ["plugins"], *([command, "--help"] for command in COMMANDS)]
    + [["plugins", action, "--help"] for action in ACTIONS],
    "plugins": [
        ["plugins", "list"],
        ["plugins", "manifest"],
        ["plugins", "manifest", "--json"],
        ["plugins", "manifest", "--markdown"],
        ["plugins", "install"],
        ["plugins", "install", "--nnc", "."],
        ["plugins", "install", "--nnc", ".", "--database", "scored.csv"],
        ["plugins", "check", "--nnc", "nobody"],
    ],
    "results": [
        ["noise", "--train", "plain.csv", "--rate", "0.25", "--output", "noisy.csv", "--truth", "which.csv"],
        ["noise", "--train", "plain.csv", "--rate", "0.1", "--kind", "pairwise", "--seed", "3"]
        + ["--output", "noisy.csv", "--truth", "which.csv"],
        ["compare", "scored.csv", "other.csv"],
        ["compare", "scored.csv", "other.csv", "--json"],
        ["compare", "scored.csv", "--truth", "truth.csv"],
        ["compare", "scored.csv", "other.csv", "--truth", "truth.csv", "--json"],
        ["compare", "scored.csv", "scored.csv", "--column", "loss"],
        ["info", "scored.csv"],
        ["info", "--data-cache", "nobody"],
        [*REMOVED, "--remove", "3"],
        [*REMOVED, "--remove", "20%", "--train", "plain.csv"],
        [*REMOVED, "--remove", "0"],
        [*REMOVED, "--below", "-0.05"],
        [*REMOVED, "--list", "ticked.csv"],
        [*REMOVED, "--remove", "3", "--score", "loss", "--quiet"],
        [*REMOVED, "--remove", "3", "--test", "fresh.csv"],
        [*CLEANSE, "--remove", "4", "--relabel", "--changed", "changed.csv"],
    ],
    "training": [
        [*TRAIN[:-1], "t.h5", *DATA, "--epochs", "1"],
        [*TRAIN[:-1], "t.h5", *DATA, "--epochs", "1"],
        [*TRAIN[:-1], "t.h5", *DATA, "--epochs", "2"],
        [*TRAIN[:-1], "t.h5", *DATA, "--epochs", "1", "--discard"],
        ["score", "--cache", "t.h5", *DATA, "--method", "last-epoch", "--output", "last.csv"],
        ["score", "--cache", "t.h5", *DATA, "--method", "loss", "--output", "loss.csv", "--quiet"],
    ],
    "refused data": [
        [*TRAIN, "--train", name, "--validation", "data/validation.csv"]
        for name in ("broken.csv", "empty.csv", "semicolons.csv", "header.csv", "negative.csv", "names.csv", "sjis.csv")
    ]
    + [
        [*TRAIN, "--train", "無い.csv"],
        [*TRAIN, "--train", "data"],
        [*TRAIN, "--train", "data/training.csv", "--validation", "classes.csv"],
        [*TRAIN, *DATA, "--cache", "data/training.csv", "--overwrite"],
        ["noise", "--train", "plain.csv", "--rate", "1.5", "--output", "n.csv", "--truth", "t.csv"],
        ["noise", "--train", "plain.csv", "--rate", "0.5", "--label", "z", "--output", "n.csv", "--truth", "t.csv"],
        ["noise", "--train", "plain.csv", "--rate", "0.5", "--output", "plain.csv", "--truth", "t.csv"],
    ],
    "refused requests": [
        [*TRAIN],
        ["train", "--network", "builtin:resnet", *DATA, "--cache", "c.h5"],
        ["train", "--network", "nope.nnp", "--cache", "c.h5"],
        ["train", "--network", ".", "--cache", "c.h5"],
        ["train", "--network", "scored.csv", "--cache", "c.h5"],
        ["train", "--network", "builtin:cnn", *DATA, "--image-size", "4x4", "--cache", "c.h5"],
        ["train", "--network", "vectors/net.nntxt", "--flip", "--cache", "c.h5"],
        ["train", "--network", "vectors/net.nntxt", "--task", "regression", "--cache", "c.h5"],
        [*TRAIN, "--train", "plain.csv", "--validation", "plain.csv", "--image-size", "8x8"],
        [*TRAIN, *DATA, "--solver", "Adam"],
        [*TRAIN, *DATA, "--solver", "Adadelta"],
        [*TRAIN, *DATA, "--device", "gpu"],
        [*TRAIN, *DATA, "--epochs", "all"],
        [*TRAIN, *DATA, "--learning-rate", "-1"],
        [*TRAIN, *DATA, "--image-size", "9"],
        [*TRAIN, *DATA, "--quiet", "--verbose"],
        [*TRAIN, *DATA, "--learning-rate", "1e12"],
        ["score", *DATA, "--output", "o.csv"],
        [*SCORE, "--network", "builtin:mlp"],
        ["score", "--cache", "trained.h5", "--output", "o.csv"],
        ["score", "--cache", "trained.h5", "--train", DATA[3], "--validation", DATA[1], "--output", "o.csv"],
        ["score", "--network", "builtin:mlp", *DATA, "--output", "o.csv"],
        ["score", "--network", "project/net.nntxt", "--output", "o.csv"],
        [*SCORE, "--image-size", "9x9", "--batch-size", "3"],
        [*SCORE, "--method", "loss", "--recursion", "published"],
        [*SCORE, "--recursion", "published"],
        [*SCORE, "--epochs", "all"],
        [*SCORE, "--epochs", "3"],
        [*SCORE, "--method", "magic"],
        [*SCORE, "--method", "tracin"],
        [*SCORE, "--method", "margin"],
        [*SCORE, "--method", "sgd-influence", "--through", "all"],
        [*SCORE, "--method", "loss", "--target", "class=1"],
        [*SCORE, "--target", "class=77"],
        [*SCORE, "--target", "class=x"],
        [*SCORE[:-1], "data/training.csv"],
        [*SCORE[:-1], "trained.h5"],
        ["run", "--network", "builtin:mlp", *DATA, "--epochs", "all", "--output", "o.csv"],
        ["run", "--network", "builtin:mlp", *DATA, "--at", "average", "--no-average-parameters", "--output", "o.csv"],
        ["run", "--network", "builtin:mlp", *DATA, "--scheduler", "nowhere", "--output", "o.csv"],
        ["evaluate", "--network", "builtin:mlp", *DATA, "--groups", "4", "--output", "o.csv"],
        ["evaluate", "--network", "builtin:mlp", *DATA, "--metric", "lds", "--remove", "4", "--output", "o.csv"],
        ["evaluate", "--network", "builtin:mlp", *DATA, "--remove", "ten", "--output", "o.csv"],
        ["evaluate", "--network", "builtin:mlp", *DATA, "--test", DATA[1], "--output", "o.csv"],
        ["evaluate", "--network", "builtin:mlp", *DATA, "--selection", DATA[3], "--output", "o.csv"],
        [*CLEANSE, "--remove", "2"],
        [*CLEANSE, "--remove", "2", "--changed", "r.csv"],
        [*REMOVED, "--remove", "2", "--relabel"],
        [*REMOVED],
        [*REMOVED, "--remove", "14"],
        [*REMOVED, "--remove", "15"],
        [*REMOVED, "--remove", "-1"],
        [*REMOVED, "--below", "nan"],
        [*REMOVED, "--below", "1", "--score", "loss"],
        [*REMOVED, "--remove", "2", "--score", "margin"],
        [*REMOVED, "--remove", "2", "--label", "z"],
        [*REMOVED, "--remove", "2", "--test", "plain.csv"],
        [*REMOVED, "--list", "nobody.csv"],
        [*CLEANSE, "--remove", "2", "--removed", "scored.csv"],
        ["cleanse", "--remove", "3", "--output", "o.csv", "--removed", "r.csv"],
        ["cleanse", "--remove", "auto", *DATA, "--output", "o.csv", "--removed", "r.csv"],
        ["cleanse", "--remove", "auto", *DATA, "--cache", "trained.h5", "--selection", DATA[3]]
        + ["--output", "o.csv", "--removed", "r.csv"],
        ["compare", "scored.csv"],
        ["compare", "scored.csv", "other.csv", "--column", "margin"],
        ["compare", "scored.csv", "--truth", "plain.csv"],
        ["info", "--clear"],
        ["info"],
        ["info", "plain.csv"],
        ["info", "nobody.h5"],
        ["info", "half.h5"],
    ],
}

# Clicks: the plugin and its fields. What is refused is one sentence in the words of the fields.
CLICKS = {
    "plugin help": [(script.stem, ["-h"]) for script in SCRIPTS]
    + [("influence", ["-a", "magic"]), ("removal_curve", ["-r", "many"]), ("influence", ["--nothing", "1"])],
    "refused clicks": [
        ("train_with_influence_cache", ["-c", "nobody.nntxt", "-o", "out"]),
        ("train_with_influence_cache", ["-c", "gone/net.nntxt", "-o", "out"]),
        ("influence", ["-m", "nobody.nnp"]),
        ("influence", ["-m", "project/net.nntxt"]),
        ("removal_curve", ["-m", "nobody.nnp"]),
        ("removal_curve", ["-m", "project/net.nntxt", "-a", "magic"]),
        ("removal_curve", ["-m", "project/net.nntxt", "-n", "ten"]),
        ("influence_report", ["-i", "nobody.csv"]),
        ("remove_harmful_samples", ["-i", "nobody.csv"]),
        ("remove_harmful_samples", ["-i", "scored.csv", "-n", "a few"]),
        ("remove_harmful_samples", ["-i", "scored.csv", "-n", "14"]),
        ("remove_harmful_samples", ["-i", "scored.csv", "-n", "nobody.csv"]),
        ("remove_harmful_samples", ["-i", "scored.csv", "-o", "scored.csv"]),
        ("remove_harmful_samples", ["-i", "scored.csv", "-n", "auto", "-m", "nobody.nnp"]),
    ],
    "clicks": [
        ("remove_harmful_samples", ["-i", "scored.csv", "-n", "3"]),
        ("remove_harmful_samples", ["-i", "scored.csv", "-n", "20%", "-o", "a.csv", "-or", "b.csv"]),
        ("remove_harmful_samples", ["-i", "scored.csv", "-n", "ticked.csv"]),
        ("remove_harmful_samples", ["-i", "scored.csv", "-n", "0"]),
    ],
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A folder with what the runs read; made once."""
    folder = tmp_path_factory.mktemp("inputs")
    for path in write_digits(folder / "data", training=24, validation=12)[2:]:
        path.unlink()  # the test samples, most of all there are
    make_project(folder / "project", "affine", relative_uri=True)
    make_project(folder / "gone", "affine", relative_uri=True).training_csv.unlink()
    make_project(folder / "vectors", "regression", relative_uri=True)
    images = [f"data/images/{row:04d}.png" for row in range(9)]
    rows = sorted(SCORED.splitlines()[1:], key=lambda line: int(line.rsplit(",", 1)[1]))
    plain = "\n".join(["x__0:left,x__1:right,y:label", *(",".join(row.split(",")[:3]) for row in rows)]) + "\n"
    texts = {
        "scored.csv": SCORED,
        "other.csv": OTHER,
        "truth.csv": TRUTH,
        "plain.csv": plain,
        "fresh.csv": "x__0:left,x__1:right,y:label\n9,9,0\n8,8,1\n",
        "ticked.csv": "datasource_index,note\n5,1\n2,2\n",
        "broken.csv": "x:image,y:label\ndata/images/none.png,0\n"
        + "".join(f"{image},{label}\n" for image, label in zip(images, ("cat", "nan", "", "2,7", "1"))),
        "empty.csv": "",
        "semicolons.csv": f"x:image;y:label\n{images[0]};0\n",
        "header.csv": "x:image,y:label\n",
        "negative.csv": f"x:image,y:label\n{images[0]},-1\n{images[1]},0\n",
        "names.csv": f"picture,label\n{images[0]},1\n",
        "classes.csv": f"x:image,y:label\n{images[0]},17\n{images[1]},0\n",
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("utf-8"))
    (folder / "sjis.csv").write_bytes(f"x:画像,y:ラベル\n{images[0]},0\n".encode("cp932"))
    for path in folder.rglob("*"):  # files of these seconds would be read again and again, in case they change unseen
        os.utime(path, (0, 1e9))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(folder / "decoded"))
        assert main([*TRAIN[:-1], "trained.h5", *DATA, "--epochs", "3", "--quiet"]) == 0
    lines = [line for path in folder.glob("data/*.csv") for line in path.read_text(encoding="utf-8").splitlines()]
    read = {*images, *("data/" + line.split(",")[0] for line in lines)}
    for image in folder.glob("data/images/*"):
        if image.relative_to(folder).as_posix() not in read:
            image.unlink()
    (folder / "half.h5").write_bytes((folder / "trained.h5").read_bytes()[:2000])
    return folder


@contextmanager
def signals_untouched():
    """What is run in this process ends as if it were its own: deaf to signals."""
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)


class Recorder:
    """Runs in the folder of the inputs; gives what happened as text and removes what was written."""

    def __init__(self, folder, capsys, caplog):
        self.folder, self._capsys, self._caplog = folder, capsys, caplog
        self._before = self._files()

    def command(self, words):
        code = main(list(words))
        captured = self._capsys.readouterr()
        return self._text(words, code, captured.out, captured.err)

    def click(self, plugin, words):
        script = next(script for script in SCRIPTS if script.stem == plugin)
        self._caplog.clear()
        with pytest.MonkeyPatch.context() as patch, signals_untouched():
            patch.setattr(sys, "argv", [str(script), *words])
            with pytest.raises(SystemExit) as left:
                runpy.run_path(str(script), run_name="__main__")
        captured = self._capsys.readouterr()
        said = "".join(f"{record.getMessage()}\n" for record in self._caplog.records if record.name == "nnabla")
        return self._text([plugin, *words], left.value.code, captured.out, said or captured.err)

    def _text(self, words, code, out, errors):
        lines = ["$ " + " ".join(words), f"exit code {code or 0}", *out.splitlines()]
        lines += [f"! {line}".rstrip() for line in errors.splitlines()]
        text = "\n".join([*lines, *self._written()])
        text = (
            text.replace(str(self.folder), "<FOLDER>").replace(str(ROOT), "<ROOT>").replace(sys.executable, "<PYTHON>")
        )
        for pattern, words in MASKS:
            text = re.sub(pattern, words, text)
        return text

    def _written(self):
        """The files a run has written; texts in full, unless training gave their numbers."""
        after = self._files()
        for path in sorted(after.keys() - self._before.keys()):
            name = path.relative_to(self.folder).as_posix()
            yield f"file {name}"
            if path.suffix == ".csv" and name not in ("last.csv", "loss.csv"):
                yield from (f"| {line}" for line in path.read_text(encoding="utf-8").splitlines())
            if name != "t.h5":  # the runs of "training" go on from it
                path.unlink()
        changed = [path for path, time in self._before.items() if after.get(path) != time]
        assert not changed, "a run has changed what it reads"

    def _files(self):
        """When each file was last written; what is decoded is the business of other tests."""
        return {
            path: path.stat().st_mtime_ns
            for path in self.folder.rglob("*")
            if path.is_file() and path.relative_to(self.folder).parts[0] not in ("decoded", "home")
        }


@pytest.fixture
def recorder(inputs, monkeypatch, capsys, caplog):
    monkeypatch.chdir(inputs)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("HOME", str(inputs / "home"))
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(inputs / "decoded"))
    yield Recorder(inputs, capsys, caplog)
    for left in inputs.glob("t.h5"):
        left.unlink()


@pytest.mark.parametrize("group", GROUPS)
def test_commands(recorder, group):
    compare(group, [recorder.command(words) for words in GROUPS[group]])


@pytest.mark.parametrize("group", CLICKS)
def test_clicks(recorder, group):
    compare(group, [recorder.click(*click) for click in CLICKS[group]])


def test_the_same_training_gives_the_same_bytes(inputs, monkeypatch, capsys):
    """Also with the oldest libraries: what HDF5 notes down beside the data must not be the time."""
    monkeypatch.chdir(inputs)
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(inputs / "decoded"))
    assert main([*TRAIN[:-1], "t.h5", *DATA, "--epochs", "3", "--quiet"]) == 0
    again = (inputs / "t.h5").read_bytes()
    (inputs / "t.h5").unlink()
    assert again == (inputs / "trained.h5").read_bytes()


def compare(group, texts):
    """Compare with the file of the group; line by line on the Python it was recorded with."""
    path = RECORDED / (group.replace(" ", "_") + ".txt")
    text = "\n\n".join(texts) + "\n"
    if os.environ.get("RECORD"):
        path.write_text(text, encoding="utf-8")
    recorded = path.read_text(encoding="utf-8")
    if sys.version_info < (3, 10):  # argparse breaks lines elsewhere and names its sections otherwise
        text, recorded = (_without_layout(part) for part in (text, recorded))
    difference = difflib.unified_diff(recorded.splitlines(), text.splitlines(), "recorded", "now", lineterm="", n=1)
    assert text == recorded, "\n".join(difference)


def _without_layout(text):
    text = text.replace("optional arguments:", "options:")
    text = re.sub(r"\[(\S+) \[\1 \.\.\.\]\]", r"[\1 ...]", text)
    return "\n".join(" ".join(run.split()) for run in text.split("\n$ "))
