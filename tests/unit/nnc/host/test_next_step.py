"""The command that a plugin's report shows is one that there is."""

from nnabla_influence.cli import report
from nnabla_influence.cli.main import build_parser
from nnabla_influence.nnc.host.next_step import NEXT_STEP


def test_it_is_a_command_with_the_files_filled_in(tmp_path):
    influence, ticked = tmp_path / "influence.csv", tmp_path / "ticked.csv"
    for path in (influence, ticked):
        path.touch()
    program, _, words = NEXT_STEP.partition("cleanse")
    assert program == "python -m nnabla_influence "
    typed = [word.format(influence=influence, ticked=ticked) for word in words.split()]
    args = build_parser().parse_args(["cleanse", *typed])
    assert (args.influence, args.list) == (influence, ticked)
    assert (args.output.name, args.removed.name) == ("clean.csv", "removed.csv")


def test_the_report_of_the_command_line_shows_the_same_one():
    assert NEXT_STEP == report.NEXT_STEP
