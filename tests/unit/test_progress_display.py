"""How far a phase is, in plain lines for a log."""

import pytest

from nnabla_influence.progress_display import LineProgress, Progress, _duration


@pytest.fixture()
def lines():
    return []


def test_a_line_every_ten_seconds_and_at_the_end(lines, clock):
    with LineProgress("scoring", "samples", lines.append) as progress:
        for done in range(0, 101, 10):
            progress(done, 100)
            clock.now += 4
    assert lines == [
        "scoring: 30/100 samples, 2.5 samples/s, 28 s left",
        "scoring: 60/100 samples, 2.5 samples/s, 16 s left",
        "scoring: 90/100 samples, 2.5 samples/s, 4 s left",
        "scoring: 100/100 samples, 2.5 samples/s, took 40 s",
    ]


def test_another_time_between_lines(lines, clock):
    progress = LineProgress("scoring", "samples", lines.append, seconds=1)
    for done in range(3):
        progress(done, 10)
        clock.now += 2
    assert len(lines) == 2


def test_resumed_samples_do_not_count_for_the_rate(lines, clock):
    with LineProgress("training", "batches", lines.append) as progress:
        progress(900, 1000)
        clock.now += 100
        progress(910, 1000)
    assert lines == ["training: 910/1000 batches, 0.1 batches/s, 15 min 0 s left"]


@pytest.mark.parametrize("again", [(0, 2), (0, 3)], ids=["goes back", "another total"])
def test_a_count_that_goes_back_or_has_another_total_starts_anew(lines, clock, again):
    with LineProgress("training", "samples", lines.append) as progress:
        for first, total in ((0, 2), again):
            progress(first, total)
            clock.now += 1
            progress(total, total)
    assert lines[0] == "training: 2/2 samples, 2 samples/s, took 1 s"
    assert lines[1] == f"training: {again[1]}/{again[1]} samples, {again[1]} samples/s, took 1 s"


def test_a_phase_that_is_finished_at_once_has_no_rate(lines, clock):
    LineProgress("scoring", "samples", lines.append)(7, 7)
    assert lines == ["scoring: 7/7 samples"]


def test_a_high_rate_has_separators_and_no_decimals(lines, clock):
    progress = LineProgress("scoring", "samples", lines.append)
    progress(0, 5000)
    clock.now += 2
    progress(5000, 5000)
    assert lines == ["scoring: 5000/5000 samples, 2,500 samples/s, took 2 s"]


def test_the_base_follows_and_says_nothing(capsys):
    with Progress("scoring", "samples") as progress:
        progress(3, 4)
    assert (progress.done, progress.total) == (3, 4) and capsys.readouterr() == ("", "")


class Recorded(Progress):
    """Notes which of its hooks are called."""

    def __init__(self):
        super().__init__("scoring", "samples")
        self.calls = []

    def _start(self, done, total):
        self.calls.append(("start", done, total))

    def _advance(self):
        self.calls.append(("advance", self.done))

    def _finish(self):
        self.calls.append("finish")


def test_a_display_is_started_advanced_and_finished_also_after_an_error():
    progress = Recorded()
    with pytest.raises(KeyboardInterrupt), progress:
        progress(2, 5)
        progress(3, 5)
        raise KeyboardInterrupt
    assert progress.calls == ["finish", ("start", 2, 5), ("advance", 2), ("advance", 3), "finish"]


@pytest.mark.parametrize("seconds, text", [(3.4, "3 s"), (75, "1 min 15 s"), (7260, "2 h 1 min")])
def test_durations(seconds, text):
    assert _duration(seconds) == text
