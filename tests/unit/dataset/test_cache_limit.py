"""The limit of the data cache: the least recently used goes first, what is in use stays."""

import os
import subprocess
import sys

import pytest

from nnabla_influence.dataset.cache_limit import (
    LIMIT_VARIABLE,
    MARKS,
    data_cache_limit,
    mark_used,
    trim_data_cache,
)
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError
from nnabla_influence.temporary_names import folder_prefix

NAMES = ["a" * 64, "b" * 64, "c" * 64]  # the oldest first
SIZE = 100


@pytest.fixture
def cache(tmp_path):
    for age, name in enumerate(NAMES):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.npy").write_bytes(b"x" * SIZE)
        os.utime(str(tmp_path / name), (1000 + age, 1000 + age))
    return tmp_path


def left(cache):
    return [name for name in NAMES if (cache / name).exists()]


@pytest.mark.parametrize("limit, stay", [(300, 3), (299, 2), (200, 2), (100, 1), (1, 0)])
def test_the_oldest_go_until_the_rest_is_within_the_limit(cache, limit, stay):
    assert trim_data_cache(cache, limit) == (3 - stay) * SIZE
    assert left(cache) == NAMES[3 - stay :]
    assert {path.name for path in cache.iterdir()} == set(left(cache)), "nothing else is left behind"


def test_a_limit_in_words(cache):
    assert trim_data_cache(str(cache), "1KB") == 0 and left(cache) == NAMES
    for wrong in ("much", 0, -1):
        with pytest.raises(ConfigError, match="Limit of the data cache: .*512MB"):
            trim_data_cache(cache, wrong)


def test_using_a_data_set_makes_it_the_newest(cache):
    mark_used(cache, NAMES[0])
    for mark in (cache / MARKS).iterdir():  # its process has ended
        mark.unlink()
    trim_data_cache(cache, 100)
    assert left(cache) == [NAMES[0]]


def test_what_this_process_uses_stays_beyond_the_limit(cache):
    mark_used(cache, NAMES[1])
    assert trim_data_cache(cache, 1) == 2 * SIZE and left(cache) == [NAMES[1]]


@pytest.mark.skipif(os.name == "nt", reason="nobody can ask whether a process lives")
def test_another_process_counts_while_it_lives(cache):
    script = (
        "import sys, pathlib; from nnabla_influence.dataset.cache_limit import mark_used;"
        "mark_used(pathlib.Path(sys.argv[1]), sys.argv[2]); print('marked', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(cache), NAMES[2]], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout.readline().strip() == b"marked"
        trim_data_cache(cache, 1)
        assert left(cache) == [NAMES[2]]
    finally:
        child.communicate()
    trim_data_cache(cache, 1)
    assert left(cache) == [] and not list((cache / MARKS).iterdir()), "the mark of a process that is gone is swept"


def test_a_data_set_that_is_marked_in_the_last_moment_comes_back(cache, monkeypatch):
    rename = os.rename

    def marked_meanwhile(source, target):
        mark_used(cache, NAMES[0])
        monkeypatch.setattr(os, "rename", rename)
        rename(source, target)

    monkeypatch.setattr(os, "rename", marked_meanwhile)
    assert trim_data_cache(cache, 200) == SIZE
    assert left(cache) == [NAMES[0], NAMES[2]]


def test_files_of_somebody_else_stay(cache):
    (cache / NAMES[0] / "mine.txt").write_text("precious")
    (cache / "my folder").mkdir()
    trim_data_cache(cache, 1)
    assert (cache / NAMES[0] / "mine.txt").read_text() == "precious" and (cache / "my folder").is_dir()


def test_the_users_cache_keeps_its_limit_by_itself_and_a_chosen_one_does_not(tmp_path, monkeypatch):
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "mine"))
    monkeypatch.setenv(LIMIT_VARIABLE, "1")
    for number in (1, 2):
        (tmp_path / f"{number}.csv").write_text(f"x,y\n{number},0\n", encoding="utf-8")
    for folder in (None, tmp_path / "chosen"):
        first = Dataset.from_csv(tmp_path / "1.csv", data_cache=folder)
        where = folder or tmp_path / "mine"
        for mark in (where / MARKS).iterdir():
            mark.unlink()
        second = Dataset.from_csv(tmp_path / "2.csv", data_cache=folder)
        assert (where / first.fingerprint).exists() == (folder is not None) and (where / second.fingerprint).exists()
        assert second.batch([0])["x"].tolist() == [[2.0]]


def test_the_limit_is_a_variable_or_20_gigabytes(monkeypatch):
    monkeypatch.delenv(LIMIT_VARIABLE, raising=False)
    assert data_cache_limit() == 20 * 2**30
    monkeypatch.setenv(LIMIT_VARIABLE, "3MB")
    assert data_cache_limit() == 3 * 2**20
    monkeypatch.setenv(LIMIT_VARIABLE, "plenty")
    with pytest.raises(ConfigError, match="NNABLA_INFLUENCE_DATA_CACHE_LIMIT: expected a size such as 512MB"):
        data_cache_limit()


def test_a_mark_names_process_and_data_set(cache):
    mark_used(cache, NAMES[0])
    assert [path.name for path in (cache / MARKS).iterdir()] == [folder_prefix() + NAMES[0]]


@pytest.mark.skipif(os.name == "nt", reason="nobody can ask whether a process lives")
def test_marks_of_processes_that_are_gone_are_swept_without_a_limit(cache):
    mark_used(cache, NAMES[0])
    (own,) = (cache / MARKS).iterdir()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (cache / MARKS / own.name.replace(f"-{os.getpid()}-", f"-{ended.pid}-")).touch()
    mark_used(cache, NAMES[0])
    assert [path.name for path in (cache / MARKS).iterdir()] == [own.name]
