"""Runs a plugin when it is clicked: fields, messages, and how it ends.

The scripts under ``plugins/`` call `run_plugin` and nothing else. The fields are parsed before anything but the
standard library is imported, because NNC Windows waits for the answer to ``-h``. Then the plugin's module does the
work: it has ``run(fields, console)``, returns when the result is written, and raises otherwise.

The last line is always one sentence: that it has completed, or what was expected, what arrived and what to do; in NNC
Desktop, which empties a result before it starts a plugin, it may be followed by how to get the last good one back. A
termination by the operating system ends a plugin as Ctrl-C does, so that it can tidy up.
"""

from __future__ import annotations

import importlib
import logging
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Optional, Sequence

from ...ending_signals import ending_signals, exit_code, received
from ...interrupts import clear_interrupts, interruption_text
from .desktop_result import DesktopResult
from .fields import Fields
from .manifest import plugin_named
from .protocol import parse

if TYPE_CHECKING:  # needs the libraries that this module must report as missing
    from .plugin_console import PluginConsole

__all__ = ["run_plugin"]

FAILED = 1
WRONG_REQUEST = 2


def run_plugin(name: str, argv: Optional[Sequence[str]] = None) -> int:
    """Run a plugin.

    Args:
        name: The plugin's name in the manifest.
        argv: The arguments; those of the process if not given.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong request; interrupted: 130 by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.

    Raises:
        SystemExit: After ``-h``, or a field that holds no such value.
    """
    with ending_signals():
        try:
            return _answer(name, sys.argv[1:] if argv is None else list(argv))
        except KeyboardInterrupt:  # before or after the work
            with suppress(OSError, AttributeError):  # the terminal that was closed
                sys.stderr.write("interrupted\n")
            return exit_code()


def _answer(name: str, arguments: Sequence[str]) -> int:
    """Read the fields, do the work, and say how it ended."""
    desktop = DesktopResult.of_arguments(arguments)
    try:
        fields = parse(name, arguments)
    except SystemExit as leaving:
        if leaving.code and desktop and desktop.way_back:
            sys.stderr.write(f"{desktop.way_back}\n")
        raise
    except OSError as error:  # of a path in a field: too long, or where nobody may look
        sys.stderr.write(f"error: {error.strerror}: '{error.filename}'\n")
        return WRONG_REQUEST
    try:
        from .plugin_console import PluginConsole
    except ImportError as error:
        sys.stderr.write(f"error: {_missing_library(error)}\n")
        return FAILED
    console = PluginConsole()
    code = _run(name, fields, console)
    if desktop is not None:
        _tidy(desktop, code, console)
    if code == 0:
        console.notice(f"{plugin_named(name).label} completed successfully.")
    return code


def _tidy(desktop: DesktopResult, code: int, console: PluginConsole) -> None:
    """Keep a good result of NNC Desktop, or say how to get back the one that a failed start has destroyed."""
    if code:
        if desktop.way_back:
            console.notice(desktop.way_back)
        return
    others = desktop.others
    if others:
        console.info(f"other files of this result are in '{desktop.more}': {', '.join(others)}")
    try:
        desktop.keep()
    except OSError as error:
        console.warn(f"no copy of this result could be kept ({error}); a failed start of the plugin will empty it")


def _run(name: str, fields: Fields, console: PluginConsole) -> int:
    """Run the plugin's module; whatever goes wrong ends in one sentence."""
    try:
        with console.log(), console.never_silent(), clear_interrupts():
            importlib.import_module("...device", __package__)  # NNabla makes its logger when it is imported
            importlib.import_module(f"..actions.{name}", __package__).run(fields, console)
        if received():  # somewhere the interrupt went nowhere
            raise KeyboardInterrupt
    except KeyboardInterrupt as interrupt:
        return _interrupted(interrupt, console)
    except Exception as error:  # noqa: BLE001 - the top: NNC's user gets a sentence
        if received():  # a library that was being loaded makes an ImportError of it
            return _interrupted(KeyboardInterrupt(), console)
        return _failed(error, console)
    return 0


def _interrupted(interrupt: KeyboardInterrupt, console: PluginConsole) -> int:
    """Say what is kept and how to go on; return the exit code."""
    text = interruption_text(interrupt, console.remedies)
    with suppress(OSError):  # the terminal that was closed
        console.error(f"interrupted; {text}" if text else "interrupted")
    return exit_code()


def _failed(error: Exception, console: PluginConsole) -> int:
    """Say what went wrong; return the exit code."""
    from ...errors import InfluenceError
    from ...system_message import system_message

    if isinstance(error, InfluenceError):
        console.error(error.said(console.remedies))
        return int(error.exit_code)
    if isinstance(error, OSError) and error.errno is not None:
        console.error(system_message(error))
        return FAILED
    # Nothing this package raises on purpose: what a developer needs comes first, the sentence last.
    logging.getLogger("nnabla").error("%s", traceback.format_exc().rstrip())
    missing = isinstance(error, ImportError)
    console.error(_missing_library(error) if missing else f"{type(error).__name__}: {' '.join(str(error).split())}")
    return FAILED


def _missing_library(error: Exception) -> str:
    return f"A library is missing ({error}). Install it into the Python that runs this plugin: {sys.executable}."
