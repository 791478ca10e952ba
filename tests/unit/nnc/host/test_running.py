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
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.nnc.host import plugin_console
from nnabla_influence.nnc.host.manifest import PLUGINS
from nnabla_influence.nnc.host.running import run_plugin
from nnabla_influence.remedies import advice, remedy


@pytest.fixture
def plugin(monkeypatch):
    """``plugin(function)``: the plugin `influence` does this when it is clicked."""

    def replace(function):
        monkeypatch.setitem(sys.modules, "nnabla_influence.nnc.actions.influence", SimpleNamespace(run=function))

    return replace


def raising(error):
    def run(fields, console):
        raise error

    return run


def test_the_last_line_is_the_success_line_at_level_99(plugin, caplog):
    plugin(lambda fields, console: console.info("method " + fields.text("method")))
    assert run_plugin("influence", ["-a", "loss"]) == 0
    assert caplog.messages == ["method loss", "Influence completed successfully."]
    assert {(record.name, record.levelno) for record in caplog.records} == {("nnabla", 99)}


def test_what_the_package_logs_is_said_as_well(plugin, caplog):
    plugin(lambda fields, console: logging.getLogger("nnabla_influence").warning("careful"))
    run_plugin("influence", [])
    assert ("nnabla", 99, "warning: careful") in caplog.record_tuples


def test_advice_is_in_the_words_of_nnc(plugin, caplog):
    plugin(raising(DivergenceError("It diverged.", remedy("train-slower-or-use-spectral"))))
    run_plugin("influence", [])
    assert caplog.messages[-1] == (
        "error: It diverged. Train with a lower learning rate (Config tab of the project), or use method spectral, "
        "which cannot diverge."
    )


def test_so_is_the_advice_of_a_line_of_the_log_and_of_an_interruption(plugin, caplog):
    def run(fields, console):
        logging.getLogger("nnabla_influence").info("labels of column y", extra=advice("task-decides"))
        logging.getLogger("nnabla_influence").warning("There is too little.", extra=advice("give-selection"))
        raise Interrupted("its progress is in 'x.partial'.", remedy("go-on-plugin"))

    plugin(run)
    assert run_plugin("influence", []) == 130
    assert caplog.messages == [
        "labels of column y",
        "warning: There is too little. give a CSV with more rows in the field validation.",
        "error: interrupted; its progress is in 'x.partial'. The plugin goes on from there if you start it again with "
        "the same fields; otherwise delete that folder.",
    ]


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

    def run(fields, console):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(600)

    plugin(run)
    assert run_plugin("influence", []) == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_it_is_never_silent_for_long(plugin, caplog, monkeypatch):
    monkeypatch.setattr(plugin_console, "SILENT_SECONDS", 0.05)

    def twice(beginning):
        until(lambda: sum(message.startswith(beginning) for message in caplog.messages) >= 2, beginning)

    def run(fields, console):
        with console.progress("counting"):
            twice("counting: at work for")
        twice("at work for")  # the phase is over

    plugin(run)
    assert run_plugin("influence", []) == 0


def test_help_ends_before_anything_is_done(plugin, capsys):
    plugin(raising(AssertionError("not reached")))
    with pytest.raises(SystemExit) as leaving:
        run_plugin("influence", ["-h"])
    assert leaving.value.code == 0 and capsys.readouterr().out.startswith("usage")


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_every_plugin_has_an_action_of_its_name(plugin):
    assert importlib.util.find_spec(f"nnabla_influence.nnc.actions.{plugin.name}") is not None
