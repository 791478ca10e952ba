"""What a plugin says: plain lines of NNabla's logger, and never nothing for long."""

import logging
import time

from nnabla_influence.nnc.host import plugin_console
from nnabla_influence.nnc.host.plugin_console import PluginConsole
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.remedies import advice


def test_every_line_is_one_of_nnablas_logger_at_level_99(caplog, capsys):
    console = PluginConsole()
    console.result("result")
    console.info("info")
    console.notice("log")
    console.warn("careful")
    console.error("wrong")
    console.json({"a": ["é", 1]})
    lines = ["result", "info", "log", "warning: careful", "error: wrong", '{"a": ["\\u00e9", 1]}']
    assert caplog.record_tuples == [("nnabla", 99, line) for line in lines]
    assert capsys.readouterr().out == "", "NNC Windows reads standard output as the answer to -h"


def test_percent_signs_are_no_formats(caplog):
    PluginConsole().info("5% of %s")
    assert caplog.messages == ["5% of %s"]


def test_the_packages_log_and_its_advice_are_said_in_the_words_of_nnc(caplog):
    with PluginConsole().log():
        logging.getLogger("nnabla_influence").info("It stopped.", extra=advice("go-on"))
        logging.getLogger("nnabla_influence").debug("a detail")
    assert caplog.record_tuples == [("nnabla", 99, f"It stopped. {IN_FIELDS['go-on']}")]


def test_lines_in_between_keep_it_from_repeating_itself(caplog, monkeypatch):
    """It may be silent for less than all this takes, but for more than each pause; on a busy machine, again slower."""
    for silent in (0.3, 3, 30):
        monkeypatch.setattr(plugin_console, "SILENT_SECONDS", silent)
        caplog.clear()
        console, said = PluginConsole(), [time.monotonic()]
        with console.never_silent():
            for _ in range(10):
                time.sleep(silent / 6)
                console.info("a line")
                said.append(time.monotonic())
        if max(after - before for before, after in zip(said, said[1:])) < silent / 2:
            break
    assert caplog.messages == ["a line"] * 10


def test_progress_is_said_in_plain_lines(caplog):
    with PluginConsole().progress("scoring", "samples") as progress:
        progress(1, 2)
        progress(2, 2)
    assert len(caplog.messages) == 1 and caplog.messages[0].startswith("scoring: 2/2 samples")


def test_progress_is_said_every_five_seconds_not_more(caplog, monkeypatch):
    clock = Clock()
    monkeypatch.setattr("nnabla_influence.progress_display.time", clock)
    with PluginConsole().progress("scoring", "samples") as progress:
        for done in range(0, 5):
            progress(done, 4)
            clock.now += 3
    assert caplog.messages == [
        "scoring: 2/4 samples, 0.333 samples/s, 6 s left",
        "scoring: 4/4 samples, 0.333 samples/s, took 12 s",
    ]


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def monotonic(self):
        return self.now
