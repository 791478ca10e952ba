"""The Python examples of the README run, one after the other, in a folder with a real NNC project."""

import re

import pytest
from integration.conftest import ROOT

from nnabla_influence.dataset.csv import Table

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def project_folder(trained_project, tmp_path, monkeypatch):
    """The working folder: ``results.nnp``, ``training.csv``, ``validation.csv`` and their images."""
    project = trained_project("affine", relative_uri=True)
    for path in project.folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNABLA_INFLUENCE_DATA_CACHE", str(tmp_path / "decoded"))
    return tmp_path


def test_examples(project_folder, capsys):
    assert len(EXAMPLES) == 4
    names = {}
    for number, example in enumerate(EXAMPLES):
        exec(compile(example, f"README.md, Python example {number + 1}", "exec"), names)
    rows = len(Table.read(project_folder / "training.csv"))
    influence = Table.read(project_folder / "influence.csv")
    assert len(influence) == rows and {"influence", "datasource_index"} <= set(influence.variables)
    chosen = names["chosen"].removed  # may be 0: then the removed CSV is a header only
    assert len(Table.read(project_folder / "cleansed.csv")) == rows - chosen
    assert len((project_folder / "removed.csv").read_text(encoding="utf-8").splitlines()) == 1 + chosen
    assert len(names["better"]) == 140
    assert len(capsys.readouterr().out.splitlines()) >= 3


def test_the_package_says_the_same_as_the_readme():
    import nnabla_influence

    lines = [line.split("  #")[0].strip() for line in EXAMPLES[0].splitlines()]
    said = [line.split("  #")[0].strip() for line in nnabla_influence.__doc__.splitlines()]
    calls = [line for line in lines if line and not line.startswith(("#", "print"))]
    assert len(calls) == 5 and set(calls) <= set(said)
