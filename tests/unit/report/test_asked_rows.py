"""The validation rows that were asked about, beside the training rows that helped and harmed them."""

import numpy as np
import pytest

from nnabla_influence import ReportInputs, write_report
from nnabla_influence.dataset.class_names import ClassNames
from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.report.asked_rows import AskedRows
from nnabla_influence.report.report_content import ReportContent
from nnabla_influence.report.scored_samples import ScoredSamples


def listed(folder, rows):
    return folder.csv("datasource_index\n" + "".join(f"{row}\n" for row in rows), name="rows.csv")


def validation(folder, count=9):
    lines = []
    for row in range(count):
        folder.image(f"v/{row}.png", np.full((6, 6), 20 * row, np.uint8))
        lines.append(f"v/{row}.png,{row % 3}")
    return folder.csv("\n".join(["x:image,y:label", *lines]) + "\n", name="validation.csv")


def test_rows_are_looked_up_in_the_validation_data(folder):
    samples = ScoredSamples.read(folder.digits())
    asked = AskedRows.read(listed(folder, [5, 1]), validation(folder), samples, ClassNames({1: "one", 2: "two"}))
    assert [(row.index, row.label, row.size) for row in asked.rows] == [(5, "two", (6, 6)), (1, "one", (6, 6))]
    assert asked.rows[0].picture != asked.rows[1].picture and asked.total == 2
    assert asked.title == "What helped and harmed 2 validation rows"


def test_of_many_the_first_are_shown_and_the_text_says_so(folder):
    asked = AskedRows.read(listed(folder, range(8)), validation(folder), ScoredSamples.read(folder.digits()))
    assert len(asked.rows) == 6 and asked.total == 8 and asked.text.endswith("Shown are the first 6.")


def test_numbers_and_a_target_have_their_own_names(folder):
    data = folder.csv("x__0:age,x__1,y:price\n1,2,3.5\n4,5,6.5\n", name="validation.csv")
    asked = AskedRows.read(listed(folder, [1]), data, ScoredSamples.read(folder.table()))
    (row,) = asked.rows
    assert (row.label, row.numbers, row.picture) == ("6.5", [("age", "4"), ("x[1]", "5")], "")
    assert asked.title == "What helped and harmed validation row 1"


def test_rows_of_other_data_are_refused(folder):
    with pytest.raises(DataError, match="from 0 to 8, found 9"):
        AskedRows.read(listed(folder, [9]), validation(folder), ScoredSamples.read(folder.digits()))
    with pytest.raises(ConfigError, match="Expected the validation data"):
        ReportInputs("influence.csv", target="rows.csv")


def test_the_strongest_on_both_sides_stand_beside_them_instead_of_the_two_ends(folder):
    inputs = ReportInputs(folder.digits(count=40), target=listed(folder, [4]), validation=validation(folder))
    values = ReportContent.gather(inputs, folder.path / "r.html").values
    (helped_title, helped), (harmed_title, harmed) = values["sides"]
    assert (helped_title, [card.index for card in helped]) == ("Helped most", [38, 36, 34, 32, 30, 28])
    assert (harmed_title, [card.index for card in harmed]) == ("Harmed most", [39, 37, 35, 33, 31, 29])
    assert values["strips"] == []
    page = write_report(inputs, folder.path / "r.html").page.read_text(encoding="utf-8")
    assert page.count('id="asked-title"') == 1 and "<b>row 4</b>" in page
    without = write_report(ReportInputs(folder.digits(count=40)), folder.path / "without.html").page
    assert "asked-title" not in without.read_text(encoding="utf-8")


def test_where_nothing_harmed_the_side_says_so(folder):
    influence = folder.csv("x,y,influence,datasource_index\n1,0,2,0\n2,1,1,1\n")
    data = folder.csv("x,y\n1,0\n2,1\n", name="validation.csv")
    inputs = ReportInputs(influence, target=listed(folder, [0]), validation=data)
    page = write_report(inputs, folder.path / "r.html").page.read_text(encoding="utf-8")
    assert '<li class="note">none</li>' in page
