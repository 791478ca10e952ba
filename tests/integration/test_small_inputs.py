"""Small inputs that once went wrong in silence or with a wrong word, from the command or the click to its end."""

import subprocess
import sys

import numpy as np
import pytest
from support.nnc_project import make_project

from nnabla_influence.dataset.csv import Table

QUICK = ("--network", "builtin:mlp", "--train", "t.csv", "--validation", "v.csv", "--output", "o.csv", "--epochs", 1)
TRAINABLE = """
import sys
import nnabla as nn
nn.load_parameters(sys.argv[1])
print(sorted(nn.get_parameters()), sorted(nn.get_parameters(grad_only=False)))
"""


@pytest.fixture
def written(commands):
    """``written(columns, label)``: a training and a validation CSV of random numbers; `label` makes class numbers."""

    def write(columns, label):
        random = np.random.default_rng(0)
        for name, rows in (("t", 40), ("v", 20)):
            x = random.standard_normal((rows, len(columns))).round(3)
            lines = [",".join([*columns, "y"]), *(",".join(map(str, [*row, label(row)])) for row in x)]
            (commands.folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    return write


def test_data_of_one_class_are_ranked_with_a_warning(commands, written):
    """All losses, gradients and scores are zero then."""
    written(["x__0", "x__1"], lambda row: 0)
    _, log = commands("run", *QUICK)
    assert "all 40 training rows are of one class (0)" in log
    assert "all 40 scores are 0, so there is no order among the samples" in log


def test_a_vector_numbered_from_one_is_read_as_nnabla_reads_it(commands, written):
    """NNabla takes the entries in the order of the columns, whatever their numbers."""
    written(["x__1", "x__2", "x__3"], lambda row: int(row.sum() > 0))
    _, log = commands("run", *QUICK)
    assert "vector 'x' has no column x__0; its 3 columns are taken in their order, as NNabla does" in log
    one = Table.read(commands.folder / "o.csv")
    written(["x__0", "x__1", "x__2"], lambda row: int(row.sum() > 0))
    _, log = commands("run", *QUICK, "--overwrite")
    assert "are taken in their order" not in log
    zero = Table.read(commands.folder / "o.csv")
    assert one.rows == zero.rows and one.header[:3] == ["x__1", "x__2", "x__3"]


def test_a_schedule_that_ends_before_the_training_is_refused_in_a_sentence(commands):
    project = make_project(commands.folder / "project", "affine", epochs=3)
    text = project.nntxt.read_text(encoding="utf-8")
    old = "lr_decay: 1\n    lr_decay_interval: 1\n"
    assert old in text
    new = 'lr_scheduler_type: "Polynomial" polynomial_scheduler_param { max_iter: 10 power: 0.5 }\n'
    project.nntxt.write_text(text.replace(old, new), encoding="utf-8")
    _, log = commands("train", "--network", project.nntxt, "--cache", "c.h5", "--quiet", code=2)
    assert log.count("\n") == 1 and "for all of the 15 steps" in log and "Polynomial with max_iter 10" in log
    assert "Let it last for 15 steps" in log and not (commands.folder / "c.h5").exists()


def test_nnabla_finds_the_same_weights_to_train_in_a_network_of_the_training_plugin(trained_project, clicks, tmp_path):
    """A weight that says it needs no gradient is not among `nn.get_parameters()`, and is trained no more."""
    project = trained_project("conv_bn", solver="Momentum", learning_rate=0.02)
    click = clicks.windows("train_with_influence_cache", tmp_path, config=project.nntxt, output_dir=tmp_path / "ours")
    assert click.code == 0, click.said
    found = []
    for network in (project.nnp, tmp_path / "ours" / "results.nnp"):
        line = [sys.executable, "-c", TRAINABLE, str(network)]
        found.append(subprocess.run(line, check=True, stdout=subprocess.PIPE).stdout.decode("utf-8"))
    theirs, ours = found
    assert ours == theirs and "'Convolution/conv/W'" in ours.partition("] [")[0]
