"""The page's own parts: pictures for both themes, the sort menu, names of files."""

from nnabla_influence.report.page import PageImage, basename, sort_orders


def test_a_picture_has_one_file_for_each_theme():
    image = PageImage({"light": b"\x89PNGab", "dark": b"\x89PNGxy"}, (4.5, 2.0), "what it shows")
    assert image.light == "data:image/png;base64,iVBOR2Fi" and image.dark == "data:image/png;base64,iVBOR3h5"
    assert image.pixels == (432, 192)


def test_the_sort_menu_offers_what_there_is():
    keys = [(order["key"], order["direction"]) for order in sort_orders(["margin"], losses=True, classes=True)]
    assert keys == [
        ("rank", "1"), ("rank", "-1"), ("loss", "-1"), ("loss", "1"), ("class", "1"), ("index", "1"), ("extra-0", "1"),
    ]  # fmt: skip
    assert [order["key"] for order in sort_orders([], False, False)] == ["rank", "rank", "index"]


def test_a_file_is_named_by_its_last_part():
    assert [basename(cell) for cell in ("a/b.png", "a\\b.png", "b.png")] == ["b.png"] * 3
