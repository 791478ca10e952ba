"""The dispatcher: exit codes, one-line errors, and what the help may load."""

import argparse
import errno
import logging
import subprocess
import sys
from types import SimpleNamespace

import pytest

from nnabla_influence import __version__
from nnabla_influence.cli import main as dispatcher
from nnabla_influence.errors import DataError, DivergenceError


@pytest.fixture()
def run_command(monkeypatch):
    """``run_command(function, *arguments)``: run a function as if it were a command."""

    def run(function, *arguments):
        def add_parser(subparsers):
            parser = subparsers.add_parser("fake")
            parser.add_argument("--verbose", action="store_true")
            parser.add_argument("--quiet", action="store_true")

        monkeypatch.setitem(
            sys.modules, "nnabla_influence.cli.fake", SimpleNamespace(add_parser=add_parser, run=function, EXAMPLES=())
        )
        monkeypatch.setattr(dispatcher, "COMMANDS", ("fake",))
        return dispatcher.main(["fake", *arguments])

    return run


def raising(error):
    def command(args, console):
        raise error

    return command


@pytest.mark.parametrize(
    "error, code, message",
    [
        (DataError("t.csv: no rows.\n  line 3"), 2, "error: t.csv: no rows.\n  line 3\n"),
        (DivergenceError("|u| grew."), 1, "error: |u| grew.\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (KeyboardInterrupt("run it again to resume"), 130, "interrupted: run it again to resume\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/data/c.h5"), 1,
            "error: /data/c.h5: No space left on device; free some space or write elsewhere\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/data/c.h5"), 1,
            "error: /data/c.h5: Permission denied; check the permissions or write elsewhere\n",
        ),
        (OSError("broken"), 1, "error: OSError: broken (run again with --verbose for the traceback)\n"),
        (KeyError("x"), 1, "error: KeyError: 'x' (run again with --verbose for the traceback)\n"),
        (AssertionError(), 1, "error: AssertionError (run again with --verbose for the traceback)\n"),
    ],
)  # fmt: skip
def test_errors_become_messages_and_exit_codes(run_command, capsys, error, code, message):
    assert run_command(raising(error)) == code
    assert capsys.readouterr() == ("", message)


def test_verbose_shows_the_traceback(run_command, capsys):
    assert run_command(raising(KeyError("x")), "--verbose") == 1
    message = capsys.readouterr().err
    assert message.startswith("error: KeyError: 'x'\nTraceback") and "in command" in message


def test_a_command_that_succeeds_returns_its_code(run_command):
    assert run_command(lambda args, console: 0) == 0


@pytest.mark.parametrize(
    "argv, message",
    [
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["compare"], "required: CSV"),
        (["compare", __file__, "--colum", "x"], "unrecognized arguments: --colum. Did you mean --column? (see "),
        (["trian"], "invalid choice: 'trian' (choose from"),
        (["trian"], "Did you mean train? (see python -m nnabla_influence --help)"),
        (["train", "--lr", "3"], "--lr. Did you mean --learning-rate? (see python -m nnabla_influence train --help)"),
        (["run", "--model=x"], "unrecognized arguments: --model. Did you mean --network?"),
        (["info", "--model"], "unrecognized arguments: --model. (see python"),  # it has no --network
        (["plugins", "instal"], "Did you mean install?"),
        (["plugins", "manifest", "--jsno"], "unrecognized arguments: --jsno. Did you mean --json?"),
        (["score", "--method", "spectal"], "Did you mean spectral?"),
        (["run", "--zzz"], "unrecognized arguments: --zzz. (see"),
        (["noise", "--quiet", "--verbose"], "not allowed with"),
        (["noise", "--rate", "10"], "expected a share from 0 to 1, for example 0.1, got '10'"),
    ],
)
def test_wrong_arguments_are_one_line_and_code_2(capsys, argv, message):
    assert dispatcher.main(argv) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("error: ") and message in err and "--help)" in err


def test_without_a_command_the_help_is_shown(capsys):
    assert dispatcher.main([]) == 2
    assert all(f"    {name}" in capsys.readouterr().err for name in dispatcher.COMMANDS[:1])


def test_version(capsys):
    assert dispatcher.main(["--version"]) == 0
    assert capsys.readouterr().out == f"nnabla_influence {__version__}\n"


@pytest.mark.parametrize("name", dispatcher.COMMANDS)
def test_every_command_explains_itself(capsys, name):
    assert dispatcher.main([name, "--help"]) == 0
    told = capsys.readouterr().out
    assert f"nnabla_influence {name}" in told and "\nexamples:\n" in told


def test_help_loads_only_the_standard_library():
    code = (
        "import sys; from nnabla_influence.cli.main import build_parser; build_parser().format_help();"
        "sys.exit(' '.join({'nnabla', 'numpy', 'pandas', 'h5py', 'scipy', 'tqdm'} & set(sys.modules)) or 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


def test_log_settings_return_after_a_command(run_command):
    loggers = [logging.getLogger(name) for name in ("nnabla", "nnabla_influence", "")]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    seen = []
    run_command(lambda args, console: seen.append(logging.getLogger("nnabla").getEffectiveLevel()) or 0)
    assert seen == [logging.WARNING]
    assert [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers] == before


@pytest.mark.parametrize("verbose", [False, True])
def test_nnabla_chatter_is_kept_for_verbose(tmp_path, verbose):
    """NNabla's first line comes while it is imported, so this needs a process that has not done so yet."""
    code = (
        "import argparse, sys; from nnabla_influence.cli.main import _run\n"
        f"sys.exit(_run(lambda args, console: __import__('nnabla') and 0, argparse.Namespace(verbose={verbose})))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0
    assert ("Initializing CPU extension" in found.stderr) == verbose
    assert verbose or found.stderr == ""


def test_commands_are_modules_with_the_two_functions():
    for name in dispatcher.COMMANDS:
        module = dispatcher.command_module(name)
        assert callable(module.add_parser) and callable(module.run)
        parser = argparse.ArgumentParser()
        module.add_parser(parser.add_subparsers())


@pytest.mark.parametrize(
    "words",
    [
        ["info", "a" * 3000],
        ["score", "--cache", "c.h5", "--train", "a" * 3000, "--output", "o.csv"],
        ["score", "--cache", "a" * 3000, "--output", "o.csv"],
        ["train", "--network", "a" * 3000, "--cache", "c.h5"],
        ["noise", "--train", __file__, "--rate", "0", "--output", "a" * 3000, "--truth", "t.csv"],
        ["plugins", "install", "--nnc", "a" * 3000],
    ],
    ids=lambda words: " ".join(words)[:30],
)
def test_a_name_that_is_too_long_is_one_sentence(words, capsys):
    assert dispatcher.main(words) in (1, 2)
    errors = capsys.readouterr().err
    assert errors.startswith("error: ") and errors.count("\n") == 1 and "--verbose" not in errors
