"""`train`: what it writes and says, and what it refuses."""

from nnabla_influence.resume import PartialFolder, partial_folder
from nnabla_influence.training import TrainingCache


def test_a_cache_is_written_and_the_settings_are_said(command):
    code, out, log = command("train", "NETWORK", "--policy", "epochs", "--cache", "c.h5")
    size = (command.folder / "c.h5").stat().st_size
    assert (code, out) == (0, f"cache: c.h5 ({size:,} bytes, policy epochs)\n")
    assert "solver: Sgd, learning rate 0.1, batch size 8, epochs 2" in log
    assert "data: 24 training rows, 12 validation rows" in log and "epoch 2 of 2: training loss" in log
    cache = TrainingCache.open(command.folder / "c.h5")
    assert (cache.config.policy, cache.config.epochs, cache.config.seed) == ("epochs", 2, 0)


def test_the_same_training_is_not_done_again_and_another_is_refused(command):
    command("train", "NETWORK", "--cache", "c.h5")
    written = (command.folder / "c.h5").read_bytes()
    code, _, log = command("train", "NETWORK", "--cache", "c.h5")
    assert code == 0 and "c.h5 holds this very training already; nothing to do" in log
    code, out, log = command("train", "NETWORK", "--seed", 1, "--cache", "c.h5")
    assert (code, out) == (2, "") and "config.seed: 1 / 0" in log and "--overwrite" in log
    assert (command.folder / "c.h5").read_bytes() == written
    assert command("train", "NETWORK", "--seed", 1, "--cache", "c.h5", "--overwrite")[0] == 0


def test_discard_only_removes_the_progress(command):
    target = command.folder / "c.h5"
    PartialFolder(target, {"a": 1})
    assert command("train", "NETWORK", "--cache", "c.h5", "--discard") == (0, "removed c.h5.partial\n", "")
    assert not partial_folder(target).exists() and not target.exists()


def test_the_data_is_never_written_over(command, made):
    before = (made / "training.csv").read_bytes()
    code, _, log = command("train", "NETWORK", "--cache", made / "training.csv", "--overwrite")
    assert code == 2 and "got one that is read" in log and (made / "training.csv").read_bytes() == before


def test_an_interruption_says_where_the_progress_is_and_how_to_go_on(command, monkeypatch):
    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("nnabla_influence.workflow.train.train", interrupted)
    code, _, log = command("train", "NETWORK", "--cache", "c.h5")
    assert code == 130 and log.endswith(
        "interrupted: the training's progress is in 'c.h5.partial'. The same command goes on, --discard removes it.\n"
    )
