"""How many cores this process may use: those of the machine, unless the system or a container allows fewer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List, Optional

__all__ = ["available_cores"]

CGROUP = Path("/sys/fs/cgroup")


def available_cores(cgroup: Path = CGROUP) -> int:
    """Return the number of cores that are at this process's disposal; at least 1.

    Args:
        cgroup: Where the limits of a container are to be read.

    >>> available_cores() >= 1
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = _container_share(cgroup)
    return cores if share is None else max(1, min(cores, int(share)))


def _container_share(cgroup: Path) -> Optional[float]:
    """Return how many cores' time a control group (version 2, else version 1) grants; None without a limit."""
    newer = _numbers(cgroup / "cpu.max")
    quota, period = newer if len(newer) == 2 else ["", ""]
    if not newer:
        quota, period = ("".join(_numbers(cgroup / "cpu" / f"cpu.cfs_{name}_us")) for name in ("quota", "period"))
    limited = quota.isdecimal() and period.isdecimal() and int(period) > 0  # else "max", or -1
    return int(quota) / int(period) if limited else None


def _numbers(file: Path) -> List[str]:
    try:
        return file.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return []
