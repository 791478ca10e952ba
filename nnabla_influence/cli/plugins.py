"""`plugins`: lists the plugins for Neural Network Console, installs, checks and removes them; registers data sets."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from .console import Console
from .options import add_verbosity

if TYPE_CHECKING:
    from ..nnc.installer.plugin_host import PluginHost

PROGRAM = "python -m nnabla_influence plugins"
EXAMPLES = (f"{PROGRAM} list", f"{PROGRAM} install --desktop")
WHERE = ("--desktop", '--nnc "C:\\neural_network_console"')
DEPENDENCIES = "NNC runs plugins with its own Python"


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "plugins",
        help="the plugins for Neural Network Console",
        description="Lists the plugins for Neural Network Console (NNC), installs, checks and removes them.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    lists = actions.add_parser("list", help="what there is", description="Lists the plugins.")
    lists.examples = EXAMPLES[:1]
    add_verbosity(lists)
    _add_manifest(actions)
    described = {
        "install": "copy the plugins into NNC",
        "check": "say whether installed plugins are complete and of this version; exit code 1 if not",
        "remove": "remove what install put there",
    }
    for name, text in described.items():
        parser = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        parser.examples = tuple(f"{PROGRAM} {name} {where}" for where in WHERE)
        _add_target_options(parser, name)
    _add_registration(actions)


def _add_registration(actions: Any) -> None:
    parser = actions.add_parser(
        "register-dataset",
        help="add a CSV to the data sets of NNC Desktop",
        description="Adds a CSV, such as the cleansed one, to the data sets of NNC Desktop. A project can then choose "
        "it for training. The pictures stay where they are. A CSV that is there already is not added again.",
    )
    parser.examples = (f"{PROGRAM} register-dataset --desktop cleansed.csv",)
    parser.add_argument("csv", type=Path, metavar="CSV", help="the data set")
    parser.add_argument(
        "--desktop", action="store_true", required=True, help="NNC Desktop (NNC Windows opens a CSV by itself)"
    )
    parser.add_argument("--database", type=Path, metavar="FILE", help="its nncd.db (default: found in your home)")
    parser.add_argument("--name", help="the data set's name there (default: the file's, without .csv)")
    add_verbosity(parser)


def _add_manifest(actions: Any) -> None:
    parser = actions.add_parser(
        "manifest", help="every plugin with its fields", description="Shows every plugin with its fields."
    )
    parser.examples = (f"{PROGRAM} manifest --markdown",)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for programs")
    form.add_argument("--markdown", action="store_true", help="the tables of the manual")
    add_verbosity(parser)


def _add_target_options(parser: argparse.ArgumentParser, action: str) -> None:
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--nnc", type=Path, metavar="DIR", help="NNC Windows: its folder, or its folder libs/plugins")
    target.add_argument("--desktop", action="store_true", help="NNC Desktop")
    group = parser.add_argument_group("with --desktop")
    group.add_argument("--database", type=Path, metavar="FILE", help="its nncd.db (default: found in your home)")
    group.add_argument("--plugin-folder", type=Path, metavar="DIR", help="folder of its plugins (default: found)")
    if action != "remove":
        parser.add_argument("--python", type=Path, metavar="FILE", help="NNC's own Python (default: found in DIR)")
    if action == "install":
        menus = {"own": "Post Process > Data Cleansing", "xai": "Post Process > XAI > Data Cleansing"}
        parser.add_argument(
            "--menu",
            choices=tuple(menus),
            help="with --nnc, where the plugins stand: "
            + ", ".join(f"{k} ({v})" for k, v in menus.items())
            + " (default: where they stand already, else own)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_verbosity(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """List, install, check, remove or register.

    Raises:
        InfluenceError: The plugins cannot be installed there, or the data set cannot be registered.
    """
    actions: Dict[str, Callable[[argparse.Namespace, Console], int]] = {
        "list": _list,
        "manifest": _manifest,
        "install": _install,
        "check": _check,
        "remove": _remove,
        "register-dataset": _register_dataset,
    }
    return actions[args.action](args, console)


def _list(args: argparse.Namespace, console: Console) -> int:
    from ..nnc.host.manifest import PLUGINS

    rows = [(p.script, p.label, "yes" if p.on_desktop else "no", ", ".join(p.needs) or None) for p in PLUGINS]
    console.table(("script", "label", "NNC Desktop", "needs besides NNabla"), rows)
    return 0


def _manifest(args: argparse.Namespace, console: Console) -> int:
    from ..nnc.host.manifest import PLUGINS, manifest
    from ..nnc.host.protocol import help_text
    from ..nnc.installer.manual import manual_tables

    if args.json:
        console.json(manifest())
    elif args.markdown:
        console.result(manual_tables().rstrip("\n"))
    else:
        for plugin in PLUGINS:
            console.result(f"{plugin.label} ({plugin.script})")
            for parameter in plugin.parameters:
                if not parameter.hidden:
                    console.result(f"  --{parameter.name:11} {help_text(parameter)}")
    return 0


def _install(args: argparse.Namespace, console: Console) -> int:
    host = _host(args)
    result = host.preview() if args.dry_run else host.install()
    would = "would be " if args.dry_run else ""
    plan = result.plan
    console.info(
        f"{result.folder}: {len(plan.add)} files {would}added, {len(plan.replace)} {would}replaced, "
        f"{len(plan.obsolete)} {would}removed, {len(plan.unchanged)} already there"
    )
    for name in (*plan.add, *plan.replace, *plan.obsolete) if args.verbose else ():
        console.info(f"  {name}")
    for name in plan.foreign:
        console.warn(f"'{name}' is not ours; the installation would be refused")
    if result.rows:
        console.info(f"database: rows {would}written" + (f"; backup: {result.backup}" if result.backup else ""))
    _report_libraries(args.python, host, console)
    if result.changed and not args.dry_run:
        console.info("installed; restart Neural Network Console to see the plugins")
    return 0


def _check(args: argparse.Namespace, console: Console) -> int:
    host = _host(args)
    problems = host.problems()
    for problem in problems:
        console.result(problem)
    _report_libraries(args.python, host, console)
    if problems:
        console.result("run `plugins install` again to mend this")
        return 1
    console.result(f"{host.folder}: complete, version {host.installation.version}")
    return 0


def _remove(args: argparse.Namespace, console: Console) -> int:
    host = _host(args)
    installed = host.installation.exists
    kept: List[str] = host.remove()
    for name in kept:
        console.warn(f"kept, because it was changed since it was installed: {host.folder / name}")
    console.info(f"removed from {host.folder}" if installed else f"there are no plugins of ours in {host.folder}")
    if host.backup is not None:
        console.info(f"the database as it was before the last change: {host.backup}; delete it when NNC works well")
    return 0


def _register_dataset(args: argparse.Namespace, console: Console) -> int:
    from ..nnc.installer.dataset_registration import DatasetRegistration

    registration = DatasetRegistration(args.database)
    with console.progress("writing pages") as progress:
        dataset = registration.register(args.csv, args.name, progress)
    if dataset.backup is None:
        console.info(f"NNC Desktop has the data set '{dataset.name}' already, with the same {dataset.samples} samples")
        return 0
    console.info(f"added to NNC Desktop as '{dataset.name}' ({dataset.samples} samples): {dataset.folder}")
    console.info(f"the database as it was before: {dataset.backup}")
    console.info("to train on it: load the editor again, open the project's tab DATASET and choose it for Training")
    return 0


def _host(args: argparse.Namespace) -> PluginHost:
    from ..errors import ConfigError
    from ..nnc.installer.plugin_host import DesktopHost, WindowsHost

    menu = getattr(args, "menu", None)
    if args.desktop and menu:
        raise ConfigError("--menu belongs to --nnc; NNC Desktop has one menu for all plugins.")
    if args.desktop:
        return DesktopHost(args.database, args.plugin_folder)
    if args.database or args.plugin_folder:
        raise ConfigError("--database and --plugin-folder belong to --desktop; NNC Windows has neither.")
    return WindowsHost(args.nnc, menu)


def _report_libraries(given: Optional[Path], host: PluginHost, console: Console) -> None:
    from ..nnc.installer.interpreter import find_interpreter, missing_libraries

    interpreter = find_interpreter([given]) if given else find_interpreter(host.interpreters(), host.python_has)
    if interpreter is None:
        known = f" (no Python here has {', '.join(host.python_has)})" if host.python_has else ""
        where = f"'{given}' is not a Python" if given else f"it was not found{known}; name it with --python"
        console.info(f"{DEPENDENCIES}; {where}, so its libraries were not checked")
        return
    if host.python_has and not given:
        console.info(f"taken for NNC's own Python, because it has {', '.join(host.python_has)}: {interpreter.path}")
    lines = missing_libraries(interpreter)
    for line in lines:
        console.warn(f"{interpreter.path}: {line}")
    if interpreter.missing:
        console.info(f'to add them: "{interpreter.path}" -m pip install {" ".join(interpreter.missing)}')
    if not lines:
        console.info(f"{interpreter.path}: has every library that the plugins need")
