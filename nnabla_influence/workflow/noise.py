"""The job *noise*: writes a data set with wrong labels on purpose, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..choices import NOISE_KINDS
from ..dataset.csv import Table
from ..dataset.noise import NoisyLabels, write_noisy
from ..errors import ConfigError
from ..files import FilePath, refuse_existing, refuse_overwriting
from .request_checks import require_choice, require_whole

__all__ = ["NoiseRequest", "add_noise"]


@dataclass(frozen=True)
class NoiseRequest:
    """Which labels are flipped, and where the result goes.

    Args:
        train: The clean data set.
        rate: The share of labels to flip, from 0 to 1.
        output: The noisy CSV to write.
        truth: The CSV to write that says which labels were flipped; `CompareRequest` reads it.
        kind: One of `choices.NOISE_KINDS`.
        label: The variable with the class numbers.
        seed: The same seed flips the same labels.
        overwrite: Replace files that are there.

    Raises:
        ConfigError: A value is impossible.

    Example:
        >>> NoiseRequest("training.csv", 0.1, "noisy.csv", "truth.csv").kind
        'symmetric'
    """

    train: FilePath
    rate: float
    output: FilePath
    truth: FilePath
    kind: str = NOISE_KINDS[0]
    label: str = "y"
    seed: int = 0
    overwrite: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ConfigError(f"Expected a noise rate from 0 to 1, got {self.rate!r}. For ten percent say 0.1.")
        require_choice("kind", self.kind, NOISE_KINDS)
        require_whole("seed", self.seed, 0)


def add_noise(request: NoiseRequest) -> NoisyLabels:
    """Write the noisy data set and the truth.

    Returns:
        The labels before and after.

    Raises:
        DataError: The data set is broken or has no such label column.
        OutputExistsError: An output exists and may not be replaced, is the data set itself, or both are the same file.
    """
    outputs = [Path(request.output), Path(request.truth)]
    refuse_overwriting(outputs, [request.train])
    refuse_existing(outputs, request.overwrite)
    table = Table.read(request.train)
    return write_noisy(table, request.label, request.rate, request.kind, request.seed, request.output, request.truth)
