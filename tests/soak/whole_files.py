"""Valid files, made once: what is damaged."""

import contextlib
import functools
import hashlib
import io
import json
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image


def _packed_png():
    stream = io.BytesIO()
    Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4)).save(stream, "PNG")
    return stream.getvalue()


def _packed_npy():
    stream = io.BytesIO()
    np.save(stream, np.arange(4, dtype=np.float32))
    return stream.getvalue()


PNG = _packed_png()
NPY = _packed_npy()


@functools.lru_cache(maxsize=None)
def networks():
    """Return a network of every built-in kind, and one of an NNC project."""
    from support.nnc_project import make_project

    from nnabla_influence.network import Network

    found = [Network.builtin("builtin:mlp", (4,), 3), Network.builtin("builtin:cnn", (1, 8, 8), 2)]
    with tempfile.TemporaryDirectory() as folder:
        found.append(Network.load(make_project(Path(folder), "affine").nntxt))
    return found


@functools.lru_cache(maxsize=None)
def network_texts():
    """Return their texts; that of the project holds optimizer, data sets and monitors too."""
    from support.nnc_project import make_project

    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder), "affine").nntxt.read_text(encoding="utf-8")
    return [*(network.text for network in networks()[:2]), project]


@functools.lru_cache(maxsize=None)
def archives():
    """Return them as ``.nnp``."""
    from nnabla_influence.network.nnp import write_archive

    made = []
    with tempfile.TemporaryDirectory() as folder:
        for network, text in zip(networks(), network_texts()):
            path = Path(folder) / "n.nnp"
            values = {
                **network.space.unflatten(network.theta),
                **network.statistics.unflatten(network.statistics_values),
            }
            write_archive(path, text, values)
            made.append(path.read_bytes())
    return made


def _data():
    from nnabla_influence.dataset.dataset import Dataset

    random = np.random.RandomState(0)
    return Dataset.from_arrays({"x": random.normal(size=(8, 4)), "y": np.arange(8) % 3})


def train_small(target, policy="last-epoch", stop=None):
    """Train a very small network into a cache; `stop` says after how many steps it is interrupted."""
    from nnabla_influence.config import TrainingConfig
    from nnabla_influence.training import train
    from nnabla_influence.training.train import Hooks

    def progress(done, total):
        if stop is not None and done >= stop:
            raise KeyboardInterrupt

    config = TrainingConfig(epochs=2, batch_size=4, policy=policy)
    train(networks()[0], _data(), config, target, hooks=Hooks(progress=progress))
    return target


@functools.lru_cache(maxsize=None)
def caches():
    """Return a cache of every kind of policy."""
    with tempfile.TemporaryDirectory() as folder:
        return [train_small(Path(folder) / f"{p}.h5", p).read_bytes() for p in ("final", "last-epoch", "every-step")]


@functools.lru_cache(maxsize=None)
def cache_contents():
    """Return what is in them, as the target reads it."""
    from soak.targets import _read_cache

    contents = []
    for data in caches():
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "c.h5").write_bytes(data)
            contents.append(_read_cache(Path(folder), ()))
    return contents


@functools.lru_cache(maxsize=None)
def trained_bytes():
    """Return the cache that the interrupted training would have written."""
    return caches()[1]


@functools.lru_cache(maxsize=None)
def progress():
    """Return the files that an interrupted training leaves."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "c.h5"
        with contextlib.suppress(KeyboardInterrupt):
            train_small(target, stop=3)
        left = Path(folder) / "c.h5.partial"
        return {path.name: path.read_bytes() for path in left.iterdir() if path.name != "lock.json"}


def influence_passport(text, rows):
    """Return the passport of an influence CSV."""
    note = {"format": "influence CSV, 1", "rows": rows, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    return json.dumps({**note, "method": "loss", "seed": 0, "versions": {}}, indent=1).encode()
