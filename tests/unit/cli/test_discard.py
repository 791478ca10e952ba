"""``--discard``: what interrupted runs left, and nothing else, is removed."""

from nnabla_influence.cli.console import Console
from nnabla_influence.cli.discard import discard_progress
from nnabla_influence.resume import PartialFolder, partial_folder


def test_progress_is_removed_and_said(tmp_path, capsys):
    target, other = tmp_path / "c.h5", tmp_path / "d.h5"
    target.write_text("finished")
    PartialFolder(target, {"a": 1})
    assert discard_progress(Console(), target, other) == 0
    assert capsys.readouterr().out == f"removed {partial_folder(target)}\nthere is no {partial_folder(other)}\n"
    assert target.read_text() == "finished" and not partial_folder(target).exists()


def test_quiet_says_nothing(tmp_path, capsys):
    assert discard_progress(Console(quiet=True), tmp_path / "c.h5") == 0
    assert capsys.readouterr() == ("", "")
