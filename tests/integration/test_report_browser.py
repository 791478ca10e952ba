"""The report in a real browser: what a person does with it, by mouse and by keyboard."""

import csv
import io
import sys

import numpy as np
import pytest
from PIL import Image
from support.browser import chromium, take_picture, why_not

from nnabla_influence import ReportInputs, write_report

pytestmark = pytest.mark.skipif(bool(why_not()), reason=f"the report's browser tests need Chromium: {why_not()}")

COUNT, CLASSES = 300, 4
HOSTILE = "<script>document.title='injected'</script><img src=x onerror=\"document.title='injected'\">"


def scored(row):
    """Score, label, prediction and loss of a row: every third is harmful and predicted as another class."""
    harmful = row % 3 == 0
    label = row % CLASSES
    return -(row + 1) / 64 if harmful else (row + 1) / 128, label, (label + harmful) % CLASSES, (row * 7 % COUNT) / 10


def write_influence(folder):
    generator = np.random.default_rng(0)
    (folder / "画像").mkdir()
    lines = []
    for row in range(COUNT):
        Image.fromarray(generator.integers(0, 256, (8, 8)).astype(np.uint8)).save(str(folder / "画像" / f"{row}.png"))
        score, label, predicted, loss = scored(row)
        lines.append((score, f"画像/{row}.png,{label},{score:.9g},{predicted},{loss},{row}"))
    header = "x:image,y:label,influence,predicted_label,loss,datasource_index"
    path = folder / "influence.csv"
    path.write_text("\n".join([header, *(line for _, line in sorted(lines))]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "報告 report"
    folder.mkdir()
    return write_report(ReportInputs(write_influence(folder)), folder / "report.html").page


@pytest.fixture
def open_page(browser):
    """``open_page(file)``: the page, and everything it complained about."""
    contexts = []

    def opened(path, **settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10000)
        page.complaints, page.requests = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page, report):
    opened = open_page(report)
    yield opened
    assert opened.complaints == []


def rows_shown(page):
    """Training rows of the visible cards, in the order of the page."""
    return page.eval_on_selector_all(".card:not([hidden])", "cards => cards.map(card => Number(card.dataset.index))")


def all_rows(key, rows=range(COUNT)):
    return sorted(rows, key=lambda row: (key(row), scored(row)[0]))


def test_it_opens_without_a_complaint_and_asks_for_nothing(page, report):
    outside = [url for url in page.requests if not url.startswith("data:")]
    assert outside == [report.as_uri()]
    assert page.title() == "influence"
    assert page.locator("h1").inner_text() == "influence"
    broken = page.eval_on_selector_all("img", "images => images.filter(i => i.complete && !i.naturalWidth).length")
    assert broken == 0


def test_the_most_harmful_come_first_and_more_are_shown_on_request(page):
    expected = all_rows(lambda row: scored(row)[0])
    assert rows_shown(page) == expected[:120]
    page.get_by_role("button", name="Show 120 more of 180 samples").click()
    assert rows_shown(page) == expected[:240]
    focused = page.evaluate("document.activeElement.closest('.card').dataset.index")
    assert int(focused) == expected[120], "the keyboard goes on at the first new sample"
    page.get_by_role("button", name="Show 60 more of 60 samples").click()
    assert rows_shown(page) == expected and not page.locator("#more").is_visible()


@pytest.mark.parametrize(
    "order, key",
    [
        ("most helpful first", lambda row: -scored(row)[0]),
        ("highest loss first", lambda row: -scored(row)[3]),
        ("lowest loss first", lambda row: scored(row)[3]),
        ("class", lambda row: scored(row)[1]),
        ("row of the training data", lambda row: row),
    ],
)
def test_sorting(page, order, key):
    page.get_by_label("Sort by").select_option(label=order)
    assert rows_shown(page) == all_rows(key)[:120]


def test_filtering_by_class_and_by_what_is_shown(page):
    page.get_by_label("Class (label)").select_option(label="2 (75)")
    of_class = [row for row in range(COUNT) if row % CLASSES == 2]
    assert sorted(rows_shown(page)) == of_class
    page.get_by_label("Show", exact=True).select_option(label="prediction is not the label")
    assert sorted(rows_shown(page)) == [row for row in of_class if row % 3 == 0]
    page.get_by_label("Show", exact=True).select_option(label="helpful (above 0)")
    assert sorted(rows_shown(page)) == [row for row in of_class if row % 3]
    assert page.get_by_role("status").inner_text() == "50 samples match, 50 shown, 0 ticked"
    page.get_by_label("Show", exact=True).select_option(label="ticked")
    assert page.get_by_text("No sample matches").is_visible()
    assert page.get_by_role("button", name="Tick all 0 shown").is_disabled()


def downloaded(page):
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    assert waiting.value.suggested_filename == "influence_ticked.csv"
    with open(str(waiting.value.path()), encoding="utf-8", newline="") as stream:
        return stream.read()


def test_ticked_rows_are_downloaded_with_their_scores(page):
    assert page.get_by_role("button", name="Download ticked rows").is_disabled()
    for row in (9, 10):
        page.locator(f'.card[data-index="{row}"]').scroll_into_view_if_needed()
        page.get_by_label("Sort by").select_option(label="row of the training data")
        page.locator(f'.card[data-index="{row}"] .frame').click()  # the picture ticks as well as the box
    text = downloaded(page)
    assert text == f"datasource_index,influence\n9,{scored(9)[0]:.9g}\n10,{scored(10)[0]:.9g}\n"
    assert page.get_by_role("status").inner_text().startswith("Downloaded influence_ticked.csv. 300 samples match")


def test_all_shown_are_ticked_and_no_others(page):
    page.get_by_label("Class (label)").select_option(label="1 (75)")
    page.get_by_label("Show", exact=True).select_option(label="harmful (below 0)")
    page.get_by_role("button", name="Tick all 25 shown").click()
    page.get_by_label("Class (label)").select_option(label="all classes")
    page.get_by_label("Show", exact=True).select_option(label="ticked")
    expected = all_rows(lambda row: scored(row)[0], [r for r in range(COUNT) if r % CLASSES == 1 and r % 3 == 0])
    assert rows_shown(page) == expected
    listed = [int(line["datasource_index"]) for line in csv.DictReader(io.StringIO(downloaded(page)))]
    assert listed == expected, "most harmful first"
    page.get_by_role("button", name="Untick all").click()
    assert rows_shown(page) == []
    assert page.get_by_role("button", name="Download ticked rows").is_disabled()


def test_a_keyboard_is_enough(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the samples"
    page.keyboard.press("Enter")
    reached = []
    for _ in range(5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.ariaLabel"))
    first = all_rows(lambda row: scored(row)[0])[:2]
    assert reached[:3] == ["class", "show", "sort"]
    assert [name.split(",")[1] for name in reached[3:]] == [f" row {row}" for row in first]
    page.keyboard.press("Space")
    assert page.get_by_role("status").inner_text().endswith("1 ticked")
    outline = page.evaluate("getComputedStyle(document.activeElement.closest('.card')).outlineStyle")
    assert outline == "solid", "the focus can be seen"
    page.locator("#download").focus()
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.path().read_text(encoding="utf-8").splitlines()[1].startswith(f"{first[1]},")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_phone_needs_no_sideways_scrolling(open_page, report, width):
    page = open_page(report, viewport={"width": width, "height": 800}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.eval_on_selector_all(
        "button:not([disabled]), select", "all => all.filter(e => e.offsetParent).map(e => e.offsetHeight)"
    )
    assert min(sizes) >= 40, "large enough for a finger"


def test_dark_pages_get_dark_figures(open_page, report):
    sources = []
    for scheme in ("light", "dark"):
        page = open_page(report, color_scheme=scheme)
        sources.append(page.eval_on_selector("figure img", "image => image.currentSrc"))
        shown = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (shown == "rgb(15, 19, 26)") == (scheme == "dark")
    assert sources[0] != sources[1]


def test_print_has_no_controls(open_page, report):
    page = open_page(report)
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Untick all").is_visible()
    assert not page.get_by_label("Sort by").is_visible()
    assert page.locator(".card").first.is_visible()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows allows no such file names")
def test_scripts_in_labels_headers_and_file_names_are_inert(open_page, tmp_path):
    name = HOSTILE.replace("/", "") + ".png"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(str(tmp_path / name))
    path = tmp_path / f"{HOSTILE.replace('/', '')[:60]}.csv"
    header = ["x:image", f"y:{HOSTILE}", "influence", HOSTILE, "predicted_label", "datasource_index"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, [name, HOSTILE, -1, 3, 1, 0], [name, "\u2028';alert(1)//", 2, 4, 0, 1]])
    page = open_page(write_report(ReportInputs(path), tmp_path / "report.html").page)
    assert page.complaints == [], "not even a policy had to step in"
    assert page.evaluate("[document.title === 'injected', document.querySelectorAll('script').length]") == [False, 1]
    assert page.locator(".card .pill").first.inner_text() == HOSTILE
    assert page.locator(".card .file").first.get_attribute("title").endswith(name[-40:])
    page.get_by_label(f"Class ({HOSTILE})").select_option(label=f"{HOSTILE} (1)")
    assert rows_shown(page) == [0]


def test_the_policy_stops_what_is_slipped_in(open_page, report, tmp_path):
    """The second wall, tried by breaking the first: a page in which a label was not escaped."""
    text = report.read_text(encoding="utf-8").replace("<h1>", f"<h1>{HOSTILE}", 1)
    (tmp_path / "broken.html").write_text(text, encoding="utf-8")
    page = open_page(tmp_path / "broken.html")
    assert page.title() == "influence"
    assert sum("Content Security Policy" in complaint for complaint in page.complaints) >= 2


def test_the_downloaded_list_feeds_cleanse(open_page, finished, data):
    influence = finished.folder / "出力" / "influence.csv"
    finished("report", "--influence", influence, "--cache", "cache 学習.h5", "--output", "report.html")
    page = open_page(finished.folder / "report.html")
    page.get_by_label("Show", exact=True).select_option(label="harmful (below 0)")
    ticked = rows_shown(page)[:7]
    for row in ticked:
        page.locator(f'.card[data-index="{row}"] input').check()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download 7 ticked rows").click()
    waiting.value.save_as(finished.folder / "ticked.csv")
    finished(
        "cleanse", "--influence", influence, "--list", "ticked.csv", "--output", "clean.csv", "--removed", "gone.csv"
    )
    original = (data / "training.csv").read_text(encoding="utf-8").splitlines()[1:]
    files = [line.split("/")[-1] for line in original]  # the picture's name and the label
    gone = (finished.folder / "gone.csv").read_text(encoding="utf-8").splitlines()[1:]
    kept = (finished.folder / "clean.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split("/")[-1] for line in gone] == [files[row] for row in sorted(ticked)]
    assert [line.split("/")[-1] for line in kept] == [file for row, file in enumerate(files) if row not in ticked]


def test_two_thousand_samples_are_usable(open_page, tmp_path):
    rows = "".join(f"{row % 7},{row % 1000},{(row - 500) / 1000},{row}\n" for row in range(20000))
    path = tmp_path / "influence.csv"
    path.write_text("x,y,influence,datasource_index\n" + rows, encoding="utf-8")
    written = write_report(ReportInputs(path), tmp_path / "report.html")
    assert (written.shown, written.total) == (2000, 20000)
    page = open_page(written.page)
    page.get_by_label("Sort by").select_option(label="most helpful first")
    assert rows_shown(page)[0] == 19999
    assert page.complaints == []


def test_the_picture_for_the_readme(browser, report, tmp_path):
    take_picture(browser, report, tmp_path / "picture.png")
    picture = Image.open(str(tmp_path / "picture.png"))
    assert picture.size == (1180, 1500) and len(picture.getcolors()) > 50
