"""What NNC Windows sees when it asks a plugin for its fields: `-h` of the scripts as `plugins install` copies them.

They run without site-packages (`-S`) and without the environment's paths (`-E`), so only the standard library and the
one copy of the package can be imported: the scripts find it, and neither NNabla nor NumPy is loaded. How long it
takes is measured by ``samples/benchmark/help_time.py``.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from support.nnc_protocol import read_help

from nnabla_influence.nnc.host.manifest import PLUGINS, plugin_named
from nnabla_influence.nnc.installer.bundle import windows_bundle, windows_script
from nnabla_influence.nnc.installer.installation import Installation

OLD_PYTHONS = sorted(Path.home().glob(".pyenv/versions/3.8*/bin/python"))
NAMES = [plugin.name for plugin in PLUGINS]


@pytest.fixture(scope="module")
def plugins(tmp_path_factory):
    """NNC's folder of plugins with ours in it."""
    folder = tmp_path_factory.mktemp("nnc") / "プラグイン plugins"
    Installation(folder).install(windows_bundle())
    return folder


@pytest.fixture(scope="module", params=["this Python", "Python 3.8"])
def python(request):
    if request.param == "this Python":
        return sys.executable
    if not OLD_PYTHONS:
        pytest.skip("there is no Python 3.8 in ~/.pyenv/versions")
    return str(OLD_PYTHONS[0])


def run(python, plugins, name, *arguments):
    command = [python, "-S", "-E", "-B", "-W", "error", str(plugins / plugin_named(name).script), *arguments]
    return subprocess.run(command, cwd=str(plugins.parent), capture_output=True, check=False)


@pytest.mark.parametrize("name", NAMES)
def test_help_holds_what_the_manifest_declares(python, plugins, name):
    done = run(python, plugins, name, "-h")
    assert (done.returncode, done.stderr) == (0, b"")
    dialog, plugin = read_help(done.stdout.decode("ascii").replace("\r\n", "\n")), plugin_named(name)
    assert (dialog.label, dialog.description.split()) == (plugin.label, plugin.description.split())
    assert max(map(len, dialog.description.splitlines())) <= 100, "NNC Windows wraps no lines"
    shown = [parameter for parameter in plugin.parameters if not parameter.hidden]
    assert len(dialog.fields) == len(shown)
    for field, parameter in zip(dialog.fields, shown):
        assert (field.short, field.long) == (f"-{parameter.short}", f"--{parameter.name}")
        assert (field.text, field.tag, field.options) == (parameter.filled_in, parameter.tag, parameter.options)
        assert (field.default or "") == parameter.default


def test_there_is_no_other_file_that_nnc_could_start(plugins):
    """NNC starts every Python file it finds, at whatever depth; each one would load NNabla before it failed."""
    scripts = {path.relative_to(plugins).as_posix() for path in plugins.rglob("*.py*")}
    assert scripts == {plugin.script for plugin in PLUGINS}
    assert all(path.parent.name.startswith("_") for path in plugins.rglob("*.py"))


def test_beside_the_xai_plugins_every_script_finds_the_package(python, tmp_path):
    folder = tmp_path / "plugins"
    Installation(folder).install(windows_bundle("xai"))
    for plugin in PLUGINS:
        command = [python, "-S", "-E", "-B", "-W", "error", str(folder / windows_script(plugin, "xai")), "-h"]
        done = subprocess.run(command, cwd=str(tmp_path), capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"") and plugin.label in done.stdout.decode("ascii")


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_argument_is_one_line_on_standard_error(python, plugins, name):
    done = run(python, plugins, name, "--no-such-option")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: ") and done.stderr.count(b"\n") == 1


def test_the_reader_of_help_is_strict():
    """It proves nothing if it accepts anything."""
    good = "usage: x\n\nLabel\n\ntext\n\noptions:\n  -h, --help  show\n  -a A, --alpha A\n      what (int) default=3\n"
    assert read_help(good).fields[0].default == "3"
    for bad in (
        "hello\n" + good,
        good.replace(" (int)", ""),
        good.replace("-a A, ", ""),
        good.replace("(int)", "(number)"),
        good.replace("Label\n\n", "Label\n"),
    ):
        with pytest.raises(AssertionError):
            read_help(bad)
