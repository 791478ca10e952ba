"""Names of classes beside a data set."""

import pytest

from nnabla_influence.dataset.class_names import CLASSES_FILE, ClassNames, class_names_csv
from nnabla_influence.dataset.csv import write_csvs
from nnabla_influence.errors import DataError


def test_what_is_written_is_read(tmp_path):
    names = ("cat, the", 'dog "d"', "猫")
    write_csvs(class_names_csv(tmp_path, names))
    assert dict(ClassNames.beside(tmp_path / "training.csv")) == dict(enumerate(names))


def test_a_class_without_a_name_is_called_by_its_number():
    names = ClassNames({0: "cat"})
    assert [names.say(number) for number in (0, 1)] == ["cat", "1"] and 1 not in names and len(names) == 1


def test_a_header_may_be_missing_and_a_mark_stand_first(tmp_path):
    (tmp_path / CLASSES_FILE).write_text("0,cat\n\n1, dog \n", encoding="utf-8-sig")
    assert dict(ClassNames.read(tmp_path / CLASSES_FILE)) == {0: "cat", 1: "dog"}


@pytest.mark.parametrize("text", ["number,name\ncat,0\n", "0,cat,1\n", "0\n"])
def test_what_is_no_list_of_names_is_refused_where_it_is_asked_for(tmp_path, text):
    (tmp_path / CLASSES_FILE).write_text(text)
    with pytest.raises(DataError, match="expected a class number and its name"):
        ClassNames.read(tmp_path / CLASSES_FILE)
    assert not ClassNames.beside(tmp_path / "training.csv")


def test_no_file_no_names(tmp_path):
    assert not ClassNames.beside(tmp_path / "training.csv") and not ClassNames.beside(None)
    with pytest.raises(DataError, match="expected the names of classes"):
        ClassNames.read(tmp_path / "none.csv")
