"""The folder an unfinished run leaves behind."""

import os
from pathlib import Path

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import CacheMismatchError, CorruptFileError, OutputExistsError
from nnabla_influence.resume import (
    PartialFolder,
    clear_finished,
    discard,
    has_progress,
    partial_folder,
    working_on,
)


def test_what_is_saved_is_loaded_and_replaced(tmp_path):
    folder = PartialFolder(tmp_path / "a b.csv", {"seed": 1})
    assert folder.load("progress") is None
    folder.save("progress", {"u": np.arange(3.0)})
    folder.save("progress", {"u": np.arange(4.0), "step": np.int64(7)})
    again = PartialFolder(tmp_path / "a b.csv", {"seed": 1}).load("progress")
    assert again["u"].tolist() == [0, 1, 2, 3] and int(again["step"]) == 7


def test_another_run_is_refused_with_both_settings(tmp_path):
    PartialFolder(tmp_path / "a", {"seed": 1, "method": "m"})
    with pytest.raises(CacheMismatchError, match="seed: 2 / 1") as caught:
        PartialFolder(tmp_path / "a", {"seed": 2, "method": "m"})
    assert caught.value.said(IN_COMMANDS).endswith("go on with it, or remove it with --discard.")


def test_of_hashes_it_says_that_they_differ_not_what_they_are(tmp_path):
    """A training, a network, data: nobody knows them by their hash."""
    ours, theirs = ({"training": digit * 64, "training data": "c" * 64, "at": point} for digit, point in ("af", "bg"))
    PartialFolder(tmp_path / "a", theirs)
    with pytest.raises(CacheMismatchError, match=r"\(yours / its\): at: f / g; training: another\. The same call"):
        PartialFolder(tmp_path / "a", ours)


def test_only_our_folder_is_removed(tmp_path):
    target = tmp_path / "a"
    assert not discard(target)
    partial_folder(target).mkdir()
    (partial_folder(target) / "somebody's.txt").write_text("x")
    assert not discard(target), "it has no passport of ours"
    PartialFolder(tmp_path / "b", {})
    assert discard(tmp_path / "b") and not partial_folder(tmp_path / "b").exists()


def test_what_a_run_left_that_was_killed_before_it_tidied_up_is_removed_with_the_finished_file(tmp_path):
    target = tmp_path / "a"
    clear_finished(target, {})
    assert not list(tmp_path.iterdir())
    PartialFolder(target, {"seed": 1}).save("progress", {"u": np.arange(3.0)})
    clear_finished(target, {"seed": 2})
    assert has_progress(target), "another run's progress stays"
    (partial_folder(target) / "lock.json").write_text("{}", encoding="utf-8")  # of the killed process
    clear_finished(target, {"seed": 1})
    assert not partial_folder(target).exists()
    partial_folder(target).mkdir()
    (partial_folder(target) / "lock.json").write_text("{}", encoding="utf-8")
    clear_finished(target, {"seed": 1})
    assert not partial_folder(target).exists(), "it was killed when only the lock was left"


def test_removing_takes_the_newest_first_and_the_passport_last(tmp_path, monkeypatch):
    """So that a process which is killed meanwhile leaves nothing that cannot go on."""
    target = tmp_path / "a"
    store = PartialFolder(target, {})
    for number, name in enumerate(["kept-1", "progress", "kept-2"]):
        store.save(name, {})
        os.utime(str(partial_folder(target) / f"{name}.npz"), (100 + number, 100 + number))
    removed = []
    unlink = Path.unlink
    monkeypatch.setattr(Path, "unlink", lambda path: (removed.append(path.name), unlink(path)))
    discard(target)
    assert removed[:4] == ["kept-2.npz", "progress.npz", "kept-1.npz", "passport.json"]


def damages(data):
    """What may have happened to a file: cut, emptied, a bit flipped, replaced."""
    yield from (b"", data[:1], data[: len(data) // 2], data[:-1], b"hello")
    for place in range(0, len(data), max(1, len(data) // 40)):
        yield data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]


def test_damaged_progress_names_the_file_and_how_to_go_on(tmp_path):
    target = tmp_path / "c.h5"
    PartialFolder(target, {"seed": 1}).save("progress", {"u": np.arange(30.0)})
    path = partial_folder(target) / "progress.npz"
    refused = 0
    for data in list(damages(path.read_bytes())):
        path.write_bytes(data)
        try:
            arrays = PartialFolder(target, {"seed": 1}).load("progress")
            assert arrays["u"].tolist() == list(range(30)), "a silent difference"
        except CorruptFileError as error:
            refused += 1
            assert f"'{path}' is damaged: " in str(error) and "--discard" in error.said(IN_COMMANDS)
    assert refused > 20
    path.unlink()
    path.mkdir()
    with pytest.raises(CorruptFileError, match="is damaged: .*[Dd]irectory|is damaged"):
        PartialFolder(target, {"seed": 1}).load("progress")


def test_a_damaged_passport_names_the_file_and_how_to_go_on(tmp_path):
    target = tmp_path / "c.h5"
    PartialFolder(target, {"seed": 1, "method": "spectral"})
    note = partial_folder(target) / "passport.json"
    for data in [*damages(note.read_bytes()), b"[1]", b"null", b"\xff", b"[" * 100_000]:
        note.write_bytes(data)
        with pytest.raises(
            (CorruptFileError, CacheMismatchError), match="passport.json' is damaged|other settings"
        ) as caught:
            PartialFolder(target, {"seed": 1, "method": "spectral"})
        assert "--discard" in caught.value.said(IN_COMMANDS)
    assert discard(target) and not partial_folder(target).exists()


def test_an_array_that_is_missing_names_the_file(tmp_path):
    folder = PartialFolder(tmp_path / "a", {})
    folder.save("scoring", {"step": np.int64(3)})
    arrays = folder.load("scoring")
    assert int(arrays["step"]) == 3
    with pytest.raises(CorruptFileError, match="scoring.npz' is damaged: it lacks 'scores'"):
        arrays["scores"]


def test_progress_of_an_unknown_run_is_not_gone_on_with(tmp_path):
    folder = PartialFolder(tmp_path / "a", {"seed": 1})
    folder.save("progress", {"u": np.ones(1)})
    (folder.folder / "passport.json").unlink()
    with pytest.raises(CorruptFileError, match="passport.json' is missing"):
        PartialFolder(tmp_path / "a", {"seed": 2})


def test_what_is_no_folder_is_left_alone(tmp_path):
    partial_folder(tmp_path / "a").write_text("somebody's")
    (tmp_path / "elsewhere").mkdir()
    partial_folder(tmp_path / "b").symlink_to(tmp_path / "elsewhere")
    for name in "ab":
        with pytest.raises(OutputExistsError, match="expected a folder for the progress"):
            PartialFolder(tmp_path / name, {})
        with pytest.raises(OutputExistsError, match="expected a folder for the progress"), working_on(tmp_path / name):
            pass
    assert partial_folder(tmp_path / "a").read_text() == "somebody's"


def test_while_somebody_works_on_it_progress_is_kept_and_nothing_else(tmp_path):
    target = tmp_path / "a"
    with working_on(target):
        PartialFolder(target, {"seed": 1})
        assert not has_progress(target)
    assert not list(tmp_path.iterdir()), "a passport alone is nothing to go on from"
    with working_on(target):
        PartialFolder(target, {"seed": 1}).save("progress", {})
    assert has_progress(target) and sorted(os.listdir(partial_folder(target))) == ["passport.json", "progress.npz"]
