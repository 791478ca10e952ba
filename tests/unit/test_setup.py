"""setup.py declares what the package imports, each library with a lower bound that `make test-oldest` installs."""

import ast
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import nnabla_influence

ROOT = Path(__file__).resolve().parents[2]
# Libraries that are imported by another name than they are installed by.
INSTALLED_AS = {"PIL": "pillow", "google": "protobuf", "sklearn": "scikit-learn", "yaml": "pyyaml"}
# The extensions for a GPU, of which one is installed beside NNabla, by an extra for each CUDA.
EXTENSIONS = ("nnabla_ext",)
# Python 3.8 and 3.9 cannot list the modules of the standard library; these are all that are used.
STANDARD = getattr(sys, "stdlib_module_names", None)


@pytest.fixture(scope="module")
def settings():
    """What setup.py passes to setuptools."""
    setuptools = pytest.importorskip("setuptools")
    passed = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **named: passed.update(named))
        runpy.run_path(str(ROOT / "setup.py"))
    return passed


def declared(settings, *extras):
    """Names of the requirements."""
    wanted = [*settings["install_requires"], *(name for extra in extras for name in settings["extras_require"][extra])]
    return {re.split(r"[<>=]", requirement)[0] for requirement in wanted}


def imported(folder):
    """Top names of all absolute imports below a folder, wherever in a file they stand, and where."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            yield from ((name.split(".")[0], path.relative_to(folder).as_posix()) for name in names)


@pytest.mark.skipif(STANDARD is None, reason="this Python cannot say what belongs to it")
def test_every_library_that_the_package_imports_is_declared(settings):
    known = {*declared(settings, "all"), "nnabla_influence", *EXTENSIONS}
    for folder in (ROOT / "nnabla_influence", ROOT / "plugins"):
        for name, path in imported(folder):
            assert name in STANDARD or INSTALLED_AS.get(name, name) in known, f"{path} imports {name}"


@pytest.mark.skipif(STANDARD is None, reason="this Python cannot say what belongs to it")
def test_every_library_that_the_tests_import_is_declared(settings):
    known = {*declared(settings, "all", "dev"), "nnabla_influence", "setuptools", *EXTENSIONS}
    inside = {path.stem for folder in ("tests", "samples") for path in (ROOT / folder).rglob("*")}
    for name, path in imported(ROOT / "tests"):
        assert name in STANDARD or name in inside or INSTALLED_AS.get(name, name) in known, f"{path} imports {name}"


def test_what_only_an_extra_brings_is_imported_in_one_room(settings):
    """What scoring needs comes without extras."""
    core = declared(settings)
    rooms = {"jinja2": "report", "markupsafe": "report", "matplotlib": "report"}
    rooms.update(sklearn="evaluation", dask="execution", distributed="execution")
    assert not core & {INSTALLED_AS.get(name, name) for name in rooms}
    for name, path in imported(ROOT / "nnabla_influence"):
        assert name not in rooms or path.split("/")[0] == rooms[name], f"{path} imports {name}"


def test_every_dependency_has_a_lower_bound_and_the_oldest_ones_are_these_bounds(settings):
    printed = subprocess.run([sys.executable, str(ROOT / ".ci" / "oldest")], capture_output=True, check=True)
    oldest = set(printed.stdout.decode("utf-8").split())
    extras = settings["extras_require"]
    for requirement in [*settings["install_requires"], *extras["all"], *extras["test"]]:
        name, bound = re.match(r"([a-z0-9-]+)>=([0-9.]+)", requirement).groups()
        assert f"{name}=={bound}" in oldest
    assert {line.split("==")[0] for line in oldest} == declared(settings, "all", "test")
    assert all(re.match(r"[a-z0-9-]+>=[0-9.]+(,<[0-9.]+)?$", requirement) for requirement in extras["docs"])


@pytest.mark.parametrize("suite", ["SMOKE", "CLICKS"])
def test_what_runs_on_older_pythons_exists(suite):
    """The Makefile names files; a renamed one would fail only where an old Python lies on the machine."""
    (line,) = (line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(f"{suite} := "))
    assert all((ROOT / name).exists() for name in line.split()[2:])


def test_the_citation_is_of_this_version_and_licence(settings):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == settings["version"] == nnabla_influence.__version__
    assert citation["license"] == settings["license"]
    assert citation["authors"] == [{"name": settings["author"]}]
    assert citation["preferred-citation"]["url"] in settings["project_urls"].values()
    assert [person["family-names"] for person in citation["preferred-citation"]["authors"]] == [
        "Suzuki",
        "Kobayashi",
        "Narihira",
    ]


def test_what_is_known_to_work_is_within_the_bounds(settings):
    """Every library has a newest version that was tested, as it has an oldest one."""
    lines = (ROOT / ".ci" / "known-to-work.txt").read_text(encoding="utf-8").splitlines()
    newest = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    bounds = {}
    for requirement in [
        *settings["install_requires"],
        *settings["extras_require"]["all"],
        *settings["extras_require"]["test"],
    ]:
        name, _, bound = re.split(r"(>=)", requirement, maxsplit=1)
        bounds[name.lower()] = bound.split(",")[0]
    assert sorted(newest) == sorted(bounds)
    for name, bound in bounds.items():
        assert _numbers(newest[name]) >= _numbers(bound), f"{name} {newest[name]} is older than its lower bound"


def _numbers(version):
    return [int(part) for part in version.split(".")]
