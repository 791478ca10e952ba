"""Finds the command, runs it, and turns what goes wrong into one message and an exit code.

Exit codes: 0 done; 1 the run failed; 2 the request is wrong; interrupted: 130 by Ctrl-C, 143 by SIGTERM, 129 by
the end of the terminal. A command is a module of this
package named in `COMMANDS`, or in `MODULES` where the command is a word of Python. It has `add_parser(subparsers)`,
which must stay cheap because every call of the program builds all parsers (``--help`` loads neither NNabla nor NumPy),
and `run(args, console) -> int`, which imports what it needs.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from contextlib import suppress
from types import ModuleType
from typing import Callable, Optional, Sequence

from .. import __version__
from ..ending_signals import ending_signals, exit_code, received
from ..errors import InfluenceError
from ..interrupts import clear_interrupts, interruption_text
from ..system_message import system_message
from .closed_streams import open_closed_streams
from .command_parser import WRONG_REQUEST, CommandParser
from .console import Console, use_replaceable_output
from .remedies import IN_COMMANDS

__all__ = ["COMMANDS", "build_parser", "command_module", "main"]

COMMANDS = (
    "demo",
    "import",
    "train",
    "score",
    "run",
    "cleanse",
    "retrain",
    "evaluate",
    "report",
    "info",
    "noise",
    "compare",
    "plugins",
)
"""The commands in the order in which help lists them."""

MODULES = {"import": "import_data"}

FAILED = 1


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command.

    Args:
        argv: The arguments without the program's name; those of the process if not given.

    Returns:
        The exit code. Nothing is raised, whatever the command does.
    """
    open_closed_streams()
    use_replaceable_output()
    with ending_signals():
        try:
            return _main(argv)
        except KeyboardInterrupt as interrupt:
            return _interrupted(Console(), interrupt)


def _main(argv: Optional[Sequence[str]]) -> int:
    parser = build_parser()
    try:
        args = parser.parse_args(argv)
    except SystemExit as leaving:  # argparse leaves after --help and after a wrong argument
        return int(leaving.code or 0)
    except OSError as error:  # of a path that was typed: too long, or where nobody may look
        Console().error(system_message(error))
        return WRONG_REQUEST
    if args.command is None:
        parser.print_help(sys.stderr)
        return WRONG_REQUEST
    module = command_module(args.command)
    return _run(module.run, args)


def build_parser() -> argparse.ArgumentParser:
    """Make the program's parser with the parsers of all commands."""
    parser = CommandParser(
        prog=_program(),
        description="Score every training sample by what it does to the validation loss, or the expected validation "
        "error, of an NNabla network. "
        "A negative score is harmful, a positive one helpful.",
    )
    parser.add_argument("--version", action="version", version=f"nnabla_influence {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    parser.examples = ("python -m nnabla_influence demo", "python -m nnabla_influence import photos --output data")
    for name in COMMANDS:
        module = command_module(name)
        module.add_parser(subparsers)
        subparsers.choices[name].examples = module.EXAMPLES
    return parser


def command_module(command: str) -> ModuleType:
    """Load the module of a command."""
    return importlib.import_module(f"{__package__}.{MODULES.get(command, command)}")


def _program() -> str:
    started = os.path.basename(sys.argv[0]) if sys.argv else ""
    return started if started.startswith("nnabla-influence") else "python -m nnabla_influence"


def _run(command: Callable[[argparse.Namespace, Console], int], args: argparse.Namespace) -> int:
    """Run a command; the only place of the package that catches everything."""
    console = Console.from_args(args)
    try:
        with console.log(), clear_interrupts():
            code = command(args, console)
        if received():  # somewhere the interrupt went nowhere
            raise KeyboardInterrupt
        sys.stdout.flush()  # here, where a full disk or a closed pipe can still be reported
        return code
    except KeyboardInterrupt as interrupt:
        return _interrupted(console, interrupt)
    except BrokenPipeError:
        _forget_stdout()
        return FAILED
    except Exception as error:  # noqa: BLE001 - the top: a user gets a message, a developer --verbose
        if received():  # a library that was being loaded makes an ImportError of it
            return _interrupted(console, KeyboardInterrupt())
        console.error(_message(error, console.verbose))
        if console.verbose:
            console.notice(traceback.format_exc().rstrip())
        return error.exit_code if isinstance(error, InfluenceError) else FAILED


def _interrupted(console: Console, interrupt: KeyboardInterrupt) -> int:
    """Say what is kept and how to go on; return the exit code."""
    text = interruption_text(interrupt, IN_COMMANDS)
    with suppress(OSError):  # the terminal that was closed
        console.notice(f"interrupted: {text}" if text else "interrupted")
    return exit_code()


def _message(error: Exception, verbose: bool) -> str:
    if isinstance(error, InfluenceError):
        return error.said(IN_COMMANDS)
    if isinstance(error, OSError) and error.errno is not None:
        return system_message(error)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return text if verbose else f"{text} (run again with --verbose for the traceback)"


def _forget_stdout() -> None:
    """Keep Python from failing again at exit when whoever read our output has gone (``| head``)."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
