"""Cores at this process's disposal, and what a container grants."""

import os

import pytest

from nnabla_influence.execution import Execution, available_cores, cores


@pytest.fixture
def eight(monkeypatch):
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda process: set(range(8)), raising=False)


def limits(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("cpu_max", "cpu.max").replace("cfs", "cpu.cfs")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="ascii")
    return folder


@pytest.mark.parametrize(
    "files, expected",
    [
        ({}, 8),
        ({"cpu_max": "max 100000"}, 8),
        ({"cpu_max": "250000 100000"}, 2),
        ({"cpu_max": "50000 100000"}, 1),
        ({"cpu_max": "6400000 100000"}, 8),
        ({"cpu_max": "?"}, 8),
        ({"cpu__cfs_quota_us": "300000\n", "cpu__cfs_period_us": "100000\n"}, 3),
        ({"cpu__cfs_quota_us": "-1\n", "cpu__cfs_period_us": "100000\n"}, 8),
    ],
    ids=str,
)
def test_a_container_may_grant_fewer(eight, tmp_path, files, expected):
    assert available_cores(limits(tmp_path, **files)) == expected


def test_where_the_system_knows_no_affinity_all_cores_count(monkeypatch, tmp_path):
    monkeypatch.delattr(cores.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert available_cores(tmp_path) == 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_cores(tmp_path) == 1


def test_all_cores_are_used_where_that_pays():
    assert Execution.all_cores() == Execution(available_cores(), from_start=False)
