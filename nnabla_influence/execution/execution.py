"""The noun *execution*: where independent jobs run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlsplit

from ..errors import ConfigError
from .cores import available_cores

__all__ = ["Execution"]

SCHEMES = ("tcp", "tls")


@dataclass(frozen=True)
class Execution:
    """A place for jobs: this process, processes of this machine, or a cluster.

    Example:
        >>> Execution().elsewhere, Execution(workers=4).elsewhere
        (False, True)
        >>> Execution.all_cores().workers >= 1
        True

    Args:
        workers: 1 runs the jobs one after the other in this process, n > 1 in n processes of this machine; this one is
            among them where work is shared in pieces (see `shared_work`).
        scheduler: Address of a Dask scheduler, e.g. ``tcp://host:8786``, whose workers run the jobs instead.
        from_start: Whether processes are started at once; else only where the work is known to take longer than
            starting them, if it can be shared in pieces.

    Raises:
        ConfigError: No worker, a malformed address, or both local workers and a scheduler.
    """

    workers: int = 1
    scheduler: Optional[str] = None
    from_start: bool = True

    @classmethod
    def all_cores(cls) -> Execution:
        """Return one process for every core, once that pays."""
        return cls(available_cores(), from_start=False)

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
    def local(self) -> Execution:
        """The same without a cluster: what has to be done on this machine."""
        return self if self.scheduler is None else Execution()

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
