"""What the console prints where, and how progress looks on a terminal and in a log."""

import argparse
import io
import logging
import sys

import pytest

from nnabla_influence.cli.console import Console, use_replaceable_output
from nnabla_influence.progress_display import Progress
from nnabla_influence.remedies import advice


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_results_and_information_go_to_stdout_the_rest_to_stderr(capsys):
    console = Console()
    console.info("info")
    console.result("result")
    console.warn("careful")
    console.error("wrong")
    console.notice("log")
    assert capsys.readouterr() == ("info\nresult\n", "warning: careful\nerror: wrong\nlog\n")


def test_quiet_keeps_results_warnings_and_errors(capsys):
    console = Console(quiet=True)
    console.info("info")
    console.json({"a": "é"})
    console.warn("careful")
    with console.progress("scoring") as progress:
        progress(1, 1)
    assert capsys.readouterr() == ('{\n  "a": "\\u00e9"\n}\n', "warning: careful\n")


@pytest.mark.parametrize(
    "quiet, verbose, seen",
    [(False, False, "plain\nwarning: odd\n"), (True, False, "warning: odd\n"),
     (False, True, "detail\nplain\nwarning: odd\n")],
)  # fmt: skip
def test_package_log_is_shown_once(capsys, quiet, verbose, seen):
    logger = logging.getLogger("nnabla_influence.training.trainer")
    with Console(quiet, verbose).log():
        logger.debug("detail")
        logger.info("%s", "plain")
        logger.warning("odd")
    assert capsys.readouterr() == ("", seen)


def test_a_log_gets_plain_lines_every_ten_seconds_and_at_the_end(capsys, clock):
    with Console().progress("scoring") as progress:
        for done in range(0, 101, 10):
            progress(done, 100)
            clock.now += 4
    assert capsys.readouterr().err.splitlines() == [
        "scoring: 30/100 samples, 2.5 samples/s, 28 s left",
        "scoring: 60/100 samples, 2.5 samples/s, 16 s left",
        "scoring: 90/100 samples, 2.5 samples/s, 4 s left",
        "scoring: 100/100 samples, 2.5 samples/s, took 40 s",
    ]


def test_a_terminal_gets_a_bar_and_messages_above_it(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    console = Console()
    with console.progress("scoring") as progress:
        progress(0, 10)
        progress(5, 10)
        console.warn("careful")
        progress(10, 10)
    shown = terminal.getvalue()
    assert "scoring: 100%" in shown and "10/10" in shown and "samples/s" in shown
    assert "\rwarning: careful\n" in shown.replace(" ", "").replace("warning:", "warning: ")
    assert shown.endswith("\n")


def test_an_error_inside_a_phase_leaves_no_open_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(KeyboardInterrupt), Console().progress("scoring") as progress:
        progress(1, 10)
        raise KeyboardInterrupt
    from tqdm import tqdm

    assert not tqdm._instances


def test_a_line_and_its_end_are_one_piece(monkeypatch):
    """An interrupt comes between two writes, never inside one: what is said then has a line of its own."""

    class Stopped(io.StringIO):
        def write(self, text):
            super().write(text)
            raise KeyboardInterrupt

    for name, say in (("stdout", Console().result), ("stderr", Console().notice)):
        stream = Stopped()
        monkeypatch.setattr(sys, name, stream)
        with pytest.raises(KeyboardInterrupt):
            say("epoch 4 of 400")
        assert stream.getvalue() == "epoch 4 of 400\n"


def test_a_poor_terminal_gets_question_marks(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252", write_through=True))
    use_replaceable_output()
    Console().info("手.csv")
    assert raw.getvalue().splitlines() == [b"?.csv"]


def test_quiet_shows_no_progress_on_a_terminal_either(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = Console(quiet=True).progress("scoring")
    assert type(progress) is Progress
    with progress:
        progress(1, 1)
    assert sys.stderr.getvalue() == ""


def test_options_decide_what_is_said():
    console = Console.from_args(argparse.Namespace(quiet=True, verbose=False))
    assert (console.quiet, console.verbose) == (True, False)
    bare = Console.from_args(argparse.Namespace())
    assert (bare.quiet, bare.verbose) == (False, False), "a command may have neither option"


def test_the_remedy_of_a_log_line_names_options(capsys):
    with Console().log():
        logging.getLogger("nnabla_influence").info("It was stopped.", extra=advice("go-on-or-discard"))
    assert capsys.readouterr().err == "It was stopped. The same command goes on, --discard removes it.\n"
