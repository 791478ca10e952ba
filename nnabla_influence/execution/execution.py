"""The noun *execution*: where independent jobs run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlsplit

from ..errors import ConfigError

__all__ = ["Execution"]

SCHEMES = ("tcp", "tls")


@dataclass(frozen=True)
class Execution:
    """A place for jobs: this process, processes of this machine, or a cluster.

    Example:
        >>> Execution().elsewhere, Execution(workers=4).elsewhere
        (False, True)

    Args:
        workers: 1 runs the jobs one after the other in this process, n > 1 in n processes of this machine.
        scheduler: Address of a Dask scheduler, e.g. ``tcp://host:8786``, whose workers run the jobs instead.

    Raises:
        ConfigError: No worker, a malformed address, or both local workers and a scheduler.
    """

    workers: int = 1
    scheduler: Optional[str] = None

    def __post_init__(self) -> None:
        if not isinstance(self.workers, int) or self.workers < 1:
            raise ConfigError(f"Workers should be a whole number of at least 1, not {self.workers!r}.")
        if self.scheduler is None:
            return
        if not _is_address(self.scheduler):
            raise ConfigError(
                f"The scheduler's address should look like tcp://host:8786, not '{self.scheduler}'. "
                "The scheduler prints its address when it starts."
            )
        if self.workers > 1:
            raise ConfigError(
                f"{self.workers} workers and a scheduler were given: workers are processes of this machine, a cluster "
                "brings its own (dask worker ADDRESS --nworkers N --nthreads 1). Give one of the two."
            )

    @property
    def elsewhere(self) -> bool:
        """True if jobs run in other processes."""
        return self.workers > 1 or self.scheduler is not None


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in SCHEMES and bool(parts.hostname) and bool(parts.port) and not parts.path
    except ValueError:  # a port that is no number, or brackets that do not match
        return False
