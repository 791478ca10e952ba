"""The plugin *Train with influence cache*: trains a project exactly as NNC does, and keeps the influence cache.

"Exactly" means: the project's solver, schedule, epochs, batch size, data and shuffling; NNabla's own first parameters
and its own data iterator, wrap-around included; the same monitors on the same batches; and in ``results.nnp`` the
parameters of the epoch with the lowest validation error, or of the last one, as the project asks. Without random layers
the result is that of ``nnabla_cli train`` up to rounding. With a seed it is our own training: first parameters drawn by
the seed, and every sample once an epoch.

While it runs, ``monitoring_report.yml`` grows by an epoch at a time, which is what NNC draws its curve from. The other
files appear at the end. An interrupted training leaves the folder ``influence_cache.h5.partial``, from which the same
training goes on.
"""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Dict, List, Optional

from ...config import IteratorConfig, TrainingConfig
from ...dataset.dataset import Dataset
from ...device import Device
from ...errors import CacheMismatchError, ConfigError, UnsupportedError
from ...files import replaceable, write_text_atomic
from ...interrupts import resumable
from ...messenger import Messenger
from ...network import DatasetSetting, Network, dataset_sections, write_archive
from ...remedies import remedy
from ...resume import PartialFolder, discard, has_progress, partial_folder, working_on
from ...training import Hooks, Monitors, TrainingCache, nnabla_iterator, run_passport, train
from ...training.nnabla_cli.learning_curve import LearningCurve
from ...training.update_rules import rule
from ...workflow.data_reading import ReadingSettings, own_data, read_data
from ...workflow.training_overrides import TrainingOverrides, log_solver, training_config
from ..host.fields import Fields
from .result_folder import CACHE, device_of

__all__ = ["CachedTrainingRequest", "run"]

LOGGER = logging.getLogger("nnabla_influence")


@dataclasses.dataclass(frozen=True)
class CachedTrainingRequest:
    """What the fields ask for.

    Args:
        project: The project's file.
        folder: The folder of the result.
        resume: Go on with an interrupted training, and refuse to begin another one.
        seed: Draws first parameters and batches; None: as NNC draws them.
    """

    project: Path
    folder: Path
    resume: bool
    seed: Optional[int]


def run(fields: Fields, console: Messenger) -> None:
    """Train.

    Args:
        fields: ``config``, ``output_dir``, ``resume`` and ``seed``.
        console: Where progress is said.

    Raises:
        KeyboardInterrupt: Interrupted; the message says how to go on.
        InfluenceError: The project cannot be trained, or its training diverged.
    """
    request = CachedTrainingRequest(
        fields.path("config"), fields.path("output_dir"), fields.ticked("resume"), fields.number("seed")
    )
    _start(request, console)


def _start(request: CachedTrainingRequest, console: Messenger) -> None:
    """Read project and data, and train."""
    seed = request.seed or 0
    network = Network.load(request.project, seed)
    if network.trained:  # NNC trains from new parameters whatever the file holds
        network = network.initialized(seed)
    _check_sections(network)
    rule(network.settings.solver)  # refuses a solver whose steps could not be scored
    config = training_config(TrainingOverrides(), network, seed)
    data = _read_data(network, console)
    train_on = data[network.proto.optimizer[0].dataset_name[0]]
    network.check_data(train_on)
    if request.seed is None:
        config = dataclasses.replace(config, iterator=_iterator(network, data))
    _log(network, config, request.seed)
    _train(_Run(network, config, data, train_on, request.folder), request.resume, console)


@dataclasses.dataclass(frozen=True)
class _Run:
    """Everything that is trained, and the folder of the result."""

    network: Network
    config: TrainingConfig
    data: Dict[str, Dataset]
    train_on: Dataset
    folder: Path

    @property
    def target(self) -> Path:
        """The influence cache to write."""
        return self.folder / CACHE


def _train(job: _Run, resume: bool, console: Messenger) -> None:
    """Train and write the result."""
    with working_on(job.target):
        _train_alone(job, resume, console)


def _train_alone(job: _Run, resume: bool, console: Messenger) -> None:
    """Train and write the result, with nobody else at work on it."""
    device = Device(device_of(job.network))
    monitors = Monitors(job.network, job.data, job.config, device)
    curve = LearningCurve(job.folder, job.network, monitors, _progress_so_far(job, resume))
    if replaceable(job.target).exists():  # an old result is replaced
        job.target.unlink()
    finished = False
    kept = f"its progress is in '{partial_folder(job.target)}'."
    try:
        with resumable(kept, remedy("go-on-training")):
            with console.progress("training", "steps") as progress:
                hooks = Hooks(curve.watching(progress), curve)
                cache = train(job.network, job.train_on, job.config, job.target, device=device, hooks=hooks)
            _write_result(job, curve, cache)
        finished = True
    finally:
        if not finished:
            curve.remove()


def _progress_so_far(job: _Run, resume: bool) -> PartialFolder:
    """Return the folder of the unfinished training; one that another training left is refused, or cleared."""
    passport = run_passport(job.network, job.train_on, job.config)
    folder = partial_folder(job.target)
    has_begun = has_progress(job.target)
    if resume and not has_begun:
        LOGGER.info("there is no interrupted training in %s; starting at the beginning", job.folder)
    elif has_begun:
        LOGGER.info("found an interrupted training in %s", folder)
    try:
        return PartialFolder(job.target, passport)
    except CacheMismatchError as error:
        if resume:
            raise CacheMismatchError(
                f"'{folder}' holds an interrupted training of another project, other data or other settings. Delete "
                "it, or train without resuming."
            ) from error
        LOGGER.info("it belongs to another training and is removed")
        discard(job.target)
        return PartialFolder(job.target, passport)


def _write_result(job: _Run, curve: LearningCurve, cache: TrainingCache) -> None:
    """Write ``results.nnp`` and ``results.nntxt``, and say what is where."""
    network = job.network
    best = curve.best
    values = {**network.space.unflatten(best.theta), **network.statistics.unflatten(best.statistics)}
    text = Path(network.path).read_text(encoding="utf-8-sig") if _is_text(network.path) else network.text
    write_text_atomic(job.folder / "results.nntxt", text)
    write_archive(job.folder / "results.nnp", text, {name: values[name] for name in network.parameter_names})
    curve.finish()
    LOGGER.info("results.nnp: the parameters after epoch %d of %d", curve.best_epoch + 1, job.config.epochs)
    LOGGER.info("%s: the parameters at start and end of the last epoch, and their mean over its steps", cache.path.name)


def _is_text(path: str) -> bool:
    return Path(path).suffix.lower() in (".nntxt", ".prototxt")


def _check_sections(network: Network) -> None:
    """Refuse what NNabla's training can do and this plugin cannot, by name.

    Raises:
        UnsupportedError: Several data sets for one optimizer, or an optimizer that is not always at work.
        ConfigError: The project trains for no step.
    """
    optimizer = network.proto.optimizer[0]
    wanted = network.proto.training_config
    if len(optimizer.dataset_name) != 1:
        raise UnsupportedError(
            f"Optimizer '{optimizer.name}' of '{network.path}' reads {len(optimizer.dataset_name)} data sets "
            f"({', '.join(optimizer.dataset_name)}); this plugin trains on one. Put their columns into one CSV."
        )
    if optimizer.start_iter > 1 or optimizer.end_iter:
        raise UnsupportedError(
            f"Optimizer '{optimizer.name}' of '{network.path}' works from iteration {optimizer.start_iter} to "
            f"{optimizer.end_iter} only; this plugin trains from the first to the last one."
        )
    if wanted.max_epoch < 1 or wanted.iter_per_epoch < 1:
        raise ConfigError(
            f"'{network.path}' trains for {wanted.max_epoch} epochs of {wanted.iter_per_epoch} batches. Set Max Epoch "
            "to 1 or more."
        )


def _read_data(network: Network, console: Messenger) -> Dict[str, Dataset]:
    """Read every data set that training or a monitor reads, by the name of its section."""
    proto = network.proto
    trained = list(proto.optimizer[0].dataset_name)
    names = list(dict.fromkeys([*trained, *(name for monitor in proto.monitor for name in monitor.dataset_name)]))
    data = {}
    for name, section in _sections(network, names).items():
        path = own_data(section.uri, network.path, "train" if name in trained else "validation")
        data[name] = read_data(path, ReadingSettings(), console, [section])
    return data


def _sections(network: Network, names: List[str]) -> Dict[str, DatasetSetting]:
    """Return the settings of data-set sections.

    Raises:
        ConfigError: A section is missing, or states no file.
    """
    stated = dataset_sections(network.proto, network.path)
    for name in names:
        if name not in stated or not stated[name].uri.strip():
            raise ConfigError(f"'{network.path}': data set '{name}' states no CSV. Choose one in the Dataset tab.")
    return {name: stated[name] for name in names}


def _iterator(network: Network, data: Dict[str, Dataset]) -> IteratorConfig:
    """Return the settings of NNabla's iterator on the training data."""
    iterations = network.settings.iterations_per_epoch
    return nnabla_iterator(network.proto, network.proto.optimizer[0].dataset_name[0], data, iterations)


def _log(network: Network, config: TrainingConfig, seed: Optional[int]) -> None:
    LOGGER.info("network: %s, %d trainable numbers", network.path, network.space.size)
    log_solver(config)
    how = "as NNC draws them" if seed is None else f"by seed {seed}, every sample once an epoch"
    LOGGER.info("first parameters and batches: %s", how)
