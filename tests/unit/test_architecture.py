"""Who may import whom (design, section 3), read from the source: no module is imported here."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "nnabla_influence"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A library, and the only rooms that may import it.
LIBRARIES = {
    "nnabla": ("device", "network", "autodiff", "training"),
    "h5py": ("training.cache",),
    "matplotlib": ("report",),
    "jinja2": ("report",),
    "dask": ("execution",),
    "distributed": ("execution",),
    "pandas": ("cli", "report", "evaluation"),
    "sklearn": ("evaluation",),
    "argparse": ("cli", "nnc"),
}
# Rooms that do not even import a room that imports NNabla.
WITHOUT_NNABLA = ("errors", "config", "parameters", "scores", "linalg", "evaluation.metrics")
WITH_NNABLA = ("device", "network", "autodiff", "training")
TOP = ("cli", "nnc", "__main__")


def room_of(path):
    """``nnabla_influence/cli/main.py`` -> ``cli.main``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(path):
    """Absolute names of all imports, wherever in the file they stand; ours without the package's name."""
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


@pytest.mark.parametrize("path", MODULES, ids=room_of)
def test_imports(path):
    room = room_of(path)
    for library, rooms in LIBRARIES.items():
        if library in {name.split(".")[0] for name in imports_of(path)}:
            assert inside(room, rooms), f"{room} imports {library}, which only {rooms} may"
    for name in ours(path):
        assert not (inside(room, WITHOUT_NNABLA) and inside(name, WITH_NNABLA)), f"{room} reaches NNabla by {name}"
        assert not inside(name, ("cli", "nnc")) or inside(room, TOP), f"{room} imports {name}"
        if inside(room, ("estimators",)) and room != "estimators" and inside(name, ("estimators",)):
            assert inside(name, ("estimators.base",)), f"{room} imports the estimator {name}"


@pytest.mark.parametrize("path", MODULES, ids=room_of)
def test_only_the_command_line_prints(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    prints = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert not prints or inside(room_of(path), ("cli",)), f"{room_of(path)} prints in lines {prints}"


def test_the_rules_see_relative_and_nested_imports():
    """The rules above mean nothing if the reader of imports is blind."""
    assert {"errors.InfluenceError", "__version__"} <= set(ours(PACKAGE / "cli" / "main.py"))
    assert "evaluation.metrics.rank_agreement" in ours(PACKAGE / "cli" / "compare.py")
