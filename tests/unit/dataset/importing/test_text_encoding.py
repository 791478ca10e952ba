"""Which encoding a table is in."""

from pathlib import Path

import pytest

from nnabla_influence.dataset.importing.text_encoding import decode_text
from nnabla_influence.errors import ConfigError, DataError

HERE = Path("table.csv")
PLAIN = "size,kind\n3,dog\n4,cat\n"
GERMAN = "Größe;Art\n3;Kätzchen\n4;Hündchen für 5 €\n"
FRENCH = "taille;espèce\n3;éléphant\n4;âne à côté\n5;café\n"
JAPANESE = "大きさ,種類\n3,イヌ\n4,猫\n"
KANJI_ONLY = "番号,種\n3,犬\n4,猫\n"
HALF_WIDTH = "size,kind\n3,ｲﾇ\n4,ﾈｺ\n"


@pytest.mark.parametrize(
    "text, codec, words",
    [
        (PLAIN, "utf-8", None),
        (JAPANESE, "utf-8", None),
        (GERMAN, "utf-8-sig", "UTF-8 with a byte-order mark"),
        (JAPANESE, "utf-16", "UTF-16"),
        (PLAIN, "utf-16-le", "UTF-16 without a byte-order mark"),
        (GERMAN, "utf-16-be", "UTF-16 without a byte-order mark"),
        (PLAIN, "utf-32", "UTF-32"),
        (GERMAN, "cp1252", "cp1252 (Western Windows)"),
        (FRENCH, "cp1252", "cp1252 (Western Windows)"),
        ("price\n5 €\n", "cp1252", "cp1252 (Western Windows)"),
        (JAPANESE, "cp932", "Shift-JIS (Japanese Windows)"),
        ("測定値a,測定値b\n3,犬\n", "cp932", "Shift-JIS (Japanese Windows)"),  # between Latin letters
        ("Öl;Straße;Temperatur °C\n1;2;3\n", "cp1252", "cp1252 (Western Windows)"),
        ("año;niño;corazón\n1;2;3\n", "cp1252", "cp1252 (Western Windows)"),
        (KANJI_ONLY, "cp932", "Shift-JIS (Japanese Windows)"),
        (HALF_WIDTH, "cp932", "Shift-JIS (Japanese Windows)"),
    ],
)
def test_the_encoding_is_found_and_said(text, codec, words):
    assert decode_text(text.encode(codec), HERE) == (text, words)


def test_an_encoding_that_is_named_is_used():
    assert decode_text("Größe".encode("cp850"), HERE, "cp850") == ("Größe", "cp850")
    assert decode_text("Größe".encode("utf-8-sig"), HERE, "utf-8").text == "Größe"


def test_there_is_no_such_encoding():
    with pytest.raises(ConfigError, match="such as utf-8, utf-16, cp932 or cp1252, got 'klingon'"):
        decode_text(b"a", HERE, "klingon")


@pytest.mark.parametrize("data, encoding", [(b"a\x81\x20\x8d", None), (b"a\xff", "utf-8"), (b"\xff\xfea", None)])
def test_bytes_that_are_no_text_are_refused(data, encoding):
    with pytest.raises(DataError, match="table.csv: expected"):
        decode_text(data, HERE, encoding)
