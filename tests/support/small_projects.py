"""Small data sets and projects for the tests of the workflow: two inputs, three classes, quick to train."""

from contextlib import contextmanager

import numpy as np

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.workflow.project import Project
from nnabla_influence.workflow.training_overrides import TrainingOverrides

TRAINING = 24
VALIDATION = 16
QUICK = TrainingOverrides(epochs=2, batch_size=6, learning_rate=0.1)


def samples(count, seed):
    """Inputs (N, 2) around three centres, and their class numbers (N,)."""
    random = np.random.RandomState(seed)
    labels = np.arange(count) % 3
    centres = np.array([[0.0, 1.5], [1.5, 0.0], [-1.5, -1.5]])
    return (centres[labels] + random.normal(size=(count, 2))).round(3), labels


def write_csv(path, count, seed):
    x, labels = samples(count, seed)
    lines = ["x__0:left,x__1:right,y:label", *(f"{a},{b},{label}" for (a, b), label in zip(x, labels))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_data(folder):
    """``training.csv``, ``validation.csv``, ``selection.csv`` and ``test.csv``; no row is in two of them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "training.csv", TRAINING, 0)
    write_csv(folder / "validation.csv", VALIDATION, 1)
    write_csv(folder / "selection.csv", VALIDATION, 2)
    write_csv(folder / "test.csv", VALIDATION, 3)
    return folder


def arrays(count=TRAINING, seed=0):
    x, labels = samples(count, seed)
    return Dataset.from_arrays({"x": x, "y": labels})


def opened(folder, **options):
    """A project of the CSVs that `write_data` wrote."""
    options.setdefault("training", QUICK)
    return Project.open("builtin:mlp", folder / "training.csv", folder / "validation.csv", **options)


class CtrlC:
    """A progress reporter that raises KeyboardInterrupt in a phase, after so many calls.

    Attributes:
        phases: The phases that were begun.
    """

    def __init__(self, phase="", after=1):
        self.phase = phase
        self.left = after
        self.phases = []

    @contextmanager
    def progress(self, description, unit="samples"):
        self.phases.append(description)

        def report(done, total):
            if self.phase and description.startswith(self.phase):
                self.left -= 1
                if self.left == 0:
                    raise KeyboardInterrupt

        yield report
