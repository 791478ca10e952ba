"""Fixtures of the whole suite.

Every test runs under `nnabla_untouched`: whatever is done, NNabla's global parameter scope, its default context and
its auto-forward mode are afterwards what they were before.

Two workers share two cores, so BLAS gets one thread in each of them and in every process that a test starts: threads
that wait for each other cost more than they bring. BLAS reads that when NumPy is imported, hence the first lines.
Nobody waits until the disk has what was written: only a power cut would show it, and no test cuts the power.
"""

import gc
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import nnabla as nn
import numpy as np
import pytest
from support.nnc_project import make_project, train_with_nnabla

os.fsync = os.fstat

ROOT_SCOPE = nn.parameter.get_current_parameter_scope()


def pytest_collection_finish():
    """Thousands of tests and all modules stay to the end, so garbage need not be looked for among them again."""
    gc.freeze()


@pytest.fixture(autouse=True)
def nnabla_untouched():
    """The package owns its state: nothing global changes."""
    before = _global_state()
    yield
    assert _global_state() == before, "NNabla's global state was changed"


@pytest.fixture(scope="session")
def trained_project(tmp_path_factory):
    """``trained_project(kind, **options)``: an NNC project trained by ``nnabla_cli``, made once per session."""
    made = {}

    def make(kind="affine", **options):
        key = (kind, tuple(sorted(options.items())))
        if key not in made:
            folder = tmp_path_factory.mktemp(kind)
            made[key] = train_with_nnabla(make_project(folder, kind, **options))
        return made[key]

    return make


def _global_state():
    context = nn.get_current_context()
    parameters = nn.get_parameters(grad_only=False)
    return (
        {name: (id(v), np.array(v.d).tobytes()) for name, v in parameters.items()},
        (list(context.backend), context.array_class, context.device_id),
        nn.get_auto_forward(),
        nn.parameter.get_current_parameter_scope() is ROOT_SCOPE,
    )
