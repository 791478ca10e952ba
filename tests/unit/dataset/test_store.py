"""The data cache: atomic, shared between processes, repaired, listed and cleared."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.waiting import PATIENCE

from nnabla_influence import disk_space
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset import decoded_files, ingest, store
from nnabla_influence.dataset.data_cache import clear_data_cache, list_data_cache
from nnabla_influence.errors import CorruptFileError, RunError, TooLargeError
from nnabla_influence.temporary_names import folder_prefix

ROOT = Path(__file__).resolve().parents[3]


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def change_passport(**changes):
    def change(entry):
        passport = json.loads((entry / "dataset.json").read_text())
        passport.update(changes)
        (entry / "dataset.json").write_text(json.dumps(passport))

    return change


def without_checksums(entry):
    passport = json.loads((entry / "dataset.json").read_text())
    for variable in passport["variables"]:
        del variable["crc32"]
    (entry / "dataset.json").write_text(json.dumps(passport))


DAMAGE = {
    "passport without checksums": without_checksums,
    "array cut off": lambda entry: cut(entry / "0.npy"),
    "array missing": lambda entry: (entry / "1.npy").unlink(),
    "array is text": lambda entry: (entry / "1.npy").write_bytes(b"x" * (entry / "1.npy").stat().st_size),
    "passport missing": lambda entry: (entry / "dataset.json").unlink(),
    "passport cut off": lambda entry: cut(entry / "dataset.json"),
    "passport is a list": lambda entry: (entry / "dataset.json").write_text("[]"),
    "passport of another version": change_passport(format=99),
    "passport of other rows": change_passport(rows=7),
    "passport without variables": change_passport(variables=[]),
    "passport with broken variables": change_passport(variables=[{"name": "x"}]),
}


@pytest.mark.parametrize("case", DAMAGE, ids=str)
def test_a_damaged_entry_is_made_again(folder, case):
    csv = folder.digits()
    data = folder.read(csv)
    expected = data.batch(range(6))
    entry = folder.cache / data.fingerprint
    DAMAGE[case](entry)
    again = folder.read(csv).batch(range(6))
    for name in expected:
        np.testing.assert_array_equal(again[name], expected[name])
    assert tree(folder.cache / data.fingerprint) == ["0.npy", "1.npy", "dataset.json"]
    assert not list(folder.cache.glob("partial-*"))


def test_an_interrupted_decoding_leaves_nothing(folder, monkeypatch):
    csv = folder.digits()

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(decoded_files, "decode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.read(csv)
    assert [name for name in tree(folder.cache) if not name.startswith("index")] == []
    monkeypatch.undo()
    assert len(folder.read(csv)) == 6


def test_folders_of_killed_processes_are_removed_after_a_day(folder):
    folder.cache.mkdir()
    for name, age in (("partial-old", 2 * 24 * 3600), ("partial-new", 60)):
        (folder.cache / name).mkdir()
        (folder.cache / name / "0.npy").write_bytes(b"x")
        then = os.stat(str(folder.cache)).st_mtime - age
        os.utime(str(folder.cache / name), (then, then))
    folder.read(folder.digits())
    assert [path.name for path in folder.cache.glob("partial-*")] == ["partial-new"]


def test_a_folder_of_a_killed_process_is_removed_at_once(folder):
    killed = f"{folder_prefix()}x".replace(f"-{os.getpid()}-", f"-{2**22 + 1}-")  # more than Linux ever gives
    for name in (killed, f"{folder_prefix()}y"):
        (folder.cache / name).mkdir(parents=True)
        (folder.cache / name / "0.npy").write_bytes(b"x")
    folder.read(folder.digits())
    assert [path.name for path in folder.cache.glob("partial-*")] == [f"{folder_prefix()}y"]


def test_a_cache_that_cannot_be_written_names_itself(folder):
    folder.cache.write_bytes(b"a file where the folder should be")
    with pytest.raises(RunError, match="データ cache.*data_cache=") as caught:
        folder.read(folder.digits())
    assert "by --data-cache or the environment variable NNABLA_" in caught.value.said(IN_COMMANDS)


def test_a_full_disk_is_a_run_error(folder, monkeypatch):
    csv = folder.digits()

    def full(self, values):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.ArrayWriter, "write", full)
    with pytest.raises(RunError, match="No space left"):
        folder.read(csv)
    assert not list(folder.cache.glob("partial-*"))


READER = """
import sys
from nnabla_influence.dataset.dataset import Dataset
print("ready", flush=True)
sys.stdin.readline()
data = Dataset.from_csv(sys.argv[1], data_cache=sys.argv[2])
print(data.fingerprint, float(data.batch(range(len(data)))["x"].sum()))
"""


def test_processes_may_decode_the_same_data_at_once(folder):
    csv = folder.digits(count=60)
    command = [sys.executable, "-c", READER, str(csv), str(folder.cache)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": str(ROOT)}
    processes = [subprocess.Popen(command, **pipes) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:  # start together
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0] and len(set(outputs)) == 1
    data = folder.read(csv)
    assert outputs[0].split()[0] == data.fingerprint
    assert [path.name for path in folder.cache.iterdir() if path.name not in ("index", "in_use")] == [data.fingerprint]


def test_losing_the_race_uses_the_winners_result(folder, monkeypatch):
    csv = folder.digits()
    original = ingest._decode

    def slower(*arguments):
        monkeypatch.setattr(ingest, "_decode", original)
        folder.read(csv)  # another process finishes while this one decodes
        return original(*arguments)

    monkeypatch.setattr(ingest, "_decode", slower)
    data = folder.read(csv)
    assert len(data) == 6 and [entry.fingerprint for entry in list_data_cache(folder.cache)] == [data.fingerprint]
    assert not list(folder.cache.glob("partial-*"))


def test_decoded_data_that_do_not_fit_the_disk_are_refused_by_name_and_need(folder, monkeypatch):
    """With the first cell, not with the one that fills the disk."""
    csv = folder.digits()
    monkeypatch.setattr(disk_space, "free_bytes", lambda folder: 10)
    with pytest.raises(
        TooLargeError,
        match=r"decoded variable 'y' \(6 samples of shape \(1,\)\) to fit the 10 bytes that are free in '.*cache'",
    ) as caught:
        folder.read(csv)
    said = caught.value.said(IN_COMMANDS)
    assert "--image-size" in said and "NNABLA_INFLUENCE_DATA_CACHE" in said
    assert not list(folder.cache.glob("partial-*")), "nothing half-made stays"


@pytest.mark.parametrize("number", [0, 1])
def test_a_flipped_bit_is_noticed_when_it_is_read_and_the_data_are_decoded_anew(folder, number):
    csv = folder.digits()
    good = folder.read(csv)
    whole = good.batch(range(len(good)))
    path = folder.cache / good.fingerprint / f"{number}.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    damaged = folder.read(csv)
    with pytest.raises(
        CorruptFileError, match="samples 0 to 5 of variable '[xy]' do not match their checksum"
    ) as caught:
        damaged.batch([0])
    assert caught.value.said(IN_COMMANDS).endswith("They will be decoded anew. Run the command again.")
    again = folder.read(csv).batch(range(len(good)))
    assert all(np.array_equal(again[name], whole[name]) for name in whole)


def test_a_flipped_bit_in_a_column_of_numbers_is_noticed(folder):
    csv = folder.digits()
    path = folder.cache / folder.read(csv).fingerprint / "1.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x41")
    with pytest.raises(CorruptFileError, match="of variable 'y'"):
        folder.read(csv).column("y")


def test_a_whole_folder_that_a_neighbour_publishes_in_place_of_a_damaged_one_is_not_removed(folder, monkeypatch):
    csv = folder.digits()
    entry = folder.cache / folder.read(csv).fingerprint
    whole = folder.cache / "neighbour"
    shutil.copytree(entry, whole)
    (entry / "0.npy").write_bytes(b"cut")
    real = store.open_entry

    def seen_damaged_just_before(data_cache, fingerprint):
        arrays = real(data_cache, fingerprint)
        if arrays is None and whole.exists():
            shutil.rmtree(entry)
            whole.rename(entry)
        return arrays

    neighbours = whole.stat().st_ino
    monkeypatch.setattr(store, "open_entry", seen_damaged_just_before)
    assert len(folder.read(csv)) == 6
    assert entry.stat().st_ino == neighbours and not list(folder.cache.glob("partial-*"))


def test_data_that_another_process_clears_away_is_decoded_again(folder, monkeypatch):
    csv = folder.digits()
    real, cleared = ingest.open_entry, []

    def cleared_once(data_cache, fingerprint):
        if len(cleared) < 2:
            cleared.append(clear_data_cache(data_cache))
        return real(data_cache, fingerprint)

    monkeypatch.setattr(ingest, "open_entry", cleared_once)
    assert len(folder.read(csv)) == 6 and len(cleared) == 2
