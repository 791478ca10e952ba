"""The examples in docstrings run, and every public class has one (see also ``pytest --doctest-modules``)."""

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import nnabla_influence

PACKAGE = Path(nnabla_influence.__file__).parent
CLASSES = [
    name
    for name in nnabla_influence._HOMES
    if inspect.isclass(getattr(nnabla_influence, name))
    and not issubclass(getattr(nnabla_influence, name), (Exception, KeyboardInterrupt))
]


def modules_with_examples():
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__")


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples(name):
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module)
    assert tried and not failed


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_class_has_an_example(name):
    assert ">>> " in inspect.getdoc(getattr(nnabla_influence, name))
