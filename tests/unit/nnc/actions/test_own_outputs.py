"""What a plugin may replace: nothing, an empty file, or what it wrote itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnabla_influence.errors import OutputExistsError
from nnabla_influence.nnc.actions.own_outputs import own_outputs, record_file


def write(path, text="result", plugin="influence"):
    with own_outputs(plugin, path):
        path.write_text(text)


def test_an_empty_file_is_replaced_as_nnc_makes_it(tmp_path):
    (tmp_path / "o.csv").touch()
    write(tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == "result"


def test_a_file_of_somebody_else_stays(tmp_path):
    (tmp_path / "o.csv").write_text("mine")
    with pytest.raises(OutputExistsError, match="or one that this plugin wrote"):
        write(tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1


def test_its_own_file_is_replaced_by_the_same_plugin_alone(tmp_path):
    write(tmp_path / "o.csv")
    write(tmp_path / "o.csv", "again")
    with pytest.raises(OutputExistsError):
        write(tmp_path / "o.csv", plugin="removal_curve")
    assert (tmp_path / "o.csv").read_text() == "again"


def test_a_file_that_was_edited_is_no_longer_its_own(tmp_path):
    write(tmp_path / "o.csv")
    (tmp_path / "o.csv").write_text("result, and a note")
    with pytest.raises(OutputExistsError):
        write(tmp_path / "o.csv")


def test_what_was_written_before_a_failure_is_its_own(tmp_path):
    with pytest.raises(ZeroDivisionError):
        with own_outputs("influence", tmp_path / "o.csv", tmp_path / "p.csv"):
            (tmp_path / "o.csv").write_text("half")
            raise ZeroDivisionError
    write(tmp_path / "o.csv")
    assert not (tmp_path / "p.csv").exists()


def test_what_a_plugin_had_written_that_was_killed_is_its_own(tmp_path):
    """A killed plugin cannot write down what it wrote."""
    killed = "import sys; from pathlib import Path; from nnabla_influence.nnc.actions.own_outputs import own_outputs\n"
    killed += "import os\nwith own_outputs('influence', Path(sys.argv[1])):\n    Path(sys.argv[1]).write_text('new')\n"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    subprocess.run([sys.executable, "-c", killed + "    os._exit(9)", str(tmp_path / "o.csv")], env=environment)
    assert (tmp_path / "o.csv").read_text() == "new"
    write(tmp_path / "o.csv")
    (tmp_path / "o.csv").write_text("mine")
    with pytest.raises(OutputExistsError):
        write(tmp_path / "o.csv")


def test_where_nothing_was_written_no_record_stays(tmp_path):
    with pytest.raises(ZeroDivisionError), own_outputs("influence", tmp_path / "o.csv"):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_damaged_record_knows_nothing(tmp_path):
    write(tmp_path / "o.csv")
    for damaged in ("", "[1]", "{", "\xff"):
        record_file("influence", tmp_path / "o.csv").write_text(damaged)
        with pytest.raises(OutputExistsError):
            write(tmp_path / "o.csv")


def test_in_nnc_desktop_the_record_lies_where_nothing_is_listed(tmp_path):
    output = tmp_path / "plugins" / "a5ff1829-1c22-5291-a961-4c65955d0dca" / "influence" / "influence.csv"
    assert record_file("influence", output).parent == output.parent / "more_files"
