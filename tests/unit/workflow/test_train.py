"""Training an opened project: what is said, what is refused, and that an interruption loses nothing."""

import logging
import os

import pytest
from support.small_projects import CtrlC, opened

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import CacheMismatchError, OutputExistsError
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.workflow.opened_project import open_project
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.train import train_project


@pytest.fixture(scope="module")
def ready(data):
    return open_project(opened(data)._request)


def test_every_epoch_is_said_and_an_identical_training_is_opened(ready, tmp_path, caplog):
    reporter = CtrlC()
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        cache = train_project(ready, tmp_path / "c.h5", reporter=reporter)
        assert reporter.phases == ["training"] and cache.config == ready.config
        assert [line[:14] for line in caplog.messages] == ["epoch 1 of 2: ", "epoch 2 of 2: "]
        before = (tmp_path / "c.h5").read_bytes()
        train_project(ready, tmp_path / "c.h5")
    assert caplog.messages[-1].endswith("c.h5 holds this very training already; nothing to do")
    assert (tmp_path / "c.h5").read_bytes() == before


def test_ctrl_c_says_how_to_go_on_and_the_same_call_does(ready, tmp_path, caplog):
    whole = train_project(ready, tmp_path / "whole.h5").path.read_bytes()
    target = tmp_path / "c.h5"
    with pytest.raises(Interrupted) as caught:
        train_project(ready, target, reporter=CtrlC("training", 6))
    kept = f"the training's progress is in '{target}.partial'."
    assert str(caught.value) == f"{kept} The same call goes on from there; to begin anew, delete that folder."
    assert caught.value.said(IN_COMMANDS) == f"{kept} The same command goes on, --discard removes it."
    assert caught.value.said(IN_FIELDS).startswith(f"{kept} The same plugin goes on")
    assert not target.exists() and (tmp_path / "c.h5.partial").is_dir()
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        train_project(ready, target)
    assert f"going on with the interrupted training in {target}.partial" in caplog.messages
    assert target.read_bytes() == whole and not (tmp_path / "c.h5.partial").exists()


def test_another_training_is_not_overwritten_unless_asked(data, ready, tmp_path):
    train_project(ready, tmp_path / "c.h5")
    other = open_project(ready_request(data, seed=1))
    with pytest.raises(CacheMismatchError) as caught:
        train_project(other, tmp_path / "c.h5")
    assert caught.value.said(IN_COMMANDS).endswith("Choose another file, or replace it with --overwrite.")
    assert str(caught.value).endswith("Choose another file, or replace it: overwrite=True.")
    assert train_project(other, tmp_path / "c.h5", overwrite=True).config.seed == 1


@pytest.mark.parametrize("name", ["training.csv", "validation.csv"])
def test_what_is_read_is_not_written_to(ready, data, tmp_path, name):
    link = tmp_path / "c.h5"
    os.link(data / name, link)
    before = link.read_bytes()
    for target in (data / name, link):
        with pytest.raises(OutputExistsError, match="got one that is read"):
            train_project(ready, target, overwrite=True)
    assert link.read_bytes() == before


def ready_request(data, **options):
    request = opened(data)._request
    return ProjectRequest(request.network, request.train, request.validation, training=request.training, **options)
