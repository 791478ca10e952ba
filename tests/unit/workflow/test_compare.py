"""Do influence CSVs rank alike, and do they find flipped labels?"""

import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.workflow.compare import CompareRequest, compare


@pytest.fixture
def files(tmp_path):
    """Three rankings of four samples, and the truth: row 2 was flipped."""
    for name, scores in (
        ("a", (1, 2, -1, 3)),
        ("b", (10, 20, -10, 30)),
        ("c", (-1, -2, 1, -3)),
        ("same", (1, 1, 1, 1)),
    ):
        lines = ["influence,datasource_index", *(f"{score},{row}" for row, score in enumerate(scores))]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "truth.csv").write_text("datasource_index,flipped\n0,0\n1,0\n2,1\n3,0\n", encoding="utf-8")
    return tmp_path


def test_there_must_be_something_to_compare_with():
    with pytest.raises(ConfigError) as caught:
        CompareRequest(["a.csv"])
    assert caught.value.said(IN_COMMANDS) == (
        "compare expects two or more influence CSVs, or one with --truth; got one without."
    )
    assert str(caught.value) == ("A comparison needs two influence CSVs, or one and truth=: which labels were flipped.")


@pytest.mark.parametrize("influence", ["a.csv", (), []])
def test_a_lone_name_is_no_list(influence):
    with pytest.raises(ConfigError, match="Expected a list of influence CSVs"):
        CompareRequest(influence, truth="truth.csv")


def test_every_pair_is_compared(files):
    comparison = compare(CompareRequest([str(files / f"{name}.csv") for name in "abc"]))
    assert comparison.samples == 4 and comparison.mislabel is None
    agreement = {(first.stem, second.stem): found.spearman for first, second, found in comparison.agreement}
    assert agreement == pytest.approx({("a", "b"): 1, ("a", "c"): -1, ("b", "c"): -1})


def test_flipped_labels_are_found_or_not(files):
    comparison = compare(CompareRequest((files / "a.csv", files / "c.csv"), files / "truth.csv"))
    assert [found.auroc for _, found in comparison.mislabel] == [1.0, 0.0]
    assert compare(CompareRequest([files / "a.csv"], files / "truth.csv")).agreement == []


def test_a_ranking_without_order_is_named_with_its_file(files):
    with pytest.raises(DataError) as caught:
        compare(CompareRequest([files / "a.csv", files / "same.csv"]))
    assert f"{files / 'a.csv'} (first) and {files / 'same.csv'} (second): " in str(caught.value)


def test_a_column_there_is_not(files):
    with pytest.raises(DataError, match="margin"):
        compare(CompareRequest([files / "a.csv", files / "b.csv"], column="margin"))


def test_of_losses_the_highest_are_suspected(tmp_path):
    """As `cleanse` judges them; the influence column of the same file is low where the loss is high."""
    rows = ["influence,loss,margin,datasource_index", "-1,4,-1,2", "1,0.3,2,0", "2,0.2,1,1", "3,0.1,3,3"]
    path = tmp_path / "influence.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    truth = tmp_path / "truth.csv"
    truth.write_text("datasource_index,flipped\n0,0\n1,0\n2,1\n3,0\n", encoding="utf-8")
    for column in ("influence", "loss", "margin"):
        ((_, found),) = compare(CompareRequest([path], truth, column)).mislabel
        assert found.auroc == 1.0, column
