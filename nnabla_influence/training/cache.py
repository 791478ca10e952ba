"""The noun *training cache*: one HDF5 file that can answer questions about a finished training.

It holds the parameters its policy kept, the network's structure as compressed text, and a passport: configuration,
fingerprints of data and network, library versions. Batch order, augmentation and dropout follow from the seed and are
not stored, so for the network of arXiv:2103.11807 policy ``final`` takes 1.24 MB. Everything is a data set with a
Fletcher32 checksum, and one SHA-256 over all of them is checked on opening. No pickle, no side files.

======================  =============================================================
``/passport``           JSON, UTF-8
``/network``            NNabla's protocol-buffer text, zlib
``/steps``              (n,) steps before which parameters were kept; T means final
``/parameters``         (n, P) float32
``/statistics``         (n, S) float32: running statistics and frozen weights
``/solver/NAME``        (n, P) float32: state of solvers that have one
``/records/margins``    (N,) float32, on request: mean logit margins
``/records/average``    (P,) float32, on request: mean parameters of the last epoch
``/checksum``           SHA-256 over all of the above
======================  =============================================================
"""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path
from types import MappingProxyType
from typing import Any, Dict, Mapping, Sequence, Union

import numpy as np

from ..archives.hdf5_datasets import is_hdf5, pack_datasets, read_datasets
from ..array import Array
from ..config import TrainingConfig
from ..dataset.dataset import Dataset
from ..errors import CacheMismatchError, CheckpointMissingError, CorruptFileError, DataError, RequestError
from ..files import write_bytes_atomic
from ..network import Network
from ..network.file_settings import with_solver_defaults
from ..remedies import remedy
from .checkpoint import Checkpoint
from .finished_training import FinishedTraining
from .step_plan import StepPlan

__all__ = ["FORMAT", "TrainingCache", "kept_steps", "write_cache"]

FORMAT = 1
RECORDS = "records"
STATED = {
    "network": ("path", "fingerprint"),
    "training_data": ("path", "fingerprint", "samples", "normalize", "image_size"),
}
"""What is asked of a passport about network and data."""

NEEDED = {"passport", "network", "steps", "parameters", "statistics", "checksum"}
MOST_TEXT = 1 << 28  # bytes; the text of a network of thousands of layers takes some millions
NO_CACHE = (LookupError, ValueError, TypeError, AttributeError, OverflowError, zlib.error, RequestError)
MISSING_RECORDS = {"margins": remedy("train-with-margins"), "average": remedy("train-with-average")}


class TrainingCache(FinishedTraining):
    """A training that was kept in a file; made by `train`, opened by `open`.

    Attributes:
        path: The file.
        identity: SHA-256 of its contents.
        passport: Configuration, fingerprints and versions of the run.
        config: The run's `TrainingConfig`.
        network: The network, holding the run's final parameters.
        plan: The run's steps.

    >>> import os, tempfile
    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Network, TrainingConfig, train
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.arange(4)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "cache.h5")
    ...     _ = train(Network.builtin("builtin:mlp", (4,), 4), data, TrainingConfig(epochs=2, batch_size=2), path)
    ...     cache = TrainingCache.open(path)
    >>> cache  # doctest: +ELLIPSIS
    TrainingCache('...cache.h5', policy last-epoch, 4 samples, 2 epochs, 4,740 parameters before steps 2, 4)
    >>> cache.checkpoint(2).theta.shape  # before the last epoch
    (4740,)
    """

    def __init__(self, path: Path, datasets: Mapping[str, Array], identity: str) -> None:
        self.path = path
        self.identity = identity
        self.passport: Dict[str, Any] = json.loads(datasets["passport"].tobytes().decode("utf-8"))
        _check_stated(self.passport)
        # Stated in full, also where an earlier version left NNabla's own numbers out.
        self.config = with_solver_defaults(TrainingConfig.from_dict(self.passport["config"]))
        self.passport["config"]["solver"]["parameters"] = dict(self.config.solver.parameters)
        self.plan = StepPlan(self.config, self.passport["training_data"]["samples"])
        self._steps = datasets["steps"]
        if self.kept[-1] != self.plan.steps:
            raise CacheMismatchError(
                f"'{path}' has {self.kept[-1]:,} steps where this version counts {self.plan.steps:,}: it was trained "
                "by a version that cut an update short at the end of an epoch.",
                remedy("train-again"),
            )
        self._datasets = datasets
        text = _network_text(datasets)
        final = self.final
        self.network = Network.from_values(text, final.theta, final.statistics, self.passport["network"]["path"])

    @classmethod
    def open(cls, path: Union[str, Path]) -> TrainingCache:
        """Open and verify a cache.

        Raises:
            DataError: No such file, or not a training cache.
            CorruptFileError: The contents do not match their checksum, or some are not finite.
        """
        path = Path(path)
        if not path.is_file():
            raise DataError(f"Training cache '{path}' does not exist.", remedy("make-a-cache"))
        if not is_hdf5(path):
            raise DataError(f"'{path}' is not a training cache: it is not an HDF5 file.")
        try:
            datasets = read_datasets(path)
        except CorruptFileError as error:
            raise CorruptFileError(
                f"Training cache '{path}' cannot be read ({error}); it is damaged.", remedy("train-again")
            ) from error
        missing = sorted(NEEDED - set(datasets))
        if 2 * len(missing) > len(NEEDED):
            raise DataError(f"'{path}' is an HDF5 file but not a training cache of this package.")
        if missing:  # some versions of HDF5 leave out what they cannot read, without a word
            raise CorruptFileError(
                f"Training cache '{path}' lacks {', '.join(missing)}; it is damaged.", remedy("train-again")
            )
        checksum = bytes(datasets.pop("checksum"))
        if checksum != _checksum(datasets):
            raise CorruptFileError(
                f"Training cache '{path}' does not match its SHA-256; it was damaged or changed.",
                remedy("train-again"),
            )
        try:
            _refuse_not_finite(path, datasets)
            return cls(path, datasets, checksum.hex())
        except CacheMismatchError:
            raise
        except NO_CACHE as error:  # a checksum is no proof of who wrote it
            raise CorruptFileError(
                f"Training cache '{path}' does not hold what belongs into one ({type(error).__name__}: {error}).",
                remedy("train-again"),
            ) from error

    def __repr__(self) -> str:
        samples = self.plan.batches.samples
        run = f"policy {self.config.policy}, {samples} samples, {self.config.epochs} epochs"
        kept = f"{self.network.space.size:,} parameters before steps {_shortened(self.kept)}"
        return f"TrainingCache('{self.path}', {run}, {kept})"

    @property
    def final(self) -> Checkpoint:
        """The state after the last step."""
        return self.checkpoint(int(self._steps[-1]))

    @property
    def kept(self) -> Sequence[int]:
        """Steps before which the state was kept."""
        return [int(step) for step in self._steps]

    def checkpoint(self, step: int) -> Checkpoint:
        """Return the state before a step; `plan.steps` means after the last one.

        Raises:
            CheckpointMissingError: The policy did not keep it.
        """
        rows = np.flatnonzero(self._steps == step)
        if not len(rows):
            raise CheckpointMissingError(
                f"'{self.path}' was trained with policy '{self.config.policy}', which does not keep the parameters "
                f"before step {step} (kept: {_shortened(self.kept)}).",
                remedy("train-with-policy", policy="every-step"),
            )
        return _checkpoint(self._datasets, int(rows[0]))

    def record(self, name: str) -> Array:
        """Return what training noted down in passing: ``margins`` (N,) or ``average`` (P,).

        Raises:
            CheckpointMissingError: It was not asked to.
        """
        if f"{RECORDS}/{name}" not in self._datasets:
            # What is missing goes by another name at each door, so the whole predicate is the remedy's.
            raise CheckpointMissingError(f"'{self.path}'", MISSING_RECORDS[name])
        return self._datasets[f"{RECORDS}/{name}"]

    def check_data(self, dataset: Dataset) -> None:
        """Refuse training data other than what the run was trained on.

        Raises:
            CacheMismatchError: The fingerprints differ; both are shown.
        """
        ours = self.passport["training_data"]
        if ours["fingerprint"] != dataset.fingerprint:
            raise CacheMismatchError(
                f"'{self.path}' was trained on other data: {ours['path']} ({ours['samples']} rows, fingerprint "
                f"{ours['fingerprint'][:16]}...); {dataset.path} has {len(dataset)} rows, fingerprint "
                f"{dataset.fingerprint[:16]}.... Score the data it was trained on, or train again."
            )


def kept_steps(training: FinishedTraining, method: str, policy: str) -> TrainingCache:
    """Return the training as one that kept parameters of its steps.

    Args:
        training: Any finished training.
        method: Who asks, for the message.
        policy: The least cache policy that keeps what the method needs.

    Raises:
        CheckpointMissingError: It is a trained network file, which holds the final parameters only.
    """
    if not isinstance(training, TrainingCache):
        raise CheckpointMissingError(
            f"Method {method} follows the steps of a training, but '{training.network.path}' is a trained network file "
            "and holds its final parameters only.",
            remedy("train-for-steps", policy=policy),
        )
    return training


def write_cache(
    path: Path,
    passport: Mapping[str, Any],
    network: Network,
    checkpoints: Sequence[Checkpoint],
    records: Mapping[str, Array] = MappingProxyType({}),
) -> None:
    """Write a cache in one go; the file appears whole or not at all.

    Args:
        path: The file.
        passport: See `run_passport.run_passport`.
        network: Its structure is stored; its values are not.
        checkpoints: What the policy keeps, in order; the last one is final.
        records: Arrays by name, see `records.Records`.

    Raises:
        CorruptFileError: A number is not finite.
    """
    datasets: Dict[str, Array] = {
        "passport": _bytes(json.dumps(passport, sort_keys=True).encode("utf-8")),
        "network": _bytes(zlib.compress(network.text.encode("utf-8"), 9)),
        "steps": np.array([c.step for c in checkpoints], np.int64),
        "parameters": np.stack([c.theta for c in checkpoints]).astype(np.float32),
        "statistics": np.stack([c.statistics for c in checkpoints]).astype(np.float32),
    }
    for name in checkpoints[0].solver:
        datasets[f"solver/{name}"] = np.stack([c.solver[name] for c in checkpoints]).astype(np.float32)
    datasets.update({f"{RECORDS}/{name}": array for name, array in records.items()})
    _refuse_not_finite(path, datasets)
    checksum = _bytes(_checksum(datasets))
    write_bytes_atomic(path, pack_datasets({**datasets, "checksum": checksum}))


def _checkpoint(datasets: Mapping[str, Array], row: int) -> Checkpoint:
    """Return the state of a row."""
    solver = {name.split("/", 1)[1]: array[row] for name, array in datasets.items() if name.startswith("solver/")}
    return Checkpoint(int(datasets["steps"][row]), datasets["parameters"][row], datasets["statistics"][row], solver)


def _check_stated(passport: Mapping[str, Any]) -> None:
    """Read what others will ask the passport for: what is missing, or of another kind, shows when it is opened."""
    for loss in passport["training_loss"]:
        format(loss, ".4g")
    passport["versions"].items()
    tuple(passport["training_data"]["image_size"] or ())
    for group, names in STATED.items():
        for name in names:
            passport[group][name]
        passport[group]["fingerprint"].encode()


def _refuse_not_finite(path: Path, datasets: Mapping[str, Array]) -> None:
    """Refuse the contents of a cache that hold NaN or infinite numbers: whatever is computed from them is wrong.

    Raises:
        CorruptFileError: Some are; the first is named.
    """
    broken = [name for name, array in datasets.items() if array.dtype.kind == "f" and not np.isfinite(array).all()]
    if not broken:
        return
    where = next((_record_not_finite(name, datasets[name]) for name in broken if name.startswith(f"{RECORDS}/")), "")
    if not all(name.startswith(f"{RECORDS}/") for name in broken):
        where = _state_not_finite(datasets)
    raise CorruptFileError(f"Training cache '{path}': {where}.", remedy("train-again"))


def _network_text(datasets: Mapping[str, Array]) -> str:
    """Return the network's text, unpacked no further than text packs.

    Raises:
        ValueError: It claims to be longer.
    """
    packed = datasets["network"].tobytes()
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(packed, MOST_TEXT)
    if unpacking.unconsumed_tail:
        raise ValueError(f"expected a network of at most {MOST_TEXT:,} bytes of text, got more")
    return text.decode("utf-8")


def _record_not_finite(name: str, values: Array) -> str:
    rows = np.flatnonzero(~np.isfinite(values))
    return f"{name}: {len(rows)} of {len(values):,} numbers are not finite, the first at {rows[0]}"


def _state_not_finite(datasets: Mapping[str, Array]) -> str:
    """Name the first parameter that is not finite; the network that knows the names is made for this alone."""
    text = _network_text(datasets)
    states = [_checkpoint(datasets, row) for row in range(len(datasets["steps"]))]
    network = Network.from_values(text, np.zeros_like(states[0].theta), np.zeros_like(states[0].statistics))
    broken_states = ((state.step, state.not_finite(network.space, network.statistics)) for state in states)
    return next(f"before step {step}, {broken}" for step, broken in broken_states if broken)


def _checksum(datasets: Mapping[str, Array]) -> bytes:
    digest = hashlib.sha256()
    for name in sorted(datasets):
        array = np.ascontiguousarray(datasets[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.digest()


def _bytes(data: bytes) -> Array:
    return np.frombuffer(data, np.uint8)


def _shortened(steps: Sequence[int]) -> str:
    return ", ".join(map(str, steps)) if len(steps) <= 6 else f"{steps[0]}, {steps[1]}, ... {steps[-1]}"
