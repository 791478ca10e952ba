"""Who did not ask for progress is shown none."""

from nnabla_influence.workflow.progress_reporter import SILENT


def test_the_silent_reporter_accepts_everything(capsys):
    with SILENT.progress("scoring", "samples") as report:
        report(1, 2)
    assert capsys.readouterr() == ("", "")
