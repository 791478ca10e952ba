"""A cache and its data, as two commands open them."""

import pytest

from nnabla_influence.cli.cached_project import cached_project
from nnabla_influence.cli.console import Console
from nnabla_influence.cli.main import build_parser
from nnabla_influence.errors import CacheMismatchError
from nnabla_influence.workflow.project import Project

COMMANDS = (("score", "--output", "i.csv"), ("cleanse", "--remove", "auto", "--output", "c.csv", "--removed", "r.csv"))


def write(path, rows):
    lines = [f"{row},{row * row % 5},{row % 2}" for row in range(rows)]
    path.write_text("\n".join(["x__0,x__1,y", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_options_of_the_data_reach_the_data(command, tmp_path):
    train, validation = write(tmp_path / "t.csv", 8), write(tmp_path / "v.csv", 6)
    names = tmp_path / "names.csv"
    names.write_text("number,name\n0,even\n1,odd\n", encoding="utf-8")
    Project.open("builtin:mlp", train=train, validation=validation).train(tmp_path / "c.h5")
    data = ("--train", str(train), "--validation", str(validation))
    further = ("--classes", str(names), "--data-cache", str(tmp_path / "decoded"))
    args = build_parser().parse_args([*command, "--cache", str(tmp_path / "c.h5"), *data, *further])
    cache, project = cached_project(args, Console())
    assert cache.path == tmp_path / "c.h5"
    assert (len(project.train), len(project.validation)) == (8, 6)
    assert dict(project.train.class_names.items()) == {0: "even", 1: "odd"}
    assert (tmp_path / "decoded").is_dir()
    args.train = write(tmp_path / "other.csv", 7)
    with pytest.raises(CacheMismatchError, match="other.csv has 7 rows"):
        cached_project(args, Console())
