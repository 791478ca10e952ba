"""Thumbnails by several processes: the same page as by one."""

import pytest

from nnabla_influence.execution import Execution
from nnabla_influence.report import ReportInputs, write_report
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.report.shown_samples import ShownSamples


@pytest.mark.parametrize("budget", [16_000_000, 20_000], ids=["large", "small"])
def test_two_processes_make_the_thumbnails_of_one(folder, budget):
    samples = ScoredSamples.read(folder.digits(count=60, size=64))
    one, two = (
        ShownSamples.choose(samples, picture_bytes=budget, execution=execution)
        for execution in (Execution(), Execution(workers=2))
    )
    assert two.cards == one.cards and two.side == one.side and any(card.picture for card in one.cards)
    assert [two.pictures[line].text for line in two.pictures] == [one.pictures[line].text for line in one.pictures]


def test_a_page_has_the_same_bytes(folder, tmp_path):
    path = folder.digits(count=40)
    pages = []
    for name, execution in (("one", Execution()), ("two", Execution(workers=2))):
        (tmp_path / name).mkdir()
        pages.append(write_report(ReportInputs(path), tmp_path / name / "report.html", execution=execution).page)
    assert pages[0].read_bytes() == pages[1].read_bytes()
