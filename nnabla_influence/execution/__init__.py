"""Independent jobs, run here, in local processes, or on a Dask cluster.

A *job* is a plain value, and a function of one job computes its *result* from nothing else: no global state, no order
among the jobs. So it does not matter who runs which job when, and the numbers are the same whatever the executor,
down to the bit on one CPU model. (Another model may add in another order; `cpu_model` tells them apart.)

`completed` is the only loop. Where it runs the jobs is an `Execution`, behind which stands one
`concurrent.futures.Executor`: serial in this process, a pool of spawned processes, or a Dask cluster's.
"""

from .cores import available_cores
from .execution import Execution
from .jobs import check_cluster, completed
from .machine import cpu_model, one_thread
from .said_once import said_once
from .shared_work import Rehearsal, SharedWork, end_if_unwanted

__all__ = [
    "Execution",
    "Rehearsal",
    "SharedWork",
    "available_cores",
    "check_cluster",
    "completed",
    "cpu_model",
    "end_if_unwanted",
    "one_thread",
    "said_once",
]
