"""Messages for somebody who clicked: no option of the command line is left in what the package may say to a plugin."""

import ast
import re
from pathlib import Path

import pytest

import nnabla_influence
from nnabla_influence.nnc.wording import in_nnc_terms

PACKAGE = Path(nnabla_influence.__file__).parent
ABOVE = ("cli", "execution", "nnc", "report")  # options are declared there, or plugins cannot get there
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
        if module.relative_to(PACKAGE).parts[0] not in ABOVE:
            found = texts(ast.parse(module.read_text(encoding="utf-8")))
            yield from (text for text in found if OPTION.search(text) and not text.startswith("--"))


def test_every_advice_of_the_package_has_words_of_nnc():
    found = list(messages())
    assert len(found) > 15, "no advice was found, so nothing was tested"
    assert [text for text in map(in_nnc_terms, found) if OPTION.search(text)] == []


@pytest.mark.parametrize(
    "text, words",
    [
        ("cannot be halved; give --selection CSV.", "cannot be halved; give a CSV with more rows in the field "),
        (
            "It is damaged. Train again, with --overwrite.",
            "It is damaged. Delete that file, or train again with the plugin Train with influence cache.",
        ),
        ("Use --method loss, or leave them out.", "Use method loss, or leave them out."),
    ],
)
def test_the_words_make_a_sentence(text, words):
    assert in_nnc_terms(text).startswith(words)


@pytest.mark.parametrize("text", ["", "no influence cache", "C:/my data --old/results.nnp is gone"])
def test_everything_else_is_left_as_it_is(text):
    assert in_nnc_terms(text) == text
