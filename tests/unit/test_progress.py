"""Who keeps progress: the folder beside a target is a store of the numerics."""

import numpy as np

from nnabla_influence.progress import ProgressStore
from nnabla_influence.resume import PartialFolder


def kept(store: ProgressStore):
    store.save("a", {"x": np.arange(3)})
    return store.load("a")


def test_a_partial_folder_is_a_progress_store(tmp_path):
    store = PartialFolder(tmp_path / "target", {})
    assert store.load("a") is None
    assert np.array_equal(kept(store)["x"], np.arange(3))
    assert all(hasattr(store, name) for name in vars(ProgressStore) if not name.startswith("_"))
