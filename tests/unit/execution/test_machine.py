"""The CPU's name, and one thread for every job."""

import sys

import pytest
import threadpoolctl
from support import jobs

from nnabla_influence.execution import Execution, completed, cpu_model, machine

TWO = Execution(workers=2)


@pytest.mark.parametrize("execution", [Execution(), TWO], ids=["serial", "processes"])
def test_every_job_has_one_thread_and_afterwards_all_are_back(execution, monkeypatch):
    """The suite itself runs with one thread, so this process and the ones it starts are given two first."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "2")
    with threadpoolctl.threadpool_limits(2):
        before = jobs.threads(0)
        assert max(before) > 1, "this process is limited already; the test would prove nothing"
        assert [threads for _, threads in completed(jobs.threads, range(2), execution)] == [[1], [1]]
        assert jobs.threads(0) == before


@pytest.fixture
def without_threadpoolctl(monkeypatch):
    """As in Neural Network Console's Python."""
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    for found_before in (machine._thread_pools, machine._libraries):
        found_before.cache_clear()
    yield
    machine._libraries.cache_clear()


def test_threads_are_limited_without_threadpoolctl_too(without_threadpoolctl, caplog):
    with threadpoolctl.threadpool_limits(2):
        before = blas_threads()
        with machine.one_thread():
            assert blas_threads() == [1] * len(before)
        assert blas_threads() == before == [2, 2]
    assert "threadpoolctl" not in caplog.text


def test_threads_are_limited_where_threadpoolctl_cannot_read_the_names_of_mapped_files(monkeypatch, caplog):
    """As in a locale that knows ASCII only, with decoded data in a Japanese folder."""

    def search():
        b"/tmp/\xe4\xbd\x9c".decode("ascii")

    machine._thread_pools.cache_clear()
    with threadpoolctl.threadpool_limits(2):
        with monkeypatch.context() as patched:
            patched.setattr(threadpoolctl, "ThreadpoolController", search)
            with machine.one_thread():
                limited = len(machine._libraries()) and {library.number for library in machine._libraries()}
        assert limited == {1} and blas_threads() == [2, 2]
    assert "threadpoolctl" not in caplog.text


def test_what_raises_inside_leaves_no_limit_behind(without_threadpoolctl):
    with threadpoolctl.threadpool_limits(2):
        with pytest.raises(KeyError), machine.one_thread():
            raise KeyError
        assert blas_threads() == [2, 2]


def test_a_missing_thread_limit_is_said(without_threadpoolctl, monkeypatch, caplog):
    """Where NumPy uses the system's library."""
    monkeypatch.setattr(machine, "blas_libraries", lambda: [])
    assert list(completed(abs, [-1, -2])) == [(0, 1), (1, 2)]
    assert caplog.text.count("threadpoolctl is not installed") == 1


def blas_threads():
    return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]


def test_a_library_that_is_loaded_later_is_limited_too():
    """The first search is not the last word."""
    with machine.one_thread():
        known = machine._thread_pools(len(sys.modules))
    sys.modules["a_module_of_this_test"] = sys
    try:
        with machine.one_thread():
            assert machine._thread_pools(len(sys.modules)) is not known
    finally:
        del sys.modules["a_module_of_this_test"]


def test_the_cpu_has_a_name():
    assert cpu_model() and cpu_model() == cpu_model().strip()


@pytest.mark.parametrize(
    "text, name",
    [
        ("processor\t: 0\ncpu family\t: 6\nmodel\t\t: 106\nmodel name\t: Xeon X\n\nprocessor\t: 1\nmodel name: other\n",
         "Xeon X (family 6, model 106)"),
        ("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n", "aarch64 (implementer 0x41, part 0xd40)"),
        ("processor\t: 0\n", ""),
    ],
    ids=["x86", "arm", "unknown"],
)  # fmt: skip
def test_the_name_is_read_from_linux(tmp_path, monkeypatch, text, name):
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    (tmp_path / "cpuinfo").write_text(text, encoding="utf-8")
    assert machine._linux_model(tmp_path / "cpuinfo") == name
    assert machine._linux_model(tmp_path / "missing") == ""
