"""No file can make this package run code: nothing is evaluated, unpickled, or started through a shell."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "nnabla_influence").rglob("*.py"), *(ROOT / "plugins").rglob("*.py"), ROOT / "setup.py"])

CALLS = {"eval", "exec", "compile", "__import__", "execfile"}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "ruamel", "xml"}
# Between a process and its own workers; `SECURITY.md` says that the Dask network is trusted.
UNPICKLES = {
    "nnabla_influence/execution/job_executor.py",
    "nnabla_influence/execution/shared_value.py",
}
STARTERS = {"run", "call", "check_call", "check_output", "Popen"}


def place(path, node):
    return f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"


def dangers(path, tree):
    """What a reviewer would ask about, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            if any(name.split(".")[0] in MODULES for name in names):
                yield node, f"imports {names[0]}"
        if not isinstance(node, ast.Call):
            continue
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        words = {keyword.arg: keyword.value for keyword in node.keywords}
        if owner is None and name in CALLS:
            yield node, f"calls {name}"
        if getattr(owner, "id", "") == "os" and (name in ("system", "popen") or name.startswith(("spawn", "exec"))):
            yield node, f"calls os.{name}"
        if (
            getattr(owner, "id", "") == "subprocess"
            and name in STARTERS
            and isinstance(node.args[0], (ast.Constant, ast.JoinedStr))
        ):
            yield node, "starts a program with text instead of a list"
        if "shell" in words:
            yield node, "names a shell"
        if name in ("load", "read_array") and getattr(words.get("allow_pickle"), "value", False) is not False:
            yield node, "allows pickle"
        if getattr(owner, "id", "") == "np" and name == "load" and "allow_pickle" not in words:
            yield node, "loads without saying that nothing is unpickled"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_can_make_it_run_code(path):
    found = [f"{place(path, node)} {what}" for node, what in dangers(path, ast.parse(path.read_text(encoding="utf-8")))]
    if path.relative_to(ROOT).as_posix() in UNPICKLES:
        assert len(found) == 1 and found[0].endswith("imports pickle")
    else:
        assert not found


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "exec(text)",
        "import pickle",
        "from yaml import load",
        "import xml.etree.ElementTree",
        "os.system('ls')",
        "subprocess.run('ls -l')",
        "subprocess.run(f'ls {name}')",
        "subprocess.Popen(['ls'], shell=True)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
    ],
)
def test_the_test_sees_what_it_looks_for(source):
    assert list(dangers(Path("x"), ast.parse(source)))


def test_what_is_safe_passes():
    safe = (
        "re.compile('a'); subprocess.run(['ls', name]); np.load(path, allow_pickle=False); json.loads(text); obj.eval()"
    )
    assert not list(dangers(Path("x"), ast.parse(safe)))


def test_what_is_trusted_and_what_is_not_is_written_down():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert all(word in text for word in ("What is trusted", "Dask", "not trusted: every file", "How to report"))
