"""`plugins`: lists the plugins for Neural Network Console, installs, checks and removes them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Callable, Dict, List

from .options import add_verbosity

DEPENDENCIES = "NNC runs plugins with its own Python"


def add_parser(subparsers: Any) -> None:
    """Adds the command's options."""
    parser = subparsers.add_parser(
        "plugins",
        help="the plugins for Neural Network Console",
        description="Lists the plugins for Neural Network Console (NNC), installs, checks and removes them.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    add_verbosity(actions.add_parser("list", help="what there is", description="Lists the plugins."))
    _add_manifest(actions)
    described = {
        "install": "copy the plugins into NNC",
        "check": "say whether installed plugins are complete and of this version; exit code 1 if not",
        "remove": "remove what install put there",
    }
    for name, text in described.items():
        _add_target_options(actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}."), name)


def _add_manifest(actions: Any) -> None:
    parser = actions.add_parser(
        "manifest", help="every plugin with its fields", description="Shows every plugin with its fields."
    )
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
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_verbosity(parser)


def run(args: argparse.Namespace) -> int:
    """Lists, installs, checks or removes."""
    from .console import Console

    actions: Dict[str, Callable[[argparse.Namespace, Any], int]] = {
        "list": _list,
        "manifest": _manifest,
        "install": _install,
        "check": _check,
        "remove": _remove,
    }
    return actions[args.action](args, Console.from_args(args))


def _list(args: argparse.Namespace, console: Any) -> int:
    from ..nnc.host.manifest import PLUGINS

    rows = [(p.script, p.label, "yes" if p.desktop_output else "no", ", ".join(p.needs) or None) for p in PLUGINS]
    console.table(("script", "label", "NNC Desktop", "needs besides NNabla"), rows)
    return 0


def _manifest(args: argparse.Namespace, console: Any) -> int:
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


def _install(args: argparse.Namespace, console: Any) -> int:
    target = _target(args)
    outcome = target.preview() if args.dry_run else target.install()
    would = "would be " if args.dry_run else ""
    plan = outcome.plan
    console.info(
        f"{outcome.folder}: {len(plan.add)} files {would}added, {len(plan.replace)} {would}replaced, "
        f"{len(plan.obsolete)} {would}removed, {len(plan.unchanged)} already there"
    )
    for name in (*plan.add, *plan.replace, *plan.obsolete) if args.verbose else ():
        console.info(f"  {name}")
    for name in plan.foreign:
        console.warn(f"'{name}' is not ours; the installation would be refused")
    if outcome.rows:
        console.info(f"database: rows {would}written" + (f"; backup: {outcome.backup}" if outcome.backup else ""))
    _report_libraries(args, target, console)
    if outcome.changed and not args.dry_run:
        console.info("installed; restart Neural Network Console to see the plugins")
    return 0


def _check(args: argparse.Namespace, console: Any) -> int:
    target = _target(args)
    problems = target.problems()
    for problem in problems:
        console.result(problem)
    _report_libraries(args, target, console)
    if problems:
        console.result("run `plugins install` again to mend this")
        return 1
    console.result(f"{target.folder}: complete, version {target.installation.version}")
    return 0


def _remove(args: argparse.Namespace, console: Any) -> int:
    target = _target(args)
    found = target.installation.exists
    kept: List[str] = target.remove()
    for name in kept:
        console.warn(f"kept, because it was changed since it was installed: {target.folder / name}")
    console.info(f"removed from {target.folder}" if found else f"there are no plugins of ours in {target.folder}")
    return 0


def _target(args: argparse.Namespace) -> Any:
    from ..errors import ConfigError
    from ..nnc.installer.install import DesktopTarget, WindowsTarget

    if args.desktop:
        return DesktopTarget(args.database, args.plugin_folder)
    if args.database or args.plugin_folder:
        raise ConfigError("--database and --plugin-folder belong to --desktop; NNC Windows has neither.")
    return WindowsTarget(args.nnc)


def _report_libraries(args: argparse.Namespace, target: Any, console: Any) -> None:
    from ..nnc.installer.interpreter import find_interpreter, missing_libraries

    interpreter = find_interpreter([args.python] if args.python else target.interpreters())
    if interpreter is None:
        where = f"'{args.python}' is not a Python" if args.python else "it was not found; name it with --python"
        console.info(f"{DEPENDENCIES}; {where}, so its libraries were not checked")
        return
    lines = missing_libraries(interpreter)
    for line in lines:
        console.warn(f"{interpreter.path}: {line}")
    if interpreter.missing:
        console.info(f'to add them: "{interpreter.path}" -m pip install {" ".join(interpreter.missing)}')
    if not lines:
        console.info(f"{interpreter.path}: has every library that the plugins need")
