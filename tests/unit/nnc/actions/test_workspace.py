"""What a plugin leaves behind on the way to a file."""

import pytest

from nnabla_influence.errors import ConfigError
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.nnc.actions.workspace import own_progress, workspace
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.remedies import remedy

GO_ON = remedy("go-on-plugin")


def test_a_workspace_goes_when_the_work_is_done(tmp_path):
    with workspace(tmp_path / "table.csv", {"a": 1}, GO_ON) as folder:
        (folder / "something").write_text("x")
    assert not list(tmp_path.iterdir())


def test_a_workspace_stays_after_an_interruption_which_names_it(tmp_path):
    with pytest.raises(Interrupted) as interrupted:
        with workspace(tmp_path / "table.csv", {"a": 1}, GO_ON) as folder:
            (folder / "something").write_text("x")
            raise KeyboardInterrupt
    assert interrupted.value.said(IN_FIELDS) == (
        f"its progress is in '{tmp_path / 'table.csv.partial'}'. The plugin goes on from there if you start it again "
        "with the same fields; otherwise delete that folder."
    )
    with workspace(tmp_path / "table.csv", {"a": 1}, GO_ON) as again:
        assert (again / "something").read_text() == "x"


def test_what_another_run_left_is_removed(tmp_path, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    with pytest.raises(KeyboardInterrupt):
        with workspace(tmp_path / "table.csv", {"a": 1}, GO_ON) as folder:
            (folder / "something").write_text("x")
            raise KeyboardInterrupt
    with workspace(tmp_path / "table.csv", {"a": 2}, GO_ON) as again:
        assert not (again / "something").exists()
    assert caplog.messages == [f"'{folder}' belongs to another run of the plugin and is removed"]


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(ConfigError):
        with workspace(tmp_path / "table.csv", {"a": 1}, GO_ON):
            raise ConfigError("no")
    assert not list(tmp_path.iterdir())


def test_work_that_is_known_later_makes_its_folder_then(tmp_path):
    target = tmp_path / "table.csv"
    with pytest.raises(KeyboardInterrupt) as bare:
        with workspace(target, None, GO_ON) as folder:
            raise KeyboardInterrupt
    assert str(bare.value) == "" and not folder.exists(), "nothing is kept, so nothing is promised"
    with workspace(target, None, GO_ON) as folder:
        own_progress(target, {"a": 1}, "scoring")
        assert folder.is_dir()
    assert not folder.exists()


def test_the_progress_of_the_same_work_is_kept(tmp_path, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    target = tmp_path / "table.csv"
    own_progress(target, {"a": 1}, "scoring")
    kept = tmp_path / "table.csv.partial" / "something"
    kept.write_text("x")
    own_progress(target, {"a": 1}, "scoring")
    assert kept.exists() and not caplog.messages
    own_progress(target, {"a": 2}, "scoring")
    assert not kept.exists() and "belongs to another scoring and is removed" in caplog.text
