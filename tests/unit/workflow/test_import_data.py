"""The job: which files are written, and which never."""

import numpy as np
import pandas as pd
import pytest
from support.raw_tables import folder_of_digits, raw_wine

from nnabla_influence import Dataset, ImportRequest, import_data
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.class_names import ClassNames
from nnabla_influence.errors import ConfigError, DataError, OutputExistsError


@pytest.fixture()
def wine(tmp_path):
    path = tmp_path / "wine.csv"
    raw_wine().to_csv(str(path), index=False)
    return path


def test_a_table_becomes_data_sets_that_can_be_read(wine, tmp_path):
    before = wine.read_bytes()
    imported = import_data(ImportRequest(wine, tmp_path / "out", test=0.1))
    assert imported.rows == {"training": 124, "validation": 36, "test": 18}
    assert imported.network == "builtin:mlp" and imported.image_size is None
    assert dict(ClassNames.beside(imported.files["training"])) == dict(enumerate(imported.classes))
    whole = np.concatenate(
        [Dataset.from_csv(path, data_cache=tmp_path).column("x") for path in imported.files.values()]
    )
    original = raw_wine().iloc[:, :13].to_numpy(np.float32)
    assert np.array_equal(np.sort(whole, axis=0), np.sort(original, axis=0))
    assert wine.read_bytes() == before


def test_the_seed_decides_which_row_goes_where(wine, tmp_path):
    texts = [
        import_data(ImportRequest(wine, tmp_path / str(number), seed=seed)).files["validation"].read_bytes()
        for number, seed in enumerate((1, 1, 2))
    ]
    assert texts[0] == texts[1] != texts[2]


def test_a_frame_is_a_source(tmp_path):
    frame = raw_wine()
    imported = import_data(ImportRequest(frame, tmp_path, labels="target"))
    assert imported.rows == {"training": 142, "validation": 36}
    assert frame.equals(raw_wine())


def test_a_folder_of_images_is_a_source(tmp_path):
    source = folder_of_digits(tmp_path / "digits", 8)
    before = {path: path.read_bytes() for path in source.rglob("*.png")}
    imported = import_data(ImportRequest(source, tmp_path / "out"))
    assert imported.network == "builtin:cnn" and imported.rows == {"training": 60, "validation": 20}
    data = Dataset.from_csv(imported.files["training"], data_cache=tmp_path / "decoded")
    assert data.shapes == {"x": (1, 8, 8), "y": (1,)}
    assert {path: path.read_bytes() for path in source.rglob("*") if path.is_file()} == before


def test_nothing_that_is_there_is_written_over(wine, tmp_path):
    request = ImportRequest(wine, tmp_path / "out", test=0.2)
    first = {path.name: path.read_bytes() for path in import_data(request).files.values()}
    with pytest.raises(OutputExistsError, match="expected the name of a new file") as caught:
        import_data(request)
    assert caught.value.said(IN_COMMANDS).endswith("replace it with --overwrite.")
    again = ImportRequest(wine, tmp_path / "out", seed=1, overwrite=True)
    assert import_data(again).files["training"].read_bytes() != first["training.csv"]
    assert not (tmp_path / "out" / "test.csv").exists(), "a test set of other rows would stay"


def test_the_source_is_never_written_over(tmp_path):
    raw_wine().to_csv(str(tmp_path / "training.csv"), index=False)
    with pytest.raises(OutputExistsError, match="got that of the source itself"):
        import_data(ImportRequest(tmp_path / "training.csv", tmp_path, overwrite=True))


def test_a_refused_source_leaves_nothing_behind(tmp_path):
    pd.DataFrame({"a": ["1", "2"], "date": ["2024-01-01", "2024-01-02"], "y": [0, 1]}).to_csv(tmp_path / "t.csv")
    with pytest.raises(DataError, match="dates or times"):
        import_data(ImportRequest(tmp_path / "t.csv", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_too_few_rows_for_two_parts(tmp_path):
    with pytest.raises(DataError, match="rows enough for validation data"):
        import_data(ImportRequest(pd.DataFrame({"a": [1.5, 2], "y": ["no", "yes"]}), tmp_path / "out"))


def test_values_have_no_names(tmp_path):
    frame = pd.DataFrame({"a": np.arange(20) ** 2, "y": np.arange(20) / 3})
    imported = import_data(ImportRequest(frame, tmp_path))
    assert imported.classes_file is None and not (tmp_path / "classes.csv").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"validation": 0},
        {"validation": 1},
        {"test": -0.1},
        {"validation": 0.6, "test": 0.4},
        {"validation": float("nan")},
        {"seed": -1},
        {"task": "ranking"},
        {"colours": "blue"},
    ],
    ids=str,
)
def test_impossible_requests(wrong):
    with pytest.raises(ConfigError):
        ImportRequest("t.csv", "out", **wrong)


def test_no_source_and_no_folder(tmp_path):
    with pytest.raises(DataError, match="got no such file"):
        import_data(ImportRequest(tmp_path / "none.csv", tmp_path / "out"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputExistsError, match="got a file"):
        import_data(ImportRequest(tmp_path / "file", tmp_path / "file"))
