"""What a command advises exists: every option and every command that the words name."""

import re

import pytest

from nnabla_influence.cli.main import COMMANDS, build_parser
from nnabla_influence.cli.remedies import IN_COMMANDS

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def options():
    """Every option of every command."""
    parsers = [build_parser()]
    while parsers:
        for action in parsers.pop()._actions:
            yield from action.option_strings
            if isinstance(action.choices, dict):
                parsers += action.choices.values()


def test_every_option_that_is_advised_is_one_of_some_command():
    known = set(options())
    named = {option for words in IN_COMMANDS.values() for option in OPTION.findall(words) if option != "--"}
    assert len(named) > 20 and named <= known


def test_every_command_that_is_advised_is_one():
    named = {name for words in IN_COMMANDS.values() for name in re.findall(r"python -m nnabla_influence (\w+)", words)}
    assert named and named <= set(COMMANDS)


@pytest.mark.parametrize("action", [name for name, words in IN_COMMANDS.items() if "{option}" not in words])
def test_advice_is_whole_sentences_without_loose_ends(action):
    words = IN_COMMANDS[action]
    assert words == words.strip() and "  " not in words
