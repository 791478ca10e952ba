"""The files of a report: complete, inert, within bounds, whole or not there at all."""

import base64
import hashlib
import re
import time
from html.parser import HTMLParser

import numpy as np
import pytest
from support.removal_curves import curve

from nnabla_influence import ReportInputs, write_report
from nnabla_influence.cli.report import NEXT_STEP
from nnabla_influence.errors import DataError, OutputExistsError
from nnabla_influence.nnc.host import next_step
from nnabla_influence.report import written_report

HOSTILE = "<script>alert('label')</script>"
HOSTILE_FILE = "\"><img src=x onerror=alert(1)><script>alert('file')</script>.png"


class Page(HTMLParser):
    """A parsed page: its elements with their attributes, and the text of each script."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self._open = [], {"script": [], "style": []}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._open = tag if tag in self.texts else None

    def handle_data(self, data):
        if self._open:
            self.texts[self._open].append(data)
            self._open = None

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def report(folder):
    """``report(influence, ...)``: write a report and return (what was written, its text, the parsed page)."""

    def write(influence, **inputs):
        written = write_report(ReportInputs(influence, **inputs), folder.path / "報告 report.html", overwrite=True)
        text = written.page.read_text(encoding="utf-8")
        return written, text, Page(text)

    return write


def boxes(page):
    """The boxes to tick samples with."""
    return [attributes for attributes in page.all("input") if "aria-label" in attributes]


def hostile(folder):
    """Labels, column names and file names that are HTML; the file exists, as far as the system allows such names."""
    name = HOSTILE_FILE.replace("/", "")
    folder.image(name, np.zeros((6, 6), np.uint8))
    cell = '"' + name.replace('"', '""') + '"'
    header = '"x:<b>image</b>","y:<script>alert(2)</script>",influence,"<i>extra</i>",predicted_label,datasource_index'
    return folder.csv(f"{header}\n{cell},{HOSTILE},-1,4,1,0\n{cell},dog,1,5,1,1\n")


def test_the_page_holds_every_sample_with_what_is_known_about_it(folder, report):
    written, _, page = report(folder.digits())
    cards = [attributes for attributes in page.all("li") if "data-rank" in attributes]
    assert [card["data-rank"] for card in cards] == [str(rank) for rank in range(1, 13)]
    assert cards[0]["data-score"] == "-1.5" and cards[0]["data-index"] == "11"
    assert cards[0]["data-loss"] == "2.75" and cards[0]["data-differs"] == "1" and cards[0]["data-class"] == "2"
    assert (written.shown, written.total, written.unreadable) == (12, 12, 0)
    names = [box["aria-label"] for box in boxes(page)]
    assert names[0] == "rank 1, row 11, score -1.5, class 2, predicted 0" and len(names) == 12


def test_the_page_is_complete_in_itself(folder, report):
    path = folder.path / "curve.csv"
    curve({"loss": {3: -0.1}}).to_csv(path)
    _, text, page = report(folder.digits(), curve=path)
    for tag, attributes in page.elements:
        for name in ("src", "srcset", "href", "action", "data"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), (tag, name, value[:80])
        assert "style" not in attributes and not any(name.startswith("on") for name in attributes)
    assert "url(" not in text and "@import" not in text and "http" not in text.replace("http-equiv", "")


def test_the_policy_names_the_one_script_and_the_one_style(folder, report):
    _, _, page = report(folder.digits())
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        (text,) = page.texts[kind]
        digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        assert f"{kind}-src 'sha256-{digest}';" in policy


def test_html_in_labels_headers_and_file_names_is_text(folder, report):
    _, text, page = report(hostile(folder))
    assert len(page.all("script")) == 1 and len(page.all("b")) == 2, "ours: the rank on each of two cards"
    assert "<script>alert" not in text and "<img src=x" not in text and "<i>extra" not in text
    assert not any("onerror" in attributes for _, attributes in page.elements)
    titles = [attributes["title"] for attributes in page.all("p") if attributes.get("class") == "file"]
    assert titles == [HOSTILE_FILE.replace("/", "")] * 2, "it is shown as it is"
    assert any(HOSTILE in box["aria-label"] for box in boxes(page))


def test_figures_are_written_beside_the_page(folder, report):
    path = folder.path / "curve.csv"
    curve({"loss": {3: -0.1}}).to_csv(path)
    written, _, _ = report(folder.digits(count=24), curve=path)
    assert {figure.name for figure in written.figures} == {"distribution.png", "curve.png", "most_harmful.png"}
    for figure in written.figures:
        assert figure.parent.name == "報告 report_figures" and figure.read_bytes().startswith(b"\x89PNG")


def test_numbers_have_a_report_without_pictures(folder, report):
    written, text, page = report(folder.table())
    assert [figure.name for figure in written.figures] == ["distribution.png"]
    assert "income" in text and "cards numbers" in text
    assert not any(select.get("id") == "class" for select in page.all("select"))


def test_details_and_the_cost_of_the_curve_are_shown(folder, report):
    path = folder.path / "curve.csv"
    curve({"loss": {3: -0.1}}).to_csv(path)
    _, text, _ = report(folder.digits(), curve=path, details={"training": "12 s & more"})
    assert "12 s &amp; more" in text and "8, 16 s in all" in text and "cpu A" in text


def test_the_same_inputs_give_the_same_bytes(folder, report):
    influence = folder.digits()
    first, text, _ = report(influence)
    pictures = [figure.read_bytes() for figure in first.figures]
    second, again, _ = report(influence)
    assert text == again and pictures == [figure.read_bytes() for figure in second.figures]


def test_the_page_stays_within_its_bytes(folder, report, monkeypatch):
    influence = folder.digits(count=64)
    whole = report(influence)[0].page.stat().st_size
    monkeypatch.setattr(written_report, "MOST_CARDS", 64)
    monkeypatch.setattr(written_report, "MOST_BYTES", whole - 1000)
    written, text, page = report(influence)
    assert written.page.stat().st_size <= whole - 1000
    assert written.shown == 32 and len(boxes(page)) == 32 and "32 of 64 samples" in text


def test_a_failure_leaves_the_old_page(folder, report, monkeypatch):
    influence = folder.digits()
    page = report(influence)[0].page
    before = page.read_bytes()

    def fail(values):
        raise OSError("disk full")

    monkeypatch.setattr("nnabla_influence.report.page.render", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(ReportInputs(influence), page, overwrite=True)
    assert page.read_bytes() == before
    assert not [path for path in folder.path.rglob("*") if path.name.startswith(".partial")]


def test_inputs_are_not_overwritten(folder):
    influence = folder.digits()
    before = influence.read_bytes()
    with pytest.raises(OutputExistsError, match="expected another file to write to"):
        write_report(ReportInputs(influence), influence)
    assert influence.read_bytes() == before


def test_another_file_as_curve_is_refused(folder):
    influence = folder.digits()
    with pytest.raises(DataError, match="expected a removal curve"):
        write_report(ReportInputs(influence, curve=influence), folder.path / "r.html")
    assert not (folder.path / "r.html").exists() and not (folder.path / "r_figures").exists()


def test_the_command_to_go_on_with_is_quoted_where_it_must(folder, report):
    _, text, _ = report(folder.digits(), next_step=NEXT_STEP)
    command = re.search(r"<pre[^>]*><code>(.*?)</code>", text).group(1)
    assert command.startswith(
        "python -m nnabla_influence cleanse --influence influence.csv --list influence_ticked.csv"
    )
    spaced = folder.csv((folder.path / "influence.csv").read_text(encoding="utf-8"), name="my scores.csv")
    _, text, _ = report(spaced, next_step=NEXT_STEP)
    assert "--influence &#34;my scores.csv&#34;" in text


def test_without_a_command_the_page_names_none(folder, report):
    _, text, _ = report(folder.digits())
    assert "python -m" not in text and "<pre" not in text
    assert "lists rows of the training CSV (<code>datasource_index</code>).</p>" in text


def test_a_report_of_a_plugin_shows_the_command_too():
    assert next_step.NEXT_STEP == NEXT_STEP


@pytest.mark.parametrize("how", ["changed", "deleted"])
@pytest.mark.parametrize("name", ["influence.csv", "a picture"])
def test_what_was_changed_while_it_was_made_is_named(folder, monkeypatch, caplog, name, how):
    influence = folder.digits()
    path = influence if name == "influence.csv" else next(folder.path.rglob("*.png"))
    write = written_report.write_files_atomic

    def changed_meanwhile(files):
        time.sleep(0.02)  # the system's clock of files is a few milliseconds behind
        content = path.read_bytes()
        path.unlink()
        if how == "changed":
            path.write_bytes(content)
        write(files)

    time.sleep(0.02)
    monkeypatch.setattr(written_report, "write_files_atomic", changed_meanwhile)
    write_report(ReportInputs(influence), folder.path / "report.html")
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"{path} was {how} after it was read.")
