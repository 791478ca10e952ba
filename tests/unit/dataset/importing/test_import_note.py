"""Sentences about several columns."""

from nnabla_influence.dataset.importing.import_note import ImportNote, listed, sentences


def test_equal_notes_become_one_where_the_first_stands():
    notes = [ImportNote("first"), *(ImportNote("has commas", name) for name in "abcdefg"), ImportNote("last")]
    assert sentences(notes) == ["first", "7 columns ('a', 'b', 'c', 'd', 'e', ...): has commas", "last"]


def test_lists_are_cut_where_they_get_long():
    assert listed("abcde") == "a, b, c, d, e" and listed("abcdef") == "a, b, c, d, e, ..."
