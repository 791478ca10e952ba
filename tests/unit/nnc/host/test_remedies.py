"""What somebody who clicked reads: no option of the command line is left in what the package may say to a plugin."""

import ast
import re
from pathlib import Path

import pytest

import nnabla_influence
from nnabla_influence.errors import DataError, InfluenceError
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.remedies import remedy

PACKAGE = Path(nnabla_influence.__file__).parent
# Options are declared in the first, the second and third speak to terminals and Python, the last one shows a command.
ABOVE = ("cli", "execution", "remedies.py", "nnc/host/next_step.py")
OPTION = re.compile(r"(?<![\w-])--[a-z]|python -m nnabla_influence|command again|same command")


def texts(tree):
    """Every text of a module but docstrings; a 7 stands for what is filled in."""
    comments = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in comments | parts:
            yield node.value


def messages():
    for module in sorted(PACKAGE.rglob("*.py")):
        place = module.relative_to(PACKAGE).as_posix()
        if not place.startswith(ABOVE):
            yield from ((place, text) for text in texts(ast.parse(module.read_text(encoding="utf-8"))))


def test_the_words_of_nnc_name_no_option_and_no_command():
    assert [words for words in IN_FIELDS.values() if OPTION.search(words)] == []


def test_nor_does_any_message_that_a_plugin_may_say():
    assert [found for found in messages() if OPTION.search(found[1])] == []


def test_the_search_sees_options_in_texts_and_in_what_is_filled_in():
    assert OPTION.search("give --selection CSV") and OPTION.search("The same command goes on.")
    assert not OPTION.search("C:/my data-set--old/results.nnp")
    module = 'def f(n):\n    """See --train."""\n    raise ValueError(f"{n}: say --train")\n'
    assert list(texts(ast.parse(module))) == ["7: say --train"]


@pytest.mark.parametrize(
    "error, said",
    [
        (
            DataError("The data cannot be halved;", remedy("give-selection")),
            "The data cannot be halved; give a CSV with more rows in the field validation.",
        ),
        (
            DataError("It is damaged.", remedy("train-again")),
            "It is damaged. Delete that file, or train again with the plugin Train with influence cache.",
        ),
        (
            DataError("There are gradients.", remedy("score-without-gradients")),
            "There are gradients. Use method loss, or leave them out.",
        ),
        (InfluenceError("There is no such matrix.", remedy("use-hessian")), "There is no such matrix."),
        (InfluenceError("It is wide", remedy("more-lanczos-steps")), "It is wide"),
    ],
)
def test_the_words_make_a_sentence(error, said):
    assert error.said(IN_FIELDS) == said


@pytest.mark.parametrize("text", ["", "no influence cache", "C:/my data --old/results.nnp is gone"])
def test_what_needs_no_remedy_is_left_as_it_is(text):
    assert InfluenceError(text).said(IN_FIELDS) == text
