"""The libraries that NumPy and SciPy bring, found without threadpoolctl and compared with what it finds."""

from pathlib import Path

import threadpoolctl

from nnabla_influence.execution import blas_threads
from nnabla_influence.execution.blas_threads import blas_libraries, one_blas_thread


def test_the_libraries_are_those_that_threadpoolctl_finds():
    found = {Path(library.library._name).resolve() for library in blas_libraries()}
    known = {Path(pool["filepath"]).resolve() for pool in threadpoolctl.threadpool_info()}
    assert found == {path for path in known if "openblas" in path.name}


def test_a_block_has_one_thread_and_afterwards_all_are_back():
    libraries = blas_libraries()
    with threadpoolctl.threadpool_limits(2):
        before = [library.number for library in libraries]
        with one_blas_thread(libraries):
            assert [library.number for library in libraries] == [1] * len(libraries)
        assert [library.number for library in libraries] == before == [2] * len(libraries)


def test_a_file_that_is_no_such_library_is_passed_over(tmp_path, monkeypatch):
    broken = tmp_path / "libopenblas.so"
    broken.write_bytes(b"no library")
    monkeypatch.setattr(blas_threads, "_files", lambda package: iter([broken]))
    assert blas_libraries() == []
