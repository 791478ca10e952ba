"""Clicks on plugins as Neural Network Console makes them: the installed copies, in a process of their own.

clicks = Clicks(folder)                                        # installs into NNC Windows and into NNC Desktop
click = clicks.windows("influence", result, method="loss")     # cwd there, every field passed, bare names, empty fields
click = clicks.desktop("influence", result)                    # long options, absolute paths, foreign cwd, empty output
click.code, click.said, click.output

The package is found in the archive that was installed only: whatever else this Python would find it by is taken away.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from nnabla_influence.nnc.host.manifest import plugin_named
from nnabla_influence.nnc.installer.bundle import FOLDER, desktop_bundle, windows_bundle
from nnabla_influence.nnc.installer.installation import Installation
from nnabla_influence.nnc.installer.plugin_table import PluginTable, desktop_rows
from support import prepared
from support.nnc_desktop import command, listed, make_database, offered, shown

BARE_PYTHON = """
import importlib.machinery, os, sys
sys.path[:] = [path for path in sys.path if not os.path.isdir(os.path.join(path or ".", "nnabla_influence"))]
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in getattr(finder, "__module__", "")]
lacking = os.environ["PLUGIN_TEST_LACKS"].split()
if lacking:
    found = importlib.machinery.PathFinder.find_spec
    class Lacking(importlib.machinery.PathFinder):
        @classmethod
        def find_spec(cls, name, path=None, target=None):
            return None if name.split(".")[0] in lacking else found(name, path, target)
    place = sys.meta_path.index(importlib.machinery.PathFinder)
    sys.meta_path[place] = Lacking
"""


@dataclass(frozen=True)
class Click:
    """What came of a click."""

    code: int
    said: str  # standard error, or the log file of NNC Desktop
    printed: str = ""  # standard output
    output: Optional[Path] = None  # of NNC Desktop

    @property
    def lines(self) -> List[str]:
        """What was said, without time and level."""
        return [line.split("]: ", 1)[-1] for line in self.said.splitlines()]


class Clicks:
    """Both products with our plugins in them."""

    def __init__(self, folder: Path) -> None:
        self.elsewhere = folder / "somewhere else"
        self.elsewhere.mkdir(parents=True)
        self.scripts = folder / "NNC プラグイン" / "plugins"
        Installation(self.scripts).install(windows_bundle())
        self._desktop = folder / "desktop plugins" / FOLDER
        Installation(self._desktop).install(desktop_bundle())
        database = make_database(folder / "nncd.db")
        PluginTable(database).write(desktop_rows(self._desktop.as_posix()))
        self.rows = {Path(row["plugin_file"]).stem: row for row in offered(database)[1:]}
        self._bare = folder / "bare"
        self._bare.mkdir()
        (self._bare / "sitecustomize.py").write_text(BARE_PYTHON, encoding="utf-8")
        self._decoded = folder / "decoded"

    def environment(self, lacks: str = ""):
        return {
            **os.environ,
            "PYTHONPATH": str(self._bare),
            "PYTHONIOENCODING": "utf-8",
            "PLUGIN_TEST_LACKS": lacks,
            "NNABLA_INFLUENCE_DATA_CACHE": str(self._decoded),
        }

    def windows_line(self, name: str, **values):
        """The command of NNC Windows: every field it shows, by its short option, empty or not."""
        plugin = plugin_named(name)
        fields = [(p.short, values.get(p.name, p.default)) for p in plugin.parameters if not p.hidden]
        arguments = [text for short, value in fields for text in ("-" + short, str(value))]
        return [sys.executable, "-B", str(self.scripts / plugin.script), *arguments]

    def windows(self, name: str, result: Path, lacks: str = "", **values) -> Click:
        line = self.windows_line(name, **values)
        place = {"cwd": str(result), "env": self.environment(lacks)}
        done = subprocess.run(line, capture_output=True, **place) if lacks else prepared.run(line, **place)
        return Click(done.returncode, done.stderr.decode("utf-8"), done.stdout.decode("utf-8"))

    def desktop(self, name: str, result: Path, **values) -> Click:
        """The command of NNC Desktop; its log is the only thing that is kept of what was said."""
        row = self.rows[name]
        arguments = command(row, result, values)
        log = result / "plugin_log.txt"
        line = [sys.executable, "-B", row["plugin_file"], *arguments]
        done = prepared.run(line, cwd=self.elsewhere, env=self.environment(), log=log)
        output = shown(row, arguments)
        assert not list(self.elsewhere.iterdir()), "something was written into the app's own folder"
        assert listed(row, arguments) == [output.name], "the editor would list what opens as something else"
        return Click(done.returncode, log.read_text(encoding="utf-8"), output=output)


def result_folder(project, folder: Path, desktop: bool = False) -> Path:
    """A copy of a trained project that a plugin may write into, with the names that the product uses."""
    shutil.copytree(str(project.folder), str(folder))
    (folder / "output_result.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    if desktop:
        (folder / "results.nnp").rename(folder / "result.nnp")
    return folder
