"""Who may import whom, read from the source.

The house has one floor and three doors. The rooms below (dataset, network, autodiff, linalg, training, estimators,
evaluation, execution, report) know nothing of `workflow`; `workflow` is what a command, a click and a Python user all
do and knows none of the doors; `cli` and `nnc` are doors and do not know each other.
"""

import ast
import importlib
import re
from functools import lru_cache
from pathlib import Path

import pytest

from nnabla_influence.cli.main import build_parser

PACKAGE = Path(__file__).resolve().parents[2] / "nnabla_influence"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A library, and the only rooms that may import it.
LIBRARIES = {
    "nnabla": ("device", "network", "autodiff", "training"),
    "h5py": ("archives.hdf5_datasets",),
    "matplotlib": ("report",),
    "jinja2": ("report",),
    "dask": ("execution",),
    "distributed": ("execution",),
    "pandas": ("dataset.importing", "dataset.number_text", "frames"),
    "sklearn": ("evaluation",),
    "argparse": ("cli", "nnc.host"),
}
# Rooms that do not even import a room that imports NNabla.
WITHOUT_NNABLA = ("errors", "remedies", "choices", "config", "parameters", "scores", "linalg", "evaluation.metrics")
WITH_NNABLA = ("device", "network", "autodiff", "training")
# A room, and rooms it may not import, whatever the depth of the import in the file.
NEVER = {
    "workflow": ("cli", "nnc", "messenger", "progress_display", "text_table", "report"),
    "nnc": ("cli",),
    "report": ("cli", "nnc", "workflow"),
    "evaluation": ("cli", "nnc", "workflow", "report"),
    "estimators": ("cli", "nnc", "workflow", "report", "evaluation"),
    "training": ("cli", "nnc", "workflow", "report", "evaluation", "estimators", "autodiff"),
    "network": ("cli", "nnc", "workflow", "report", "evaluation", "estimators", "autodiff", "training"),
    "dataset": ("cli", "nnc", "workflow", "report", "evaluation", "estimators", "autodiff", "training", "network"),
}
DOORS = ("cli", "nnc.host")
# Modules of methods know nothing of each other: nobody but the registry imports one.
METHODS = tuple(
    f"estimators.{name}"
    for name in (
        "baselines",
        "influence_function",
        "knn_shapley",
        "last_epoch_influence",
        "out_of_fold",
        "self_influence",
        "sgd_influence",
        "spectral_influence",
        "tracin",
    )
)


def room_of(path):
    """``nnabla_influence/cli/main.py`` -> ``cli.main``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


ROOMS = {room_of(path): path for path in MODULES}


@lru_cache(maxsize=None)  # each module is asked about by many tests
def imports_of(path):
    """Absolute names of all imports, wherever in the file they stand; ours without the package's name."""
    return tuple(_imports_of(path))


def _imports_of(path):
    package = ["nnabla_influence", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join(start + ([node.module] if node.module else []))
            # The names may be modules themselves: from . import settings
            yield from (f"{module}.{alias.name}" for alias in node.names)


def ours(path):
    return [name.split(".", 1)[1] for name in imports_of(path) if name.startswith("nnabla_influence.")]


def inside(room, rooms):
    return any(room == allowed or room.startswith(allowed + ".") for allowed in rooms)


def strings_of(path):
    """Every text of a module but docstrings, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def options():
    """Every option of every command."""
    parsers = [build_parser()]
    names = set()
    while parsers:
        for action in parsers.pop()._actions:
            names.update(name for name in action.option_strings if name.startswith("--"))
            if isinstance(action.choices, dict):
                parsers += action.choices.values()
    return names - {"--help", "--version"}


def undocumented(tree, inner=False):
    """Classes, public functions and functions inside functions that do not say what they are for."""
    for node in ast.iter_child_nodes(tree):
        a_class = isinstance(node, ast.ClassDef)
        a_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if a_class or (a_function and (inner or not node.name.startswith("_"))):
            said_elsewhere = {"overload", "setter"} & {
                getattr(decorator, "id", getattr(decorator, "attr", None)) for decorator in node.decorator_list
            }
            if not ast.get_docstring(node) and not said_elsewhere:
                yield node.name
        yield from undocumented(node, a_function or (inner and not a_class))


@pytest.mark.parametrize("path", MODULES, ids=room_of)
def test_imports(path):
    room = room_of(path)
    for library, rooms in LIBRARIES.items():
        if library in {name.split(".")[0] for name in imports_of(path)}:
            assert inside(room, rooms), f"{room} imports {library}, which only {rooms} may"
    for name in ours(path):
        assert not (inside(room, WITHOUT_NNABLA) and inside(name, WITH_NNABLA)), f"{room} reaches NNabla by {name}"
        for upper, lower in NEVER.items():
            assert not (inside(room, (upper,)) and inside(name, lower)), f"{room} imports {name}"
        assert not inside(name, ("cli",)) or inside(room, ("cli", "__main__")), f"{room} imports {name}"
        assert not inside(name, ("nnc",)) or inside(room, ("nnc", "cli.plugins")), f"{room} imports {name}"
        assert room == "estimators" or not inside(name, METHODS), f"{room} imports the method {name}"


@pytest.mark.parametrize("path", MODULES, ids=room_of)
def test_what_has_a_name_says_what_it_is_for(path):
    assert not list(undocumented(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", MODULES, ids=room_of)
def test_nothing_is_printed_but_by_the_console(path):
    """Which writes a line and its end in one piece: `print` writes two."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    prints = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert not prints, f"{room_of(path)} prints in lines {prints}"


@pytest.mark.parametrize("path", MODULES, ids=room_of)
def test_only_the_doors_know_namespaces(path):
    if not inside(room_of(path), DOORS):
        assert "Namespace" not in path.read_text(encoding="utf-8")


def test_only_the_doors_name_options():
    known = options()
    assert len(known) > 60
    named = []
    for path in MODULES:
        if not inside(room_of(path), DOORS):
            for line, text in strings_of(path):
                ours_in_text = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) & known
                if ours_in_text or "python -m nnabla_influence" in text:
                    named.append(f"{room_of(path)}:{line} {text!r}")
    assert not named, "\n".join(named)


def test_no_module_imports_itself_in_a_circle():
    """Lazy imports and those for types count as well."""
    arrows = {room: {target for target in map(module_of, ours(path)) if target != room} for room, path in ROOMS.items()}
    assert not circles(arrows)


def module_of(name):
    """``training.cache.TrainingCache`` -> ``training.cache``."""
    parts = name.split(".")
    while parts and ".".join(parts) not in ROOMS:
        parts.pop()
    return ".".join(parts)


def circles(arrows):
    """Strongly connected components of more than one module."""
    reach = {room: closure(room, arrows) for room in arrows}
    tied = {frozenset(other for other in reach[room] if room in reach[other]) for room in arrows}
    return [sorted(component) for component in tied if len(component) > 1]


def closure(room, arrows):
    seen = set()
    waiting = [room]
    while waiting:
        for target in arrows.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def test_no_two_classes_share_a_name():
    homes = {}
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(room_of(path))
    assert {name: rooms for name, rooms in homes.items() if len(rooms) > 1} == {}


def test_names_say_something():
    """``found`` is the result of any search, and the field has terms for what the others stood for."""
    vague = set("found spoken workplace conclusion wording judging outcomes whole_numbers computing".split())
    homes = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "id", getattr(node, "arg", None))
            if name in vague:
                homes.setdefault(name, set()).add(room_of(path))
    assert homes == {}


@pytest.mark.parametrize("folder", ["samples", "plugins", "tests"])
def test_what_others_import_exists(folder):
    """A sample that nobody runs every day must not be left behind by a renaming."""
    missing = []
    for path in sorted((PACKAGE.parent / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == PACKAGE.name:
                names = [alias.name for alias in node.names if not exists(node.module, alias.name)]
                missing += [f"{path}: {node.module}.{name}" for name in names]
    assert not missing


def exists(module, name):
    try:
        return hasattr(importlib.import_module(module), name) or importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return False


def test_the_rules_see_relative_and_nested_imports():
    """The rules above mean nothing if the reader of imports is blind."""
    assert {"errors.InfluenceError", "__version__"} <= set(ours(PACKAGE / "cli" / "main.py"))
    assert "workflow.compare.compare" in ours(PACKAGE / "cli" / "compare.py")


def test_the_rules_see_circles_and_strings():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert any("replace it with" in text for _, text in strings_of(PACKAGE / "cli" / "remedies.py"))


def test_the_rules_see_what_says_nothing():
    source = """
class _Box:
    def content(self):
        with open("f") as stream:
            def read(): ...
    def _hidden(self):
        def inner(): ...
    @content.setter
    def content(self, value): ...
def said():
    'Say.'
"""
    assert list(undocumented(ast.parse(source))) == ["_Box", "content", "read", "inner"]
