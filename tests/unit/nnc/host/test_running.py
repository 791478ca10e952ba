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
from nnabla_influence.nnc.host.desktop_result import DesktopResult
from nnabla_influence.nnc.host.manifest import PLUGINS, plugin_named
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


@pytest.fixture
def desktop(tmp_path):
    """The result of NNC Desktop after a good run, and the arguments of the next click, which has emptied it."""
    output = tmp_path / "plugins" / plugin_named("influence").plugin_id / "influence" / "influence.csv"
    output.parent.mkdir(parents=True)
    output.write_text("influence\n-1\n")
    DesktopResult(output).keep()
    output.write_text("")
    return DesktopResult(output), ["--output", str(output)]


def test_a_failed_start_says_how_to_get_the_last_good_result_back(plugin, caplog, capsys, desktop):
    result, arguments = desktop
    plugin(raising(DataError("Expected a CSV.")))
    assert run_plugin("influence", arguments) == 2
    assert caplog.messages == ["error: Expected a CSV.", result.way_back]
    with pytest.raises(SystemExit):
        run_plugin("influence", [*arguments, "--method", "magic"])
    error, way_back = capsys.readouterr().err.splitlines()
    assert error.startswith("error: field method: expected one of spectral") and way_back == result.way_back
    assert result.way_back and result.kept.read_text() == "influence\n-1\n"


def test_a_good_result_is_kept_and_its_other_files_are_named(plugin, caplog, desktop):
    result, arguments = desktop

    def run(fields, console):
        fields.path("output").write_text("new")
        (result.more / "removed.csv").write_text("other")

    plugin(run)
    assert run_plugin("influence", arguments) == 0
    assert result.kept.read_text() == "new"
    others = f"other files of this result are in '{result.more}': removed.csv"
    assert caplog.messages == [others, "Influence completed successfully."]


def test_a_copy_that_cannot_be_kept_is_a_warning(plugin, caplog, desktop, monkeypatch):
    def refuse(self):
        raise OSError("no space left")

    monkeypatch.setattr(DesktopResult, "keep", refuse)
    plugin(lambda fields, console: None)
    assert run_plugin("influence", desktop[1]) == 0
    assert caplog.messages[0].startswith("warning: no copy of this result could be kept (no space left)")


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


@pytest.mark.parametrize("field", ["output", "removed", "influence"])
@pytest.mark.parametrize("path", ["/", "..", "a" * 3000, "/" + "a" * 3000], ids=lambda path: path[:8])
def test_a_path_that_can_be_no_file_ends_in_one_sentence(field, path, tmp_path, monkeypatch, capfd, caplog):
    monkeypatch.chdir(tmp_path)
    assert run_plugin("remove_harmful_samples", [f"--{field}", path]) in (1, 2)
    said = capfd.readouterr().err + caplog.text
    assert "Traceback" not in said and "error: " in said
    assert not list(tmp_path.iterdir())
