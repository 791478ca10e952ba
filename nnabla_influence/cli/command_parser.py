"""The parser of a command: it asks what was meant, and its help says first what a command needs.

The help of a command stands in the order in which it is read: the options that must be given, what this command is
about, the groups that it shares with others, what few people need (`rare`), and examples that can be typed.
"""

from __future__ import annotations

import argparse
import re
from typing import Any, List, NoReturn, Optional, Sequence, Tuple

from ..similar_names import did_you_mean
from .console import Console

__all__ = ["CommandParser", "rare"]

WRONG_REQUEST = 2
RARE = "rarely needed"
INDENT = "  "

INVALID_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")
"""How argparse says that a word is none of the choices."""

HABITS = {
    "--lr": "--learning-rate",
    "--batch": "--batch-size",
    "--bs": "--batch-size",
    "--num-epochs": "--epochs",
    "--model": "--network",
    "--data": "--train",
    "--dataset": "--train",
    "--val": "--validation",
    "--valid": "--validation",
    "--out": "--output",
    "--gpu": "--device",
    "--target": "--label",
    "--force": "--overwrite",
    "--jobs": "--workers",
}
"""What other programs call an option, and what it is called here."""


def rare(parser: Any, what: str = "") -> Any:
    """Return a group of a parser's options that few people need; it is made when it is first asked for.

    Args:
        parser: The parser.
        what: What the group has in common.
    """
    title = f"{RARE}: {what}" if what else RARE
    made = [group for group in parser._action_groups if group.title == title]
    return made[0] if made else parser.add_argument_group(title)


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors are one line, and which takes no abbreviated options but asks what was meant.

    Attributes:
        examples: Commands that can be typed, for the end of the help.
    """

    examples: Sequence[str] = ()

    def __init__(self, **settings: object) -> None:
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)  # type: ignore[arg-type]

    def parse_known_args(  # type: ignore[override] # the library's stubs know namespaces of other types too
        self, args: Optional[Sequence[str]] = None, namespace: Optional[argparse.Namespace] = None
    ) -> Tuple[argparse.Namespace, List[str]]:
        """Refuse an unknown option of a command before argparse complains of what is missing."""
        if args is not None and self._subparsers is None:
            self._refuse_unknown(args)
        return super().parse_known_args(args, namespace)

    def _refuse_unknown(self, words: Sequence[str]) -> None:
        known = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
        for word in words:
            name = word.split("=")[0]
            if name == "--":  # what follows is no option
                return
            if name.startswith("--") and name not in known:
                habit = HABITS.get(name)
                meant = f" Did you mean {habit}?" if habit in known else did_you_mean(name, known)
                self.error(f"unrecognized arguments: {name}.{meant}")

    def error(self, message: str) -> NoReturn:
        """Say one line, with what may have been meant, and end with the code of a wrong request."""
        choice = INVALID_CHOICE.search(message)
        meant = did_you_mean(choice[1], re.findall(r"'([^']*)'", choice[2])) if choice else ""
        Console().error(f"{message}{'.' if meant else ''}{meant} (see {self.prog} --help)")
        self.exit(WRONG_REQUEST)

    def format_help(self) -> str:
        """Return the help: what is required, the options by their groups, the rare ones, examples."""
        if self._subparsers is not None:
            return super().format_help() + self._example_lines()
        formatter = self._get_formatter()
        formatter.add_usage(self._short_usage(), [], [])
        formatter.add_text(self.description)
        for title, actions in self._sections():
            formatter.start_section(title)
            formatter.add_arguments(actions)
            formatter.end_section()
        return formatter.format_help() + self._example_lines()

    def _sections(self) -> List[Tuple[str, List[argparse.Action]]]:
        """Return the parts of the help in the order in which they are read: title, and what belongs to it."""
        own = [*self._positionals._group_actions, *self._optionals._group_actions]
        needed = [action for action in self._actions if _is_required(action)]
        one_of = [action for action in self._alternatives() if action in own]
        named = [
            (group.title or "", [action for action in group._group_actions if action not in needed])
            for group in self._action_groups
            if group not in (self._positionals, self._optionals)
        ]
        return [
            ("required", needed),
            ("required, one of them", one_of),
            *((title, actions) for title, actions in named if not title.startswith(RARE)),
            ("options", [action for action in own if action not in needed + one_of]),
            *sorted((part for part in named if part[0].startswith(RARE)), key=lambda part: part[0]),
        ]

    def _alternatives(self) -> List[argparse.Action]:
        """Return the options of which one must be given."""
        either = [group for group in self._mutually_exclusive_groups if group.required]
        return [action for group in either for action in group._group_actions]

    def _short_usage(self) -> str:
        """Return the usage with what must be given only; a list of forty options tells nobody anything."""
        either = [group for group in self._mutually_exclusive_groups if group.required]
        alternatives = self._alternatives()
        needed = [action for action in self._actions if _is_required(action) or action in alternatives]
        formatter = self._get_formatter()
        formatter.add_usage(None, needed, either, prefix="")
        return f"{formatter.format_help().strip()} [options]".replace("%", "%%")

    def _example_lines(self) -> str:
        lines = "".join(f"{INDENT}{line}\n" for line in self.examples)
        return f"\nexamples:\n{lines}" if lines else ""


def _is_required(action: argparse.Action) -> bool:
    """Whether a command cannot do without an option or a word; one of several alternatives is not meant."""
    return action.required and action.nargs not in (argparse.OPTIONAL, argparse.ZERO_OR_MORE)
