"""`plugins`: the verbs, into a folder like NNC's."""

import json

import pytest
from support.nnc_desktop import datasets, index, make_database

from nnabla_influence.cli import plugins
from nnabla_influence.cli.main import main
from nnabla_influence.nnc.host.manifest import PLUGINS, manifest
from nnabla_influence.nnc.installer import plugin_host
from nnabla_influence.nnc.installer.bundle import BundledFile
from nnabla_influence.nnc.installer.interpreter import Interpreter
from nnabla_influence.nnc.installer.manual import manual_tables


@pytest.fixture
def run(capsys):
    def command(*arguments):
        capsys.readouterr()
        code = main(["plugins", *map(str, arguments)])
        return (code, *capsys.readouterr())

    return command


@pytest.fixture
def nnc(tmp_path, monkeypatch):
    """NNC Windows, and two scripts in place of the whole package."""
    scripts = [tmp_path / f"{name}.py" for name in ("a", "b")]
    for script in scripts:
        script.write_text("pass")
    bundle = [BundledFile(f"_Training/{script.name}", script) for script in scripts]
    monkeypatch.setattr(plugin_host, "windows_bundle", lambda menu="own": bundle)
    folder = tmp_path / "NNC"
    (folder / "libs" / "plugins").mkdir(parents=True)
    return folder


def test_list_and_manifest_say_what_there_is(run):
    code, out, err = run("list")
    assert (code, err) == (0, "") and all(plugin.script in out and plugin.label in out for plugin in PLUGINS)
    assert json.loads(run("manifest", "--json")[1]) == json.loads(json.dumps(manifest()))
    assert run("manifest", "--markdown")[1] == manual_tables()
    out = run("manifest")[1]
    assert (
        "--method      How to score (option:spectral," in out
        and "--evaluation" not in out
        and "--result_type" not in out
    )


def test_install_check_and_remove(run, nnc):
    folder = nnc / "libs" / "plugins"
    code, out, _ = run("install", "--nnc", nnc, "--dry-run", "--verbose")
    assert code == 0 and out.startswith(f"{folder}: 2 files would be added, 0 would be replaced, 0 would be removed, ")
    assert "  _Training/a.py\n" in out and "restart" not in out and not list(folder.iterdir())
    code, out, _ = run("install", "--nnc", nnc)
    assert code == 0 and out.startswith(f"{folder}: 2 files added, 0 replaced, 0 removed, 0 already there\n")
    assert out.endswith("installed; restart Neural Network Console to see the plugins\n")
    code, out, _ = run("check", "--nnc", nnc)
    assert code == 0 and f"{folder}: complete, version " in out
    (folder / "_Training" / "a.py").unlink()
    code, out, _ = run("check", "--nnc", nnc)
    assert code == 1 and "missing: " in out and out.endswith("run `plugins install` again to mend this\n")
    (folder / "_Training" / "b.py").write_text("mine")
    code, out, err = run("remove", "--nnc", nnc)
    assert code == 0 and out == f"removed from {folder}\n"
    assert err == f"warning: kept, because it was changed since it was installed: {folder / '_Training' / 'b.py'}\n"
    assert run("remove", "--nnc", nnc)[1] == f"there are no plugins of ours in {folder}\n"


def test_foreign_files_are_named_and_left_alone(run, nnc):
    foreign = nnc / "libs" / "plugins" / "_Training" / "a.py"
    foreign.parent.mkdir()
    foreign.write_text("theirs")
    _, _, err = run("install", "--nnc", nnc, "--dry-run")
    assert "warning: '_Training/a.py' is not ours; the installation would be refused\n" in err
    code, _, err = run("install", "--nnc", nnc)
    assert code == 2 and "nothing was changed" in err and foreign.read_text() == "theirs"


def test_what_nncs_python_lacks_is_said(run, nnc, monkeypatch, tmp_path):
    found = {}
    monkeypatch.setattr(
        "nnabla_influence.nnc.installer.interpreter.find_interpreter", lambda paths, known_by=(): found.get("python")
    )
    _, out, _ = run("check", "--nnc", nnc)
    assert f"{plugins.DEPENDENCIES}; it was not found; name it with --python, so its libraries were not checked" in out
    _, out, _ = run("check", "--nnc", nnc, "--python", tmp_path / "x")
    assert f"'{tmp_path / 'x'}' is not a Python, so its libraries were not checked" in out
    found["python"] = Interpreter(tmp_path / "python", (3, 10), ("jinja2",))
    _, out, err = run("check", "--nnc", nnc)
    assert f"warning: {tmp_path / 'python'}: it lacks jinja2, which is needed by: Influence report\n" == err
    assert f'to add them: "{tmp_path / "python"}" -m pip install jinja2\n' in out
    found["python"] = Interpreter(tmp_path / "python", (3, 10), ())
    assert f"{tmp_path / 'python'}: has every library that the plugins need\n" in run("check", "--nnc", nnc)[1]


def test_a_csv_becomes_a_data_set_of_nnc_desktop_once(run, tmp_path):
    database = make_database(tmp_path / "nncd_bucket" / "db" / "nncd.db")
    csv = tmp_path / "cleansed.csv"
    csv.write_text("x__0,y:label\n0.5,1\n0.25,0\n", encoding="utf-8")
    typed = ("register-dataset", "--desktop", csv, "--database", database, "--name", "clean")
    code, out, _ = run(*typed)
    (dataset,) = datasets(database)
    assert code == 0 and (dataset["name"], dataset["samples"]) == ("clean", 2)
    assert f"added to NNC Desktop as 'clean' (2 samples): {index(database, 1).parent}\n" in out
    assert f"the database as it was before: {database}.before-plugins\n" in out and "tab DATASET" in out
    code, out, _ = run(*typed)
    assert (code, out) == (0, "NNC Desktop has the data set 'clean' already, with the same 2 samples\n")
    csv.write_text("x__0,y:label\n0.5,1\n", encoding="utf-8")
    code, out, err = run(*typed)
    assert (code, out) == (2, "") and "Delete that data set in NNC Desktop, or choose another name." in err


@pytest.mark.parametrize(
    "typed, said",
    [
        (("check", "--nnc", "nowhere"), "Expected the folder of NNC Windows"),
        (
            ("check", "--desktop", "--database", "nowhere.db"),
            "Start NNC Desktop once, or name its nncd.db with --database.",
        ),
        (
            ("check", "--nnc", "x", "--database", "y"),
            "--database and --plugin-folder belong to --desktop; NNC Windows has neither.",
        ),
        (("register-dataset", "x.csv"), "arguments are required: --desktop"),
        (("register-dataset", "--desktop", "x.csv", "--database", "nowhere.db"), "nowhere.db'. Start NNC Desktop"),
        (("install",), "one of the arguments --nnc --desktop is required"),
        ((), "arguments are required: ACTION"),
    ],
)
def test_wrong_requests(run, typed, said):
    code, out, err = run(*typed)
    assert (code, out) == (2, "") and said in err
