"""Files of a comparison are about the same data; the same row numbers alone do not make them so."""

import pytest

from nnabla_influence.errors import DataError
from nnabla_influence.workflow.compare import CompareRequest, compare

DATA = [("img/0.png", "0.5", "1"), ("img/1.png", "2", "0"), ("img/2.png", "3", "2")]


def influence(path, data=DATA, header="x:image,v,y:label", scores=(3, 1, 2)):
    """An influence CSV as it is written: most harmful first."""
    lines = [",".join([*cells, str(score), str(row)]) for row, (cells, score) in enumerate(zip(data, scores))]
    order = sorted(range(len(lines)), key=lambda row: scores[row])
    path.parent.mkdir(parents=True, exist_ok=True)
    head = ",".join([header, "influence", "datasource_index"]).lstrip(",")
    path.write_text("\n".join([head, *(lines[row] for row in order)]) + "\n", encoding="utf-8")
    return path


def truth(path, noisy, header="datasource_index,clean_label,noisy_label,flipped"):
    lines = [f"{row},1,{label},{int(row == 1)}" for row, label in enumerate(noisy)]
    path.write_text("\n".join([header, *reversed(lines)]) + "\n", encoding="utf-8")
    return path


def changed(row, place, cell):
    data = [list(cells) for cells in DATA]
    data[row][place] = cell
    return data


def test_other_labels_are_refused_with_the_place_and_both_values(tmp_path):
    first = influence(tmp_path / "first.csv")
    second = influence(tmp_path / "second.csv", changed(2, 2, "0"), scores=(1, 2, 3))
    with pytest.raises(DataError) as caught:
        compare(CompareRequest([first, second]))
    assert str(caught.value) == (
        f"{second}: line 4, column 'y:label': expected '2' as on line 3 of {first}, found '0'. Compare files made from "
        "the same training CSV, or score one of them again on the data of the other."
    )


@pytest.mark.parametrize("place, cell", [(0, "img/9.png"), (1, "0.6")])
def test_other_inputs_are_refused(tmp_path, place, cell):
    files = [influence(tmp_path / "a.csv"), influence(tmp_path / "b.csv", changed(0, place, cell))]
    with pytest.raises(DataError, match=f"found '{cell}'"):
        compare(CompareRequest(files))


def test_spellings_folders_comments_and_further_columns_do_not_matter(tmp_path):
    first = influence(tmp_path / "a.csv", [(*cells, "7") for cells in DATA], "x:image,v,y:label,# note")
    moved = [(f"../{image}", f"{float(v):.3f}", label, "8", "1") for image, v, label in DATA]
    second = influence(tmp_path / "sub" / "b.csv", moved, "x:image,v,y:label,# note,z")
    scores_only = influence(tmp_path / "c.csv", [()] * 3, "")
    assert compare(CompareRequest([scores_only, first, second])).samples == 3


def test_a_file_without_data_does_not_hide_two_that_differ(tmp_path):
    files = [influence(tmp_path / "a.csv", [()] * 3, ""), influence(tmp_path / "b.csv")]
    files.append(influence(tmp_path / "c.csv", changed(0, 2, "2")))
    with pytest.raises(DataError, match="found '2'"):
        compare(CompareRequest(files))


def test_no_column_in_common_is_refused(tmp_path):
    files = [influence(tmp_path / "a.csv"), influence(tmp_path / "b.csv", header="image,w,label")]
    with pytest.raises(DataError, match=r"expected columns of the data.*\(x:image, v, y:label\), found image, w, l"):
        compare(CompareRequest(files))


def test_a_truth_about_other_labels_is_refused(tmp_path):
    """Of another seed, or of another rate: its flips are not those of the labels that were scored."""
    scored = influence(tmp_path / "a.csv")
    assert compare(CompareRequest([scored], truth(tmp_path / "own.csv", ["1", "0", "2.0"]))).mislabel[0][1].flips == 1
    other = truth(tmp_path / "other.csv", ["1", "2", "2"])
    with pytest.raises(DataError) as caught:
        compare(CompareRequest([scored], other))
    assert str(caught.value) == (
        f"{other}: line 3, column 'noisy_label': expected '0' as in column 'y:label' on line 2 of {scored}, found '2'; "
        "1 of 3 labels differ. Give the truth that was written together with the data that was scored."
    )


def test_a_truth_without_labels_or_scores_without_data_cannot_be_checked(tmp_path):
    bare = truth(tmp_path / "bare.csv", ["9", "9", "9"], "datasource_index,a,b,flipped")
    assert compare(CompareRequest([influence(tmp_path / "a.csv")], bare)).mislabel
    full = truth(tmp_path / "full.csv", ["9", "9", "9"])
    assert compare(CompareRequest([influence(tmp_path / "c.csv", [()] * 3, "")], full)).mislabel
