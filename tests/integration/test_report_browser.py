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


def new_page(context):
    """A page, everything it complains about and everything it asks for."""
    page = context.new_page()
    page.set_default_timeout(10000)
    page.complaints, page.requests = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    return page


@pytest.fixture
def open_page(browser):
    """``open_page(file)``: a page in a browser's profile of its own, of these settings."""
    contexts = []

    def opened(path, **settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = new_page(context)
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def kept_page(browser):
    """One page for many tests: a new profile takes longer than most of them."""
    context = browser.new_context()
    yield new_page(context)
    context.close()


@pytest.fixture
def page(kept_page, report):
    """The report as a browser shows it that never saw it before."""
    kept_page.goto(report.as_uri())
    kept_page.evaluate("localStorage.clear()")
    kept_page.complaints.clear()
    kept_page.requests.clear()
    kept_page.goto(report.as_uri())
    yield kept_page
    assert kept_page.complaints == []
    for other in kept_page.context.pages[1:]:
        other.close()


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
    # By the keyboard: what a mouse hits may move while pictures load.
    page.get_by_role("button", name="Show 120 more of 180 samples").press("Enter")
    assert rows_shown(page) == expected[:240]
    focused = page.evaluate("document.activeElement.closest('.card').dataset.index")
    assert int(focused) == expected[120], "the keyboard goes on at the first new sample"
    page.get_by_role("button", name="Show 60 more of 60 samples").press("Enter")
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


def downloaded(page, button="Download", name="influence_ticked.csv"):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    assert waiting.value.suggested_filename == name
    with open(str(waiting.value.path()), encoding="utf-8", newline="") as stream:
        return stream.read()


def test_ticked_rows_are_downloaded_with_their_scores(page):
    assert page.get_by_role("button", name="Download ticked rows").is_disabled()
    for row in (9, 10):
        page.locator(f'.card[data-index="{row}"]').scroll_into_view_if_needed()
        page.get_by_label("Sort by").select_option(label="row of the training data")
        page.locator(f'.card[data-index="{row}"] input').check()
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
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.ariaLabel"))
    first = all_rows(lambda row: scored(row)[0])[:2]
    assert reached[:5] == ["class", "show", "search", "sort", "export"]
    assert [name.split(",")[1] for name in reached[5:]] == [f" row {row}" for row in first]
    page.keyboard.press("Space")
    assert page.get_by_role("status").inner_text().endswith("1 ticked")
    outline = page.evaluate("getComputedStyle(document.activeElement.closest('.card')).outlineStyle")
    assert outline == "solid", "the focus can be seen"
    page.locator("#download").focus()
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.path().read_text(encoding="utf-8").splitlines()[1].startswith(f"{first[1]},")


def status(page):
    return page.get_by_role("status").inner_text()


def card_of(page, row):
    return page.locator(f'.card[data-index="{row}"]')


MOST_HARMFUL = all_rows(lambda row: scored(row)[0])


def test_ticks_survive_a_reload(page):
    for row in MOST_HARMFUL[:3]:
        card_of(page, row).locator("input").check()
    page.reload()
    assert status(page).endswith("3 ticked")
    assert [card_of(page, row).locator("input").is_checked() for row in MOST_HARMFUL[:4]] == [True] * 3 + [False]
    page.get_by_role("button", name="Untick all").click()
    page.reload()
    assert status(page).endswith("0 ticked")


def test_ticks_belong_to_the_content_of_the_csv_wherever_it_lies(open_page, tmp_path):
    text = "x,y,influence,datasource_index\n0,0,-1,0\n0,0,{},1\n"
    pages = {}
    for name, score in (("one", 1), ("moved", 1), ("other", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "influence.csv").write_text(text.format(score), encoding="utf-8")
        pages[name] = write_report(ReportInputs(tmp_path / name / "influence.csv"), tmp_path / name / "r.html").page
    page = open_page(pages["one"])
    card_of(page, 0).locator("input").check()
    assert str(tmp_path) not in page.evaluate("JSON.stringify(Object.entries(localStorage))")
    for name, ticked in (("moved", True), ("other", False), ("one", True)):
        page.goto(pages[name].as_uri())
        assert card_of(page, 0).locator("input").is_checked() == ticked, name


def test_another_tab_shows_the_same_ticks(page, report):
    second = page.context.new_page()
    second.goto(report.as_uri())
    card_of(second, MOST_HARMFUL[0]).locator("input").check()
    page.wait_for_function("document.getElementById('status').textContent.endsWith('1 ticked')")


def test_a_browser_that_keeps_nothing_says_so(open_page, report):
    page = open_page(report)
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })")
    page.reload()
    card_of(page, MOST_HARMFUL[0]).locator("input").check()
    assert status(page).endswith("1 ticked; this browser forgets ticks when the page is closed")
    assert page.complaints == []


def test_a_click_enlarges_and_a_box_ticks(page):
    first, second = MOST_HARMFUL[:2]
    card_of(page, first).locator(".frame").click()
    large = page.get_by_role("dialog")
    assert large.get_by_role("heading").inner_text() == f"#1, row {first}"
    small = card_of(page, first).locator(".frame img").bounding_box()["width"]
    assert large.locator(".frame img").bounding_box()["width"] > 3 * small
    assert status(page).endswith("0 ticked") and f"画像/{first}.png" in large.inner_text()
    large.get_by_label("Tick").check()
    assert card_of(page, first).locator("input").is_checked()
    large.get_by_role("button", name="Next").click()
    assert large.get_by_role("heading").inner_text() == f"#2, row {second}"
    assert not large.get_by_label("Tick").is_checked()
    large.get_by_role("button", name="Previous").click()
    assert large.get_by_label("Tick").is_checked()
    large.get_by_role("button", name="Close").click()
    assert not large.is_visible()
    card_of(page, second).locator("input").check()
    assert not large.is_visible() and status(page).endswith("2 ticked")


def focused(page):
    return int(page.evaluate("document.activeElement.closest('.card').dataset.index"))


def test_a_click_on_a_picture_at_the_top_enlarges_it_too(page):
    page.locator(".strip").last.locator("img").first.click()
    most_helpful = max(range(COUNT), key=lambda row: scored(row)[0])
    assert page.get_by_role("dialog").get_by_role("heading").inner_text() == f"#{COUNT}, row {most_helpful}"


def test_review_by_keyboard_on_the_page(page):
    assert page.get_by_text("Keys:").is_visible()
    for key, place in (("n", 0), ("ArrowRight", 1), ("n", 2), ("p", 1), ("ArrowLeft", 0), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        assert focused(page) == MOST_HARMFUL[place]
    page.keyboard.press("t")
    page.keyboard.press("n")
    page.keyboard.press("Space")
    assert status(page).endswith("2 ticked")
    page.keyboard.press("u")
    assert status(page).startswith(f"Undone: row {MOST_HARMFUL[1]} no longer ticked.")
    page.keyboard.press("t")
    page.keyboard.press("t")
    page.keyboard.press("u")
    assert status(page).startswith(f"Undone: row {MOST_HARMFUL[1]} ticked again.") and status(page).endswith("2 ticked")
    for _ in range(120):
        page.keyboard.press("n")
    assert focused(page) == MOST_HARMFUL[121], "it goes on behind the first 120"


def test_review_by_keyboard_in_the_enlarged_view(page):
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    title = page.get_by_role("dialog").get_by_role("heading")
    for key, place in (("n", 1), ("ArrowRight", 2), ("p", 1)):
        page.keyboard.press(key)
        assert title.inner_text() == f"#{place + 1}, row {MOST_HARMFUL[place]}"
    page.keyboard.press("Space")
    page.keyboard.press("n")
    page.keyboard.press("t")
    assert status(page).endswith("2 ticked")
    page.keyboard.press("u")
    assert status(page).endswith("1 ticked") and not page.get_by_label("Tick", exact=True).is_checked()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible() and focused(page) == MOST_HARMFUL[2]


def test_what_was_done_to_many_is_undone_at_once(page):
    page.get_by_role("button", name="Tick all 120 shown").click()
    card_of(page, MOST_HARMFUL[5]).locator("input").uncheck()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    assert status(page).startswith("Undone: 120 rows no longer ticked.") and status(page).endswith("0 ticked")
    assert page.get_by_role("button", name="Undo").is_disabled()


def test_who_types_ticks_nothing(page):
    page.keyboard.press("/")
    page.keyboard.type("nt27")
    assert page.get_by_label("Search row, file, class").input_value() == "nt27"
    assert status(page) == "0 samples match, 0 shown, 0 ticked"


@pytest.mark.parametrize(
    "typed, rows",
    [
        ("27", [27]),
        ("row:27", [27]),
        ("27.png", [27, 127, 227]),
        ("file:画像/9 class:1", [9, 93, 96, 97]),  # 96 is predicted as class 1
        ("nothing", []),
    ],
)
def test_search(page, typed, rows):
    page.get_by_label("Search row, file, class").fill(typed)
    assert sorted(rows_shown(page)) == rows


def test_a_class_is_found_by_label_and_by_prediction(page):
    page.get_by_label("Search row, file, class").fill("class:2")
    page.get_by_label("Show", exact=True).select_option(label="prediction is not the label")
    expected = [row for row in range(COUNT) if row % 3 == 0 and 2 in scored(row)[1:3]]
    assert sorted(rows_shown(page)) == expected


def test_the_filtered_list_is_exported_with_all_that_is_known(page):
    page.get_by_label("Class (label)").select_option(label="1 (75)")
    card_of(page, 9).locator("input").check()
    text = downloaded(page, "Export this list (75 rows)", "influence_list.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    of_class = [row for row in MOST_HARMFUL if row % CLASSES == 1]
    assert [int(row["datasource_index"]) for row in rows] == of_class, "in the order of the page"
    (nine,) = [row for row in rows if row["datasource_index"] == "9"]
    score, label, predicted, loss = scored(9)
    assert nine == {
        "datasource_index": "9", "influence": f"{score:.9g}", "label": str(label), "predicted": str(predicted),
        "loss": str(loss), "file": "画像/9.png", "ticked": "1",
    }  # fmt: skip
    assert {row["ticked"] for row in rows if row is not nine} == {"0"}


def test_formulas_in_an_exported_list_stay_text(open_page, tmp_path):
    path = tmp_path / "influence.csv"
    path.write_text('x,y,influence,datasource_index\n0,"=1+2,""a""",-1,0\n0,b,1,1\n', encoding="utf-8")
    page = open_page(write_report(ReportInputs(path), tmp_path / "report.html").page)
    text = downloaded(page, "Export this list (2 rows)", "influence_list.csv")
    assert [row["y"] for row in csv.DictReader(io.StringIO(text))] == ['\'=1+2,"a"', "b"]


def test_a_target_and_its_prediction_are_seen_and_all_columns_are_in_the_enlarged_view(open_page, tmp_path):
    header = ",".join(f"x__{k}:name {k}" for k in range(12)) + ",y:price,influence,predicted_value,datasource_index"
    cells = ",".join(f"{k}.5" for k in range(12))
    path = tmp_path / "influence.csv"
    path.write_text(f"{header}\n{cells},30,-1,29.5,0\n{cells},20,1,21.5,1\n", encoding="utf-8")
    page = open_page(write_report(ReportInputs(path), tmp_path / "report.html").page)
    text = card_of(page, 0).inner_text().split("\n")
    assert text[text.index("price") + 1] == "30" and text[text.index("predicted") + 1] == "29.5"
    assert "name 7" in text and "name 8" not in text
    card_of(page, 0).locator(".names").click()
    large = page.get_by_role("dialog").locator("dl").inner_text().split("\n")
    assert [large[large.index(f"name {k}") + 1] for k in range(12)] == [f"{k}.5" for k in range(12)]
    page.keyboard.press("Escape")
    page.get_by_label("Sort by").select_option(label="price, lowest first")
    assert rows_shown(page) == [1, 0]


def test_asked_rows_stand_beside_what_helped_and_harmed_them(open_page, report, tmp_path):
    data = report.parent / "influence.csv"
    (tmp_path / "rows.csv").write_text("datasource_index\n5\n", encoding="utf-8")
    inputs = ReportInputs(data, target=tmp_path / "rows.csv", validation=data)
    written = write_report(inputs, tmp_path / "report.html").page
    for width, apart in ((1180, "left"), (390, "top")):
        page = open_page(written, viewport={"width": width, "height": 800})
        edges = page.eval_on_selector_all(
            ".sides > div", f"sides => sides.map(side => side.getBoundingClientRect().{apart})"
        )
        assert edges[0] < edges[1] < edges[2], "side by side, or one below the other"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".side").last.locator("img").first.click()
    assert page.get_by_role("dialog").get_by_role("heading").inner_text() == f"#1, row {MOST_HARMFUL[0]}"
    assert page.complaints == []


def test_near_duplicates_of_a_harmful_sample_are_one_click_away(open_page, tmp_path):
    rows = ["1,2,0,-3,4", "1,2,1,2,9", "5,7,0,-1,6", "-4,1,1,1,7"]
    path = tmp_path / "influence.csv"
    path.write_text("\n".join(["x__0,x__1,y,influence,datasource_index", *rows]) + "\n", encoding="utf-8")
    page = open_page(write_report(ReportInputs(path), tmp_path / "report.html").page)
    assert card_of(page, 4).locator(".near").inner_text() == "≈ 1 near-duplicate"
    page.get_by_label("Show", exact=True).select_option(label="harmful with near-duplicates")
    assert rows_shown(page) == [4]
    card_of(page, 4).locator(".names").click()
    large = page.get_by_role("dialog")
    large.get_by_role("button", name="row 9, 1").click()
    assert large.get_by_role("heading").inner_text() == "#4, row 9"
    page.keyboard.press("t")
    page.keyboard.press("Escape")
    assert status(page).endswith("1 ticked") and card_of(page, 9).locator("input").is_checked()
    assert focused(page) == 4, "the list goes on where it was left"
    assert page.complaints == []


def test_the_configuration_comes_last_and_is_folded(page):
    last = page.locator("main > section").last
    assert last.get_by_role("heading").inner_text() == "Configuration"
    assert not last.locator("table").is_visible()
    last.locator("summary").click()
    assert last.get_by_text("influence CSV").is_visible()


def test_narrow_screens_say_what_scrolls(open_page, report):
    hints = [".strip + .hint", "figure.distribution + .hint"]
    wide = open_page(report, viewport={"width": 1200, "height": 800})
    assert [wide.locator(hint).first.is_visible() for hint in hints] == [False, False]
    phone = open_page(report, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    assert [phone.locator(hint).first.is_visible() for hint in hints] == [True, True]
    strip = phone.locator(".strip").first
    assert "more-right" in strip.get_attribute("class") and "more-left" not in strip.get_attribute("class")
    strip.evaluate("element => { element.scrollLeft = element.scrollWidth; }")
    phone.wait_for_function("document.querySelector('.strip').classList.contains('more-left')")
    assert "more-right" not in strip.get_attribute("class")


def test_the_enlarged_view_fits_a_phone(open_page, report):
    page = open_page(report, viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    card_of(page, MOST_HARMFUL[0]).locator(".frame").tap()
    box = page.get_by_role("dialog").bounding_box()
    assert box["x"] >= 0 and box["width"] <= 390 and box["height"] <= 700
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("Close", "Next", "Previous"):
        assert page.get_by_role("dialog").get_by_role("button", name=name).bounding_box()["height"] >= 40


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
    far = page.evaluate("getComputedStyle(document.querySelector('.card:last-child')).contentVisibility")
    assert far == "auto", "what is far below costs no layout"
    assert page.complaints == []


def test_the_picture_for_the_readme(browser, report, tmp_path):
    take_picture(browser, report, tmp_path / "picture.png")
    picture = Image.open(str(tmp_path / "picture.png"))
    assert picture.size == (1180, 1500) and len(picture.getcolors()) > 50
