"""What is gathered for the page: the parts that there are, the menu of classes, the command to go on with."""

import pytest

from nnabla_influence.report.report_content import ReportContent
from nnabla_influence.report.report_inputs import ReportInputs


def gathered(folder, influence, **inputs):
    return ReportContent.gather(ReportInputs(influence, **inputs), folder.path / "報告" / "page.html")


def test_pictures_have_cards_a_sheet_and_a_menu_of_classes(folder):
    content = gathered(folder, folder.digits(count=12, classes=3))
    assert content.values["card_kind"] == "pictures" and len(content.values["cards"]) == 12
    assert content.values["classes"] == [{"position": p, "name": str(p), "shown": 4} for p in range(3)]
    assert set(content.files) == {"distribution", "most_harmful"} and content.shown.total == 12
    assert [figure.name for figure in content.values["figures"]] == ["distribution"]
    assert content.values["notes"] == [] and content.values["ticked_file"] == "influence_ticked.csv"


def test_numbers_have_neither_sheet_nor_classes(folder):
    content = gathered(folder, folder.table())
    assert content.values["card_kind"] == "numbers" and content.values["classes"] == []
    assert set(content.files) == {"distribution"} and content.values["strips"] == []


def test_unreadable_files_are_noted(folder):
    influence = folder.digits()
    (folder.path / "画像" / "no 3.png").unlink()
    (note,) = gathered(folder, influence).values["notes"]
    assert note.startswith("1 file could not be read, the first: 画像/no 3.png (")


@pytest.mark.parametrize("next_step, command", [(None, ""), ("do {influence} {ticked}", "do ../influence.csv {}")])
def test_the_command_names_the_files_as_seen_from_the_page(folder, next_step, command):
    content = gathered(folder, folder.digits(), next_step=next_step)
    assert content.values["command"] == command.replace("{}", "influence_ticked.csv")
