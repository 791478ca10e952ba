"""Small networks: the text of hand-written projects, to be broken on purpose, and graphs built in Python."""

import zipfile
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


@pytest.fixture
def values(shapes):
    random = np.random.RandomState(3)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture
def archive(tmp_path, text):
    """``archive(values)``: a results.nnp as NNabla lays it out."""

    def write(values, kind=".h5", network=None, name="results.nnp"):
        scope = OrderedDict()
        with nn.parameter_scope("", scope):
            for key, value in values.items():
                nn.parameter.set_parameter(key, nn.Variable.from_numpy_array(value))
            nn.save_parameters(str(tmp_path / f"parameter{kind}"))
        with zipfile.ZipFile(str(tmp_path / name), "w") as file:
            if network != "":
                file.writestr("network.nntxt", text() if network is None else network)
            file.write(str(tmp_path / f"parameter{kind}"), f"parameter{kind}")
        return tmp_path / name

    return write


@pytest.fixture
def shapes():
    """The parameters of the network of `text`."""
    return {
        "Affine/affine/W": (64, 16),
        "Affine/affine/b": (16,),
        "Affine_2/affine/W": (16, 4),
        "Affine_2/affine/b": (4,),
    }
