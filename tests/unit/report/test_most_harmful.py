"""The picture of the most harmful samples."""

import matplotlib
import pytest
from PIL import Image

from nnabla_influence.errors import ConfigError, DataError, OutputExistsError
from nnabla_influence.report.most_harmful import MOST_SHOWN, write_most_harmful


@pytest.mark.parametrize("kind", ["digits", "table"])
def test_the_file_is_a_picture_that_grows_with_the_number_of_samples(folder, kind):
    influence, before = getattr(folder, kind)(count=30), dict(matplotlib.rcParams)
    sizes = []
    for most in (5, 25):
        written = write_most_harmful(influence, folder.path / "most.png", most)
        with Image.open(folder.path / "most.png") as image:
            assert image.format == "PNG"
            sizes.append(image.height)
    assert sizes[0] < sizes[1]
    assert (written.total, written.unreadable, written.reason) == (30, 0, "")
    assert dict(matplotlib.rcParams) == before


def test_thumbnails_are_those_of_the_most_harmful(folder, monkeypatch):
    from nnabla_influence.report import most_harmful

    drawn = []
    original = most_harmful.contact_sheet
    monkeypatch.setattr(most_harmful, "contact_sheet", lambda *a: drawn.append(original(*a)) or drawn[-1])
    write_most_harmful(folder.digits(count=24), folder.path / "most.png", 3)
    assert len(drawn[0].axes[0].images) == 3
    assert [text.get_text() for text in drawn[0].axes[0].texts][1::2] == ["-3.00e+00", "-2.75e+00", "-2.50e+00"]


def test_a_broken_image_is_told(folder):
    influence = folder.digits()
    (folder.path / "画像" / "no 3.png").write_bytes(b"no picture")
    written = write_most_harmful(influence, folder.path / "most.png", 12)
    assert written.unreadable == 1 and "no 3.png" in written.reason


@pytest.mark.parametrize("most", [0, MOST_SHOWN + 1])
def test_a_number_out_of_range_is_refused(folder, most):
    with pytest.raises(ConfigError, match=f"from 1 to {MOST_SHOWN} samples, not {most};"):
        write_most_harmful(folder.table(), folder.path / "most.png", most)


def test_what_is_read_is_not_written_over(folder):
    influence = folder.table()
    with pytest.raises(OutputExistsError):
        write_most_harmful(influence, influence, 5)
    with pytest.raises(DataError):
        write_most_harmful(folder.csv("x,y\n1,2\n", "other.csv"), folder.path / "most.png", 5)
    assert not (folder.path / "most.png").exists()
