"""Result folders of Neural Network Console: what lies in them, and NNabla's own commands."""

import shutil
import sys
import zipfile

import h5py
import numpy as np
import yaml

from support import nnc_loops, prepared
from support.nnc_project import Project


def stored_parameters(nnp):
    """What an archive holds, read without NNabla."""
    found = {}
    with zipfile.ZipFile(str(nnp)) as archive, archive.open("parameter.h5") as stream, h5py.File(stream, "r") as file:
        file.visititems(lambda name, item: found.update({name: item[...]}) if isinstance(item, h5py.Dataset) else None)
    return found


def curve(folder):
    """The learning curve, epoch to names and values."""
    return yaml.safe_load((folder / "monitoring_report.yml").read_text(encoding="utf-8"))


def files_in(folder):
    """Names of the files and folders right in a folder."""
    return sorted(path.name for path in folder.iterdir())


def result_of(project, folder):
    """A copy of a project's folder, as the plugin finds it; the data stays where it is."""
    folder.mkdir(parents=True)
    for name in ("net.nntxt", "results.nnp", "monitoring_report.yml"):
        shutil.copy(project.folder / name, folder / name)
    return folder


def nnabla_cli(folder, *arguments):
    """Run one of NNabla's own commands in a folder."""
    command = [sys.executable, "-m", "nnabla.utils.cli.cli", *map(str, arguments)]
    done = prepared.run(command, cwd=folder)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


def same_parameters(ours, theirs, tolerance):
    """Compare two archives parameter by parameter."""
    a, b = stored_parameters(ours), stored_parameters(theirs)
    assert sorted(a) == sorted(b)
    worst = max(float(np.abs(a[name] - b[name]).max()) for name in a)
    assert worst <= tolerance, worst


def archive_fields(nnp):
    """Everything an archive states beside the numbers: its texts, and what is noted with each parameter."""
    with zipfile.ZipFile(str(nnp)) as archive, archive.open("parameter.h5") as stream, h5py.File(stream, "r") as file:
        texts = {name: archive.read(name) for name in archive.namelist() if name != "parameter.h5"}
        noted = {}

        def note(name, item):
            entry = {**item.attrs, "kind": type(item).__name__}
            if isinstance(item, h5py.Dataset):
                entry.update(shape=item.shape, dtype=str(item.dtype), filters=(item.compression, item.chunks))
            noted[name] = entry

        file.visititems(note)
        return {"names": archive.namelist(), "texts": texts, "file": dict(file.attrs), "parameters": noted}


def sequence_project(folder):
    """22 sequences of three steps in files of their own; 3 batches of 8 wrap around."""
    project, random = Project(folder), np.random.RandomState(0)
    (folder / "sequences").mkdir(parents=True)
    for path, samples in ((project.training_csv, 22), (project.validation_csv, 9)):
        lines = ["x:sequence,y:label"]
        for row in range(samples):
            name = f"sequences/{path.stem}{row}.csv"
            np.savetxt(folder / name, random.normal(size=(3, 4)), delimiter=",", fmt="%.5f")
            lines.append(f"{name},{random.randint(3)}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    project.nntxt.write_text(nnc_loops.text(nnc_loops.long_short_term, 8), encoding="utf-8")
    return project
