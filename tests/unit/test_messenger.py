"""What every door says alike, whatever it writes to."""

import json
import logging

import pytest
from support.recording_console import RecordingConsole

from nnabla_influence.messenger import Messenger
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.remedies import advice
from nnabla_influence.text_table import format_table

LOGGER = logging.getLogger("nnabla_influence")
LOGGERS = [logging.getLogger(name) for name in ("nnabla", "nnabla_influence", "")]


def settings():
    return [(logger.level, logger.propagate, list(logger.handlers)) for logger in LOGGERS]


def test_a_door_has_to_say_where_its_lines_go():
    with pytest.raises(TypeError):
        Messenger()


def test_warnings_and_errors_say_what_they_are():
    console = RecordingConsole()
    console.warn("careful")
    console.error("wrong")
    console.notice("log")
    assert console.lines == ["warning: careful", "error: wrong", "log"]


def test_quiet_leaves_out_information_only():
    console = RecordingConsole(quiet=True)
    console.info("info")
    console.result("result")
    console.warn("careful")
    assert console.lines == ["result", "warning: careful"]


def test_information_may_be_an_empty_line():
    console = RecordingConsole()
    console.info()
    assert console.lines == [""]


def test_a_table_is_said_line_by_line():
    console = RecordingConsole(quiet=True)
    header, rows = ("file", "AUROC"), [("a.csv", 0.5), ("手書き.csv", None)]
    console.table(header, rows)
    assert console.lines == format_table(header, rows)


def test_json_is_ascii_and_has_no_numbers_that_json_lacks():
    console = RecordingConsole(quiet=True)
    console.json({"a": "é", "b": [1, None]})
    assert console.text.isascii() and json.loads(console.text) == {"a": "é", "b": [1, None]}
    with pytest.raises(ValueError):
        console.json({"a": float("nan")})


@pytest.mark.parametrize(
    "options, said",
    [
        ({}, ["plain", "warning: odd"]),
        ({"quiet": True}, ["warning: odd"]),
        ({"verbose": True}, ["detail", "plain", "warning: odd"]),
    ],
)
def test_the_packages_log_is_said_while_a_block_runs(options, said, capsys):
    console = RecordingConsole(**options)
    child = logging.getLogger("nnabla_influence.training.trainer")
    with console.log():
        child.debug("detail")
        child.info("%s", "plain")
        child.warning("odd")
    child.warning("afterwards")
    assert console.lines == said
    assert "odd" not in capsys.readouterr().err, "not a second time by the root logger's handlers"


def test_a_remedy_is_said_in_the_words_of_the_door():
    console = RecordingConsole()
    with console.log():
        LOGGER.info("It was stopped.", extra=advice("go-on"))
        LOGGER.warning("It is wide", extra=advice("more-lanczos-steps"))
    assert console.lines == [f"It was stopped. {IN_FIELDS['go-on']}", "warning: It is wide"]


@pytest.mark.parametrize("verbose", [False, True])
def test_nnablas_chatter_is_for_the_verbose_and_settings_return(verbose):
    before = settings()
    level = logging.getLogger("nnabla").level
    with pytest.raises(KeyboardInterrupt), RecordingConsole(verbose=verbose).log():
        assert logging.getLogger("nnabla").level == (level if verbose else logging.WARNING)
        raise KeyboardInterrupt
    assert settings() == before
