"""How a plugin ends: one last line and an exit code, whatever happens inside."""

import importlib.util
import logging
import os
import signal
import sys
import time
from types import SimpleNamespace

import pytest
from support.waiting import until

from nnabla_influence.errors import DataError, DivergenceError
from nnabla_influence.nnc.host import plugin_console as messages
from nnabla_influence.nnc.host.manifest import PLUGINS
from nnabla_influence.nnc.host.plugin_console import PluginConsole
from nnabla_influence.nnc.host.running import run_plugin


@pytest.fixture
def plugin(monkeypatch):
    """``plugin(function)``: the plugin `influence` does this when it is clicked."""

    def replace(function):
        monkeypatch.setitem(sys.modules, "nnabla_influence.nnc.actions.influence", SimpleNamespace(run=function))

    return replace


def raising(error):
    def run(args, console):
        raise error

    return run


def test_the_last_line_is_the_success_line_at_level_99(plugin, caplog):
    plugin(lambda args, console: console.info(f"method {args.method}"))
    assert run_plugin("influence", ["-a", "loss"]) == 0
    assert caplog.messages == ["method loss", "Influence completed successfully."]
    assert {(record.name, record.levelno) for record in caplog.records} == {("nnabla", 99)}


def test_what_the_package_logs_is_said_as_well(plugin, caplog):
    plugin(lambda args, console: logging.getLogger("nnabla_influence").warning("careful"))
    run_plugin("influence", [])
    assert ("nnabla", 99, "warning: careful") in caplog.record_tuples


def test_advice_is_in_the_words_of_nnc(plugin, caplog):
    plugin(raising(DivergenceError("It diverged. Train with a lower --learning-rate, or use --method spectral.")))
    run_plugin("influence", [])
    assert caplog.messages[-1].endswith("lower learning rate (Config tab of the project), or use method spectral.")


ENDINGS = [
    (DataError("Expected a CSV."), 2, "error: Expected a CSV."),
    (DivergenceError("It diverged."), 1, "error: It diverged."),
    (PermissionError(13, "Permission denied", "x.csv"), 1, "error: x.csv: Permission denied; check the permissions"),
    (ImportError("No module named 'h5py'"), 1, "error: A library is missing (No module named 'h5py')"),
    (ValueError("two\nlines"), 1, "error: ValueError: two lines"),
    (KeyboardInterrupt(), 130, "error: interrupted"),
    (KeyboardInterrupt("see x.partial"), 130, "error: interrupted; see x.partial"),
]


@pytest.mark.parametrize("error, code, line", ENDINGS, ids=str)
def test_a_failure_ends_with_one_sentence_and_its_code(plugin, caplog, error, code, line):
    plugin(raising(error))
    assert run_plugin("influence", []) == code
    assert caplog.messages[-1].startswith(line) and "\n" not in caplog.messages[-1]
    assert not any("successfully" in message for message in caplog.messages)


@pytest.mark.skipif(os.name == "nt", reason="there the process is killed outright")
def test_a_termination_ends_it_like_ctrl_c_and_handlers_return(plugin, caplog):
    before = signal.getsignal(signal.SIGTERM)

    def run(args, console):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(600)

    plugin(run)
    assert run_plugin("influence", []) == 130
    assert signal.getsignal(signal.SIGTERM) is before


def test_it_is_never_silent_for_long(plugin, caplog, monkeypatch):
    monkeypatch.setattr(messages, "SILENT_SECONDS", 0.05)

    def twice(beginning):
        until(lambda: sum(message.startswith(beginning) for message in caplog.messages) >= 2, beginning)

    def run(args, console):
        with console.progress("counting"):
            twice("counting: at work for")
        twice("at work for")  # the phase is over

    plugin(run)
    assert run_plugin("influence", []) == 0


def test_lines_in_between_keep_it_from_repeating_itself(caplog, monkeypatch):
    """It may be silent for less than all this takes, but for more than each pause; on a busy machine, again slower."""
    for silent in (0.3, 3, 30):
        monkeypatch.setattr(messages, "SILENT_SECONDS", silent)
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


def test_help_ends_before_anything_is_done(plugin, capsys):
    plugin(raising(AssertionError("not reached")))
    with pytest.raises(SystemExit) as leaving:
        run_plugin("influence", ["-h"])
    assert leaving.value.code == 0 and capsys.readouterr().out.startswith("usage")


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_every_plugin_has_an_action_of_its_name(plugin):
    assert importlib.util.find_spec(f"nnabla_influence.nnc.actions.{plugin.name}") is not None
