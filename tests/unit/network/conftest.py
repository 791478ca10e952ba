"""Small networks: the text of hand-written projects, to be broken on purpose, and graphs built in Python."""

from collections import OrderedDict
from pathlib import Path

import nnabla as nn
import numpy as np
import pytest
from support.nnc_project import Project, Settings, network_text

from nnabla_influence.network import Network


@pytest.fixture
def text():
    """``text(kind, **options)``: what Neural Network Console would write into net.nntxt."""
    return lambda kind="affine", **options: network_text(Project(Path("/project"), Settings(kind=kind, **options)))


@pytest.fixture
def from_python():
    """``from_python(build, x=(...), y=(...))``: a network of ``build(x, y)``, weights drawn with a seed."""

    def make(build, x=(3,), y=(1,), **options):
        scope = OrderedDict()
        nn.random.prng, before = np.random.RandomState(1), nn.random.prng
        try:
            with nn.parameter_scope("", scope), nn.auto_forward(False):
                inputs = {"x": nn.Variable((2,) + x), "y": nn.Variable((2,) + y)}
                return Network.from_loss(build(**inputs), inputs, scope, **options)
        finally:
            nn.random.prng = before

    return make


@pytest.fixture
def batch():
    """Five samples of three numbers, and a class or a value."""
    random = np.random.RandomState(0)
    return {"x": random.normal(size=(5, 3)).astype(np.float32), "y": random.randint(2, size=(5, 1)).astype(np.float32)}
