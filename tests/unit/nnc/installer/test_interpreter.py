"""Which libraries NNC's Python lacks, and which plugin misses them."""

import sys
from pathlib import Path

from nnabla_influence.nnc.installer.interpreter import Interpreter, find_interpreter, missing_libraries


def test_a_python_says_what_it_lacks():
    found = find_interpreter([Path("/no/such/python"), Path(__file__), Path(sys.executable)])
    assert found is not None and found.path == Path(sys.executable)
    assert found.version == sys.version_info[:2] and "nnabla" not in found.missing


def test_no_python_is_no_answer():
    assert find_interpreter([]) is None and find_interpreter([Path(__file__)]) is None


def test_every_missing_library_is_explained():
    lines = missing_libraries(Interpreter(Path("python"), (3, 6), ("nnabla", "matplotlib")))
    assert lines == [
        "it is Python 3.6; the plugins need 3.8 or newer",
        "it lacks nnabla, which is needed by: every plugin",
        "it lacks matplotlib, which is needed by: Why this result?, Why this result? By row number, Influence report, "
        "Removal curve",
    ]
    assert missing_libraries(Interpreter(Path("python"), (3, 8), ())) == []


def test_a_program_is_known_among_several_by_a_library_it_has(tmp_path):
    here = Path(sys.executable)
    nobody = tmp_path / "python"
    assert find_interpreter([nobody, here], known_by=("json",)).path == here
    assert find_interpreter([nobody, here], known_by=("no_such_library",)) is None
    assert "json" not in find_interpreter([here], known_by=("json",)).missing
