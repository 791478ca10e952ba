"""The help of a command: what is required first, what few need last, and examples that can be typed."""

import re
import shlex

import pytest

from nnabla_influence.choices import BUILTIN_TRAININGS
from nnabla_influence.cli.command_parser import HABITS, RARE, CommandParser, rare
from nnabla_influence.cli.main import COMMANDS, build_parser, command_module

ACTIONS = ("list", "manifest", "install", "check", "remove")
PARSERS = [[command] for command in COMMANDS if command != "plugins"] + [["plugins", action] for action in ACTIONS]


def help_of(capsys, *words):
    with pytest.raises(SystemExit):
        build_parser().parse_args([*words, "--help"])
    return capsys.readouterr().out


@pytest.fixture()
def parser():
    made = CommandParser(prog="50% tool", description="Does it.")
    made.add_argument("file")
    made.add_argument("others", nargs="*")
    made.add_argument("--seed", help="a seed")
    made.add_argument("--output", required=True, metavar="CSV", help="to write")
    which = made.add_argument_group("which rows").add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true")
    which.add_argument("--some", metavar="N")
    rare(made).add_argument("--odd")
    made.add_argument_group("data").add_argument("--train", required=True)
    rare(made).add_argument("--odder")
    rare(made, "of one method").add_argument("--oddest")
    made.examples = ("tool a --all --output x.csv",)
    return made


def test_the_parts_of_the_help_come_in_the_order_of_reading(parser):
    told = parser.format_help()
    titles = ["required", "which rows", "data", "options", RARE, f"{RARE}: of one method", "examples"]
    assert [line[:-1] for line in told.splitlines() if re.fullmatch(r"\w.*:", line)] == [
        title
        for title in titles
        if title != "data"  # nothing is left in it
    ]
    required = told[told.index("required:") : told.index("which rows:")]
    assert re.findall(r"^  (\S+)", required, re.MULTILINE) == ["file", "--output", "--train"]
    assert told.endswith("examples:\n  tool a --all --output x.csv\n")


def test_every_option_stands_in_the_help_once(parser):
    told = parser.format_help()
    listed = told[told.index("required:") : told.index("examples:")]
    for action in parser._actions:
        name = (action.option_strings or [action.dest])[-1]
        assert len(re.findall(rf"^  (?:-h, )?{name}\b", listed, re.MULTILINE)) == 1, name


def test_the_usage_has_what_must_be_given(parser):
    usage = parser.format_help().split("\n\n")[0]
    assert " ".join(usage.split()) == "usage: 50% tool --output CSV (--all | --some N) --train TRAIN file [options]"


def test_alternatives_of_no_group_are_required_too(capsys):
    told = help_of(capsys, "plugins", "install")
    assert "required, one of them:\n  --nnc DIR " in told and told.count("  --desktop  ") == 1


@pytest.mark.parametrize("words", PARSERS, ids=" ".join)
def test_examples_can_be_typed(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    told = help_of(capsys, *words)
    examples = [line.strip() for line in told[told.index("examples:\n") :].splitlines()[1:]]
    assert examples
    for example in examples:
        typed = shlex.split(example)
        assert typed[: 3 + len(words)] == ["python", "-m", "nnabla_influence", *words]
        for name in typed:
            if name.endswith((".csv", ".h5", ".nnp", ".xlsx")):
                (tmp_path / name).parent.mkdir(exist_ok=True)
                (tmp_path / name).touch()
        build_parser().parse_args(typed[3:])


def test_the_settings_of_built_in_networks_are_shown(capsys):
    told = " ".join(help_of(capsys, "run").split())
    for name, training in BUILTIN_TRAININGS.items():
        assert f"{name} ({training.epochs} epochs of batches of {training.batch_size}, learning rate " in told


def test_habits_lead_to_options_there_are():
    known = {
        name
        for command in COMMANDS
        for action in build_parser()._subparsers._group_actions[0].choices[command]._actions
        for name in action.option_strings
    }
    assert set(HABITS.values()) <= known
    assert all(command_module(command).EXAMPLES for command in COMMANDS)
