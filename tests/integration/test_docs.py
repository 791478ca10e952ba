"""Every command and every Python example of the README and the documentation runs, page by page, on little data.

A page is a session: its blocks run one after the other in one folder, so that a command finds what an earlier one
wrote. Blocks marked ``bash`` are commands of this package (and ``make`` and ``pip``, which are looked up); ``python``
is run in this process; ``output`` and ``text`` are to be read; ``sh`` is typed to other programs and does not run.
"""

import re
import runpy
import shlex
import shutil
from pathlib import Path

import pytest
from integration.conftest import ROOT, Commands
from support.documented_files import given_files

from nnabla_influence.choices import METHODS
from nnabla_influence.cli.main import COMMANDS, build_parser
from nnabla_influence.dataset.csv import Table

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
KINDS = ("bash", "python", "output", "text", "sh")

# What a page finds in its folder, beside the project and the data that every page finds.
GIVEN = {
    "docs/concepts/objective.md": ("cache.h5", "rows.csv"),
    "docs/guides/cleansing.md": ("cache.h5", "influence.csv", "ticked.csv"),
    "docs/guides/evaluation.md": ("influence.csv",),
    "docs/guides/findings.md": ("cache.h5",),
    "docs/guides/methods.md": ("cache.h5",),
    "docs/guides/several-machines.md": ("cache.h5",),
    "docs/reference/output.md": ("cache.h5", "influence.csv"),
}
# What makes a documented command small: the last of two equal options counts.
SMALLER = (
    (("cleanse", "auto"), ("--orders", "2", "--retrain", "last-epoch", "--confirm", "last-epoch")),
    (("--groups",), ("--groups", "3")),
    (("run", "--trials"), ("--trials", "2")),
    (("retrain",), ("--trials", "2")),
    (("evaluate", "--trials"), ("--trials", "1")),
    (("--workers",), ("--workers", "1")),
)
# Needs a cluster, or Neural Network Console: tests/integration/test_dask.py and test_plugin_install.py have them.
ONLY_PARSED = ("--scheduler", "plugins")


def blocks_of(page):
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


def commands_in(block):
    """The lines of a block, those that end in a backslash joined to the next."""
    lines = block.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@pytest.fixture(scope="session")
def documented(trained_project, tmp_path_factory):
    """A folder with all that documented commands read."""
    return given_files(trained_project("affine", relative_uri=True).folder, tmp_path_factory.mktemp("documented"))


@pytest.fixture
def session(documented, tmp_path, monkeypatch):
    """``session(page)`` runs a page and returns its folder and the names its Python examples made."""

    def run(page):
        commands = Commands(tmp_path / "page")
        for path in documented.iterdir():
            if path.name not in {name for names in GIVEN.values() for name in names} - set(GIVEN.get(page, ())):
                copy = shutil.copytree if path.is_dir() else shutil.copy2
                copy(str(path), str(commands.folder / path.name))
        monkeypatch.chdir(commands.folder)
        monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", commands.environment["NNABLA_INFLUENCE_DATA_CACHE"])
        names = {}
        for number, (kind, block) in enumerate(blocks_of(page)):
            if kind == "python":
                exec(compile(block, f"{page}, block {number + 1}", "exec"), names)
            for line in commands_in(block) if kind == "bash" else ():
                carry_out(line, commands)
        return commands.folder, names

    return run


def carry_out(line, commands):
    """Do what a line says, or look it up where doing it would change this machine."""
    words = shlex.split(line.replace("\\", "\\\\"))  # paths of Windows keep their backslashes
    if words[0] == "make":
        assert f"\n{words[1]}: " in (ROOT / "Makefile").read_text(encoding="utf-8"), line
    elif words[:2] == ["pip", "install"]:
        assert {*re.findall(r"\w+", words[2].split("[")[1])} <= extras(), line
    else:
        assert words[:3] == ["python", "-m", "nnabla_influence"], f"nobody knows how to test '{line}'"
        carry_out_command(words[3:], commands)


def carry_out_command(words, commands):
    if words == ["demo"] or any(word in words for word in ONLY_PARSED):
        build_parser().parse_args(words)
        return
    smaller = [option for signs, options in SMALLER if set(signs) <= set(words) for option in options]
    commands(*words, *smaller)


def extras():
    """Names of the extras in ``setup.py``."""
    with pytest.MonkeyPatch.context() as patch:
        setuptools = pytest.importorskip("setuptools")
        passed = {}
        patch.setattr(setuptools, "setup", lambda **named: passed.update(named))
        runpy.run_path(str(ROOT / "setup.py"))
    return set(passed["extras_require"])


@pytest.fixture
def few_digits(monkeypatch):
    """A tutorial asks scikit-learn for its digits and gets the first 120."""
    datasets = pytest.importorskip("sklearn.datasets", reason="needs the extra [evaluation]")
    digits = datasets.load_digits()
    digits.update({name: digits[name][:120] for name in ("images", "target")})
    monkeypatch.setattr(datasets, "load_digits", lambda: digits)


def test_every_block_says_what_it_is():
    kinds = {(page, kind) for page in PAGES for kind, _ in blocks_of(page)}
    assert {kind for _, kind in kinds} <= set(KINDS), sorted(kinds)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(kind in ("bash", "python") for kind, _ in blocks_of(page))]
)
def test_a_page_runs(session, few_digits, page):
    folder, names = session(page)
    if page == "docs/tutorials/python.md":
        check_python_tutorial(folder, names)


def check_python_tutorial(folder, names):
    rows = len(Table.read(folder / "training.csv"))
    influence = Table.read(folder / "influence.csv")
    assert len(influence) == rows and {"influence", "datasource_index"} <= set(influence.variables)
    chosen = names["chosen"].removed  # may be 0: then the removed CSV is a header only
    assert len(Table.read(folder / "cleansed.csv")) == rows - chosen
    assert len((folder / "removed.csv").read_text(encoding="utf-8").splitlines()) == 1 + chosen
    assert len(names["better"]) == 140
    assert (len(names["kept"]), len(names["removed"])) == (115, 5)


def test_the_package_says_the_same_as_the_readme():
    import nnabla_influence

    (example,) = (block for kind, block in blocks_of("README.md") if kind == "python")
    lines = [line.split("  #")[0].strip() for line in example.splitlines()]
    said = [line.split("  #")[0].strip() for line in nnabla_influence.__doc__.splitlines()]
    calls = [line for line in lines if line and not line.startswith(("#", "print"))]
    assert len(calls) == 5 and set(calls) <= set(said)
    assert ("python", example) in blocks_of("docs/tutorials/python.md")


@pytest.mark.parametrize("page, names", [("reference/commands", COMMANDS), ("guides/methods", METHODS)])
def test_the_table_of_a_page_is_complete(page, names):
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1] + row.split("|")[2] for row in text.splitlines() if row.startswith("| ")]
    assert [name for name in names if not any(f"`{name}`" in row for row in rows)] == []


def test_examples_of_docstrings_stand_under_the_heading_that_the_reference_knows():
    pytest.importorskip("griffe", reason="needs the extra [docs]")
    with_sections = runpy.run_path(str(ROOT / "docs" / "hooks" / "example_sections.py"))["with_sections"]
    assert with_sections("A.\n\nExample:\n    >>> 1\n    1") == "A.\n\nExamples:\n    >>> 1\n    1"
    bare = "A.\n\n>>> 1\n1\n\n>>> 2\n2\n\nMore."
    assert with_sections(bare) == "A.\n\nExamples:\n    >>> 1\n    1\n\n    >>> 2\n    2\n\nMore."
    assert with_sections("A value >>> b.") == "A value >>> b."


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_the_readme_shows_the_table_of_verdicts_that_the_sample_shows():
    """It is pasted into both; the documentation takes it from the README."""

    def rows(path):
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("| data | ranking |"))
        return lines[start : lines.index("", start)]

    assert rows("README.md") == rows("samples/verdicts/README.md")


def test_links_of_the_readme_lead_somewhere():
    """Those of the documentation are checked by ``make docs``."""
    links = re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    for link in links:
        assert link.startswith("http") or Path(ROOT, link).exists(), link
