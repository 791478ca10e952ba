"""`info`: caches, influence CSVs and the cache of decoded data."""

import shutil

import pytest

from nnabla_influence.cli.info import RECORDS


def shown(out):
    """The described values by their names."""
    return dict(line.strip().split(":", 1) for line in out.splitlines() if line.startswith("  "))


def test_a_cache_is_described(command, made):
    code, out, err = command("info", made / "c.h5")
    assert (code, err) == (0, "") and out.splitlines()[0] == str(made / "c.h5")
    values = {name: value.strip() for name, value in shown(out).items()}
    assert values["training cache"].endswith("policy last-epoch, checksum correct")
    assert values["training data"] == f"{made / 'training.csv'}, 24 rows"
    assert values["epochs, batch size, seed"] == "2, 8, 0" and values["steps"] == "6 (3 per epoch)"
    assert values["noted down in training"] == RECORDS["average"] == "the last epoch's mean parameters (--at)"


def test_an_influence_csv_is_described(command, made):
    code, out, _ = command("info", made / "influence.csv")
    values = {name: value.strip() for name, value in shown(out).items()}
    assert code == 0 and values["influence CSV"].startswith("24 rows, columns x__0, x__1, x__2, y:label, influence")
    assert int(values["negative"].split()[-1]) + int(values["positive"].split()[-1]) == 24
    assert len(values["most harmful rows"].split(", ")) == 10


def test_decoded_data_is_listed_and_cleared(command, made, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(str(made / "decoded"), str(copy))
    code, out, _ = command("info", "--data-cache", copy)
    assert code == 0 and out.startswith(f"{copy}: ") and " data sets, " in out.splitlines()[0]
    assert all(str(made / name) in out for name in ("training.csv", "validation.csv"))
    code, out, _ = command("info", "--data-cache", copy, "--clear")
    assert code == 0 and out.startswith("removed ") and out.endswith(f" bytes from {copy}\n")
    assert "0 data sets" in command("info", "--data-cache", copy)[1]


def test_decoded_data_is_kept_within_a_size(command, made, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(str(made / "decoded"), str(copy), ignore=shutil.ignore_patterns("in_use"))
    code, out, _ = command("info", "--data-cache", copy, "--limit", "1")
    assert code == 0 and out.startswith("removed ") and f"{copy}: 0 data sets, 0 bytes" in out
    assert (
        command("info", "--limit", "1GB")[0] == 2
        and command("info", "--data-cache", copy, "--clear", "--limit", 1)[0] == 2
    )


def test_the_users_cache_says_its_limit(command, monkeypatch):
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE_LIMIT", "5GB")
    assert "  limit: 5 GB; what was used least recently is removed first" in command("info", "--data-cache")[1]


def test_left_out_the_folder_is_the_users(command, made):
    assert command("info", "--data-cache")[1].startswith(f"{made / 'decoded'}: ")


@pytest.mark.parametrize(
    "typed, said",
    [
        ((), "error: Give a training cache (.h5) or an influence CSV, or --data-cache.\n"),
        (("--clear",), "error: --clear removes decoded data; give --data-cache with it.\n"),
    ],
)
def test_nothing_to_describe(command, typed, said):
    assert command("info", *typed) == (2, "", said)


def test_what_is_neither_is_refused(command, made):
    code, out, err = command("info", made / "training.csv")
    assert (code, out) == (2, "") and "expected one column datasource_index" in err
    (command.folder / "damaged.h5").write_bytes((made / "c.h5").read_bytes()[:500])
    code, _, err = command("info", "damaged.h5")
    assert code == 1 and "damaged.h5" in err and "Train again" in err
