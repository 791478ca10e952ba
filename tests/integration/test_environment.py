"""Surroundings that differ: read-only folders, no home, other locales and users, strange paths, clocks that go back."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import prepared
from support.full_disk import small_disk

from nnabla_influence.cli.main import main
from nnabla_influence.dataset.digits import write_digits

ROOT = Path(__file__).resolve().parents[2]
CAUGHT = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
LOCALES = {"tr_TR": "ISO-8859-9", "ja_JP": "EUC-JP", "C": ""}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Data, a cache and scores."""
    folder = tmp_path_factory.mktemp("project")
    write_digits(folder, training=40, validation=20)
    rows = "".join(f"{row * row % 7},{row % 2}\n" for row in range(20))
    (folder / "table.csv").write_text(f"value,label\n{rows}", encoding="utf-8")
    code, said = run(folder, "run", *project_of(folder), "--output", "i.csv")
    assert code == 0, said
    return folder


def project_of(folder):
    data = ("--train", folder / "training.csv", "--validation", folder / "validation.csv")
    return ("--network", "builtin:mlp", *data, "--epochs", "1", "--batch-size", "8")


def run(folder, *arguments, before=(), **environment):
    """Run a command in a folder; None for a variable takes it out of the environment."""
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "NNABLA_INFLUENCE_DATA_CACHE": str(folder / "decoded")}
    settings.update(environment)
    line = [*before, sys.executable, "-m", "nnabla_influence", *map(str, arguments)]
    kept = {name: value for name, value in settings.items() if value is not None}
    # Another user or home is there from a process's first moment; a folder is not, and a locale has its own Python.
    if before or not all(name.startswith(("PYTHON", "LC_", "LOCPATH")) for name in environment):
        done = subprocess.run(line, cwd=str(folder), env=kept, **CAUGHT)
    else:
        done = prepared.run(line, folder, kept)
    return done.returncode, done.stderr.decode("utf-8", "replace")


def refused(code, said):
    """One sentence, whatever the system says."""
    (message,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert code in (1, 2) and "Traceback" not in said and "run again with --verbose" not in said
    return message


@pytest.fixture
def read_only(tmp_path):
    """A disk with the data of the project on it, which nobody may write to, whoever he is."""
    with small_disk(tmp_path / "disk", 32 << 20) as disk:
        write_digits(disk, training=40, validation=20)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        yield disk


def test_data_in_a_read_only_folder_is_read(project, read_only, tmp_path):
    code, said = run(tmp_path, "run", *project_of(read_only), "--output", tmp_path / "i.csv")
    assert code == 0, said


@pytest.mark.parametrize(
    "line",
    [
        ("train", "--cache", "DISK/c.h5"),
        ("run", "--output", "DISK/i.csv"),
        ("score", "--cache", "i.seed0.h5", "--output", "DISK/i.csv"),
        ("cleanse", "--influence", "i.csv", "--remove", "2", "--output", "DISK/c.csv", "--removed", "DISK/r.csv"),
        ("report", "--influence", "i.csv", "--output", "DISK/r.html"),
        ("noise", "--train", "training.csv", "--rate", ".1", "--output", "DISK/n.csv", "--truth", "DISK/t.csv"),
        ("import", "table.csv", "--label", "label", "--output", "DISK/data"),
    ],
    ids=lambda line: line[0],
)
def test_a_read_only_folder_is_named(project, read_only, line):
    command, *rest = (word.replace("DISK", str(read_only)) for word in line)
    more = {"train": project_of(project), "run": project_of(project), "score": project_of(project)[2:6]}
    message = refused(*run(project, command, *more.get(command, ()), *rest))
    assert str(read_only) in message and "Read-only file system" in message


def test_a_read_only_data_cache_is_named_with_a_way_out(project, read_only, tmp_path):
    line = ("train", *project_of(project), "--cache", tmp_path / "c.h5", "--data-cache", read_only / "decoded")
    message = refused(*run(tmp_path, *line))
    assert str(read_only / "decoded") in message and "--data-cache" in message


def test_without_a_home_there_is_no_error(project, tmp_path):
    nowhere = {"HOME": None, "USERPROFILE": None, "XDG_CACHE_HOME": None, "NNABLA_INFLUENCE_DATA_CACHE": None}
    line = ("run", *project_of(project), "--output", tmp_path / "i.csv", "--data-cache", tmp_path / "decoded")
    code, said = run(tmp_path, *line, **nowhere)
    assert code == 0, said
    assert (tmp_path / "i.csv").read_bytes().split(b"\n")[1:3]


@pytest.fixture(scope="module", params=sorted(LOCALES))
def locale(request, tmp_path_factory):
    """The variables of a locale, which is made where the machine lacks it."""
    name, charset = request.param, LOCALES[request.param]
    if not charset:
        return {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None:
        pytest.skip("this machine cannot make locales (no localedef)")
    full = f"{name}.{charset}"
    made = subprocess.run(["localedef", "-i", name, "-f", charset, str(folder / full)], capture_output=True)
    if not (folder / full / "LC_CTYPE").exists():
        pytest.skip(f"this machine cannot make the locale {full}: {made.stderr.decode(errors='replace')[:100]}")
    return {"LOCPATH": str(folder), "LC_ALL": full, "PYTHONUTF8": "0"}


def test_a_locale_changes_no_byte(project, tmp_path, locale):
    line = [sys.executable, "-c", "import locale; print(locale.setlocale(locale.LC_ALL, ''))"]
    known = subprocess.run(line, env={**os.environ, **locale}, capture_output=True, text=True).stdout.strip()
    assert locale["LC_ALL"] in known, "the locale is in force"
    code, said = run(tmp_path, "run", *project_of(project), "--output", "i.csv", **locale)
    assert code == 0, said
    code, said = run(tmp_path, "report", "--influence", "i.csv", "--output", "r.html", **locale)
    assert code == 0, said
    cells = [row.split(b",")[-2:] for row in (tmp_path / "i.csv").read_bytes().splitlines()]
    assert cells == [row.split(b",")[-2:] for row in (project / "i.csv").read_bytes().splitlines()]


@pytest.mark.parametrize("name", ["two  blanks ", "手書き 数字", "line\nbreak", "a" * 250, "数" * 80])
@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_a_strange_folder_is_no_obstacle(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    write_digits(folder, training=40, validation=20)
    code, said = run(folder, "run", *project_of(folder), "--output", folder / "i.csv")
    assert code == 0, said
    outputs = ("--output", folder / "c.csv", "--removed", folder / "r.csv")
    for line in (
        ("report", "--influence", folder / "i.csv", "--output", folder / "r.html"),
        ("cleanse", "--influence", folder / "i.csv", "--remove", "2", *outputs),
    ):
        code, said = run(folder, *line)
        assert code == 0, said


@pytest.mark.parametrize("length", [240, 250, 255, 300])
def test_a_file_name_that_is_too_long_is_one_sentence(project, tmp_path, length):
    output = tmp_path / ("a" * (length - 4) + ".csv")
    code, said = run(project, "run", *project_of(project), "--output", output)
    if code:
        assert "too long" in refused(code, said)
    else:
        assert output.exists()
    assert not list(tmp_path.glob(".partial-*"))


def test_a_clock_that_goes_back_changes_no_byte(project, tmp_path, monkeypatch):
    """As after a correction over the network, in the middle of a training; the file dates lie in the future then."""
    start, calls = time.time(), iter(range(10**9))

    def backwards():
        return start - 60.0 * next(calls)

    monkeypatch.setattr(time, "time", backwards)
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * backwards()))
    decoded = ("--data-cache", str(tmp_path / "decoded"))
    words = ["run", *map(str, project_of(project)), "--output", str(tmp_path / "i.csv"), *decoded, "--quiet"]
    assert main(words) == 0
    ours, theirs = ((folder / "i.seed0.h5").read_bytes() for folder in (tmp_path, project))
    assert ours == theirs


ANOTHER = ("unshare", "--user", "--map-user=1000", "--map-group=1000")  # no root there, with none of his powers


def test_another_user_than_root(tmp_path):
    try:
        able = subprocess.run([*ANOTHER, sys.executable, "-c", "import os; assert os.getuid() == 1000"]).returncode == 0
    except OSError:
        able = False
    if not able:
        pytest.skip("this system lets nobody be another user")
    write_digits(tmp_path, training=40, validation=20)
    code, said = run(tmp_path, "run", *project_of(tmp_path), "--output", "i.csv", before=ANOTHER)
    assert code == 0, said
    (tmp_path / "closed").mkdir(mode=0o555)
    line = ("score", "--cache", "i.seed0.h5", *project_of(tmp_path)[2:6], "--output", "closed/i.csv")
    message = refused(*run(tmp_path, *line, before=ANOTHER))
    assert "closed" in message and "Permission denied" in message
    os.chmod(str(tmp_path / "training.csv"), 0)
    message = refused(*run(tmp_path, "train", *project_of(tmp_path), "--cache", "c.h5", before=ANOTHER))
    assert "training.csv" in message and "Permission denied" in message
