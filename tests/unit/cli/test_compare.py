"""`compare`: joining by sample, the numbers, and the refusals."""

import json

import numpy as np
import pytest

from nnabla_influence.cli.main import main
from nnabla_influence.evaluation import mislabel_detection, rank_agreement


def write_scores(path, scores, samples=None, order=None):
    """An influence CSV as `score` writes it, most harmful first or in another order."""
    samples = range(len(scores)) if samples is None else samples
    rows = [f"img/{sample}.png,1,{score},{sample}" for sample, score in zip(samples, scores)]
    order = np.argsort(scores, kind="stable") if order is None else order
    path.write_text("\n".join(["x:image,y:label,influence,datasource_index", *(rows[i] for i in order)]) + "\n")
    return str(path)


def write_truth(path, flipped):
    rows = [f"{sample},{1 - flip},1,{flip}" for sample, flip in enumerate(flipped)]
    path.write_text("\n".join(["datasource_index,clean_label,noisy_label,flipped", *rows]) + "\n")
    return str(path)


SCORES = [np.array([-3.0, 1.0, -1.0, 4.0, 2.0]), np.array([-1.0, -2.0, 0.5, 3.0, 9.0]), np.array([5.0, 4, 3, 2, 1])]
FLIPPED = [1, 0, 1, 0, 0]


@pytest.fixture()
def files(tmp_path):
    return [write_scores(tmp_path / f"{i}.csv", scores) for i, scores in enumerate(SCORES)]


def test_rows_are_joined_by_sample_for_each_pair(files, capsys):
    assert main(["compare", *files, "--json"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert (err, result["samples"], result["column"], "mislabel" in result) == ("", 5, "influence", False)
    pairs = [(0, 1), (0, 2), (1, 2)]
    assert [(r["first"], r["second"]) for r in result["agreement"]] == [(files[i], files[j]) for i, j in pairs]
    for record, (i, j) in zip(result["agreement"], pairs):
        assert {k: record[k] for k in ("spearman", "kendall")} == rank_agreement(SCORES[i], SCORES[j]).to_dict()


def test_truth_measures_each_file_and_one_is_enough(files, tmp_path, capsys):
    truth = write_truth(tmp_path / "truth.csv", FLIPPED)
    assert main(["compare", files[0], "--truth", truth, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["agreement"] == []
    assert result["mislabel"] == [{"file": files[0], **mislabel_detection(SCORES[0], np.array(FLIPPED)).to_dict()}]


def test_tables(files, tmp_path, capsys):
    assert main(["compare", *files[:2], "--truth", write_truth(tmp_path / "truth.csv", FLIPPED)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("5 samples, column influence\n")
    assert "Spearman" in out and "AUROC" in out and "1.0000" in out
    assert len({len(line) for line in out.split("\n\n")[2].splitlines()}) == 1  # aligned


def test_another_column(files, capsys):
    assert main(["compare", *files[:2], "--column", "datasource_index", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agreement"][0]["spearman"] == pytest.approx(1)


def fails(capsys, *argv):
    """The error message of a request that is refused."""
    assert main(["compare", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_one_file_without_truth(files, capsys):
    assert "two or more influence CSVs" in fails(capsys, files[0])


def test_other_samples_are_counted_and_named(files, tmp_path, capsys):
    other = write_scores(tmp_path / "other.csv", SCORES[1], samples=[0, 1, 2, 7, 9])
    message = fails(capsys, files[0], other)
    assert "2 are (3, 4) only in the first and 2 are (7, 9) only in the second" in message
    many = write_scores(tmp_path / "many.csv", np.arange(40.0))
    assert "35 are (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, ...) only in the second" in fails(capsys, files[0], many)


def test_truth_of_other_samples(files, tmp_path, capsys):
    assert "1 is (5) only in the second" in fails(
        capsys, files[0], "--truth", write_truth(tmp_path / "truth.csv", [*FLIPPED, 0])
    )


def test_broken_cells_are_listed_together(files, tmp_path, capsys):
    path = tmp_path / "broken.csv"
    path.write_text("influence,datasource_index\n1,0\nnan,1\nbad,2\n4,1.5\n5,-1\n")
    message = fails(capsys, files[0], str(path))
    assert "4 broken cells" in message
    for place in ("line 3, column 'influence', value 'nan': expected a finite number",
                  "line 4, column 'influence', value 'bad'",
                  "line 5, column 'datasource_index', value '1.5': expected a whole number of at least 0",
                  "line 6, column 'datasource_index', value '-1'"):  # fmt: skip
        assert place in message


def test_flips_other_than_0_and_1(files, tmp_path, capsys):
    truth = write_truth(tmp_path / "truth.csv", [1, 0, 2, 0, 0])
    assert "line 4, column 'flipped', value '2': expected 0 or 1" in fails(capsys, files[0], "--truth", truth)


def test_a_sample_twice(files, tmp_path, capsys):
    path = tmp_path / "twice.csv"
    path.write_text("influence,datasource_index\n1,0\n2,3\n4,3\n")
    assert "datasource_index once, got 3 on the lines 3 and 4" in fails(capsys, files[0], str(path))


def test_missing_column_names_those_there_are(files, capsys):
    message = fails(capsys, *files[:2], "--column", "margin")
    assert "expected one column margin, got the columns x:image, y:label, influence, datasource_index" in message


def test_scores_without_order_name_the_files(files, tmp_path, capsys):
    flat = write_scores(tmp_path / "flat.csv", np.zeros(5))
    message = fails(capsys, files[0], flat)
    assert "flat.csv (second)" in message and "all 5 of the second scores are 0" in message
