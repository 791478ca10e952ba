"""Label noise: how many, to which class, and what is written."""

import csv

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.noise import flip_labels, write_noisy
from nnabla_influence.errors import ConfigError, DataError, OutputExistsError

LABELS = np.arange(1000) % 10


@pytest.mark.parametrize("kind", ["symmetric", "pairwise"])
@pytest.mark.parametrize("rate, count", [(0.0, 0), (0.1, 100), (0.1234, 123), (1.0, 1000)])
def test_exactly_the_asked_share_is_flipped(kind, rate, count):
    labels = flip_labels(LABELS, rate, kind, seed=0)
    assert labels.flipped.sum() == count
    np.testing.assert_array_equal(labels.flipped, labels.noisy != labels.clean)
    np.testing.assert_array_equal(labels.clean, LABELS)
    assert labels.noisy.min() >= 0 and labels.noisy.max() <= 9


def test_pairwise_noise_goes_to_the_next_class():
    labels = flip_labels(LABELS, 0.3, "pairwise", seed=0)
    np.testing.assert_array_equal(labels.noisy[labels.flipped], (LABELS[labels.flipped] + 1) % 10)


def test_symmetric_noise_reaches_every_other_class_equally():
    labels = flip_labels(np.zeros(9000, dtype=int), 1.0, "symmetric", seed=0, classes=10)
    counts = np.bincount(labels.noisy, minlength=10)
    assert counts[0] == 0
    # 9,000 draws over 9 classes: standard deviation about 30, so 5 of them
    assert np.abs(counts[1:] - 1000).max() < 150


def test_the_seed_decides():
    first = flip_labels(LABELS, 0.1, "symmetric", seed=1).noisy
    np.testing.assert_array_equal(flip_labels(LABELS, 0.1, "symmetric", seed=1).noisy, first)
    assert not np.array_equal(flip_labels(LABELS, 0.1, "symmetric", seed=2).noisy, first)


@pytest.mark.parametrize(
    "arguments, error",
    [
        ((LABELS, 1.1), ConfigError),
        ((LABELS, -0.1), ConfigError),
        ((LABELS, float("nan")), ConfigError),
        ((LABELS, 0.1, "odd"), ConfigError),
        ((LABELS, 0.1, "symmetric", -1), ConfigError),
        (([0, 0], 0.5), ConfigError),
        ((LABELS, 0.1, "symmetric", 0, 5), DataError),
        (([0, -1], 0.5), DataError),
        (([0.5, 1], 0.5), DataError),
        (([[0, 1]], 0.5), DataError),
        (([], 0.5), DataError),
        ((["a"], 0.5), DataError),
        (([np.nan, 1.0], 0.5), DataError),
    ],
)
def test_impossible_requests(arguments, error):
    with pytest.raises(error):
        flip_labels(*arguments)


# ---- files


def rows_of(path):
    with open(str(path), encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@pytest.fixture
def table(folder):
    lines = ["#id,x:image,y:label,z"]
    lines += ['"a, {0}",画像\\{0} b.png,{1},0.50'.format(row, row % 4) for row in range(40)]
    return Table.read(folder.csv("\r\n".join(lines), encoding="utf-8-sig"))


def test_only_flipped_labels_change_in_the_same_folder(folder, table):
    output, truth = folder.path / "noisy.csv", folder.path / "truth.csv"
    labels = write_noisy(table, "y", 0.25, "symmetric", 3, output, truth)
    written = rows_of(output)
    assert written[0] == table.header and len(written) == 41
    for before, after, noisy, flipped in zip(table.rows, written[1:], labels.noisy, labels.flipped):
        assert after[:2] == before[:2] and after[3] == before[3]
        assert after[2] == (str(noisy) if flipped else before[2])
    assert labels.flipped.sum() == 10


def test_the_truth_tells_what_was_done(folder, table):
    output, truth = folder.path / "noisy.csv", folder.path / "truth.csv"
    labels = write_noisy(table, "y", 0.25, "pairwise", 3, output, truth)
    written = rows_of(truth)
    assert written[0] == ["datasource_index", "clean_label", "noisy_label", "flipped"]
    values = np.array(written[1:], dtype=int)
    np.testing.assert_array_equal(values.T, [np.arange(40), labels.clean, labels.noisy, labels.flipped.astype(int)])
    assert not truth.read_bytes().startswith(b"\xef\xbb\xbf")


def test_paths_stay_valid_in_another_folder(folder, table):
    output = folder.path.parent / "out 先" / "noisy.csv"
    write_noisy(table, "y", 0.25, "symmetric", 3, output, output.with_name("truth.csv"))
    noisy = Table.read(output)
    assert noisy.rows[0][:2] == ["a, 0", "../日本語 folder/画像/0 b.png"] and noisy.rows[0][3] == "0.50"
    for row in range(40):
        assert noisy.resolve(noisy.rows[row][1]) == table.resolve(table.rows[row][1])


def test_the_written_data_set_can_be_read(folder):
    table = Table.read(folder.digits(count=12))
    output = folder.path.parent / "out" / "noisy.csv"
    labels = write_noisy(table, "y", 0.5, "symmetric", 0, output, output.with_name("truth.csv"))
    data = folder.read(output)
    np.testing.assert_array_equal(data.column("y")[:, 0], labels.noisy)
    np.testing.assert_array_equal(data.batch([3])["x"], folder.read(table.path).batch([3])["x"])


def test_the_same_seed_writes_the_same_bytes(folder, table):
    truth = folder.path / "truth.csv"
    for name in ("a.csv", "b.csv"):
        write_noisy(table, "y", 0.25, "symmetric", 3, folder.path / name, truth)
    assert (folder.path / "a.csv").read_bytes() == (folder.path / "b.csv").read_bytes()


def test_labels_that_are_no_classes_are_named_by_line(folder):
    table = Table.read(folder.csv("x,y\n1,0\n2,cat\n3,1.5\n4,-1\n5,2.0\n6,nan\n"))
    with pytest.raises(DataError) as caught:
        write_noisy(table, "y", 0.5, "symmetric", 0, folder.path / "o.csv", folder.path / "t.csv")
    message = str(caught.value)
    assert "4 broken cells" in message
    for part in ("line 3, column 'y', value 'cat'", "line 4", "line 5", "line 7"):
        assert part in message
    assert not (folder.path / "o.csv").exists()


@pytest.mark.parametrize("label", ["t", "v"])
def test_the_label_must_be_one_column(folder, label):
    table = Table.read(folder.csv("v__0,v__1,y\n1,2,0\n"))
    with pytest.raises(DataError, match="'{}'.*'v', 'y'".format(label)):
        write_noisy(table, label, 0.5, "symmetric", 0, folder.path / "o.csv", folder.path / "t.csv")


def test_the_clean_data_set_is_never_overwritten(folder, table):
    before = table.path.read_bytes()
    link = folder.path / "link.csv"
    link.symlink_to(table.path)
    other = folder.path / "other.csv"
    targets = [
        (table.path, other),
        (other, table.path),
        (link, other),
        (folder.path / ".." / folder.path.name / table.path.name, other),
        (other, other),
    ]
    for output, truth in targets:
        with pytest.raises(OutputExistsError):
            write_noisy(table, "y", 0.25, "symmetric", 3, output, truth)
    assert table.path.read_bytes() == before and not other.exists()
