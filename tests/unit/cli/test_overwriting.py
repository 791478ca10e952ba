"""Nothing is overwritten: every command that writes refuses a file that is there, with exit code 2 and one sentence."""

import pytest

MINE = "somebody's own\n"
RUN = ("run", "NETWORK", "--method", "loss", "--quiet")
CLEANSE = ("cleanse", "INFLUENCE", "--remove", "2")
LINES = {
    "score": (("score", "CACHE", "--method", "loss"), ("--output", "--suspects")),
    "run": (RUN, ("--output", "--suspects")),
    "cleanse": (CLEANSE, ("--output", "--removed")),
    "relabel": ((*CLEANSE, "--relabel"), ("--output", "--changed")),
    "report": (("report", "INFLUENCE"), ("--output",)),
    "noise": (("noise", "TRAIN", "--rate", "0.25"), ("--output", "--truth")),
    "retrain": (("retrain", "NETWORK", "CLEANSED", "--trials", "2"), ("--output",)),
    "evaluate": (("evaluate", "NETWORK", "--methods", "loss", "--remove", "2", "--trials", "2"), ("--output",)),
    "evaluate groups": (
        ("evaluate", "NETWORK", "--methods", "loss", "--metric", "lds", "--groups", "4"),
        ("--output",),
    ),
}
CASES = [(name, option) for name, (_, options) in LINES.items() for option in options]


@pytest.fixture
def line(made, command):
    """``line(name)``: a command without its outputs."""
    rows = (made / "training.csv").read_text(encoding="utf-8").splitlines()
    (command.folder / "fewer.csv").write_text("\n".join(rows[:-4]) + "\n", encoding="utf-8")
    words = {"TRAIN": ("--train", made / "training.csv"), "CLEANSED": ("--cleansed", command.folder / "fewer.csv")}
    return lambda name: [part for word in LINES[name][0] for part in words.get(word, (word,))]


@pytest.mark.parametrize("name, option", CASES)
def test_a_file_that_is_there_is_refused_before_anything_is_done(command, line, name, option):
    before = {path.name for path in command.folder.iterdir()}
    outputs = {each: f"{each[2:]}.out" for each in LINES[name][1]}
    (command.folder / outputs[option]).write_text(MINE, encoding="utf-8")
    code, _, log = command(*line(name), *(word for pair in outputs.items() for word in pair))
    assert code == 2 and "--overwrite" in log and log.splitlines()[-1].startswith(f"error: {outputs[option]}: ")
    assert (command.folder / outputs[option]).read_text(encoding="utf-8") == MINE
    assert {path.name for path in command.folder.iterdir()} == before | {outputs[option]}, "nothing was begun"


@pytest.mark.parametrize("name", LINES)
def test_it_is_replaced_where_that_is_asked_for(command, line, name):
    outputs = {each: command.folder / f"{each[2:]}.csv" for each in LINES[name][1]}
    for path in outputs.values():
        path.write_text(MINE, encoding="utf-8")
    code, _, log = command(*line(name), *(word for pair in outputs.items() for word in pair), "--overwrite")
    assert code == 0, log
    assert all(path.read_text(encoding="utf-8") != MINE for path in outputs.values())


def test_after_an_interrupt_the_same_command_with_suspects_goes_on(command, monkeypatch):
    from nnabla_influence.cli import score

    assert "_finished" in vars(score)
    scoring = ("score", "CACHE", "--method", "loss", "--output", "o.csv", "--suspects", "s.csv")

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nnabla_influence.workflow.score.score_project", interrupt)
        assert command(*scoring)[0] == 130
    assert not (command.folder / "s.csv").exists(), "else the same command would be refused"
    assert command(*scoring)[0] == 0
