"""The parameters a training began with: drawn again, or kept before its first step.

A network states initializers, so its first parameters can be drawn again from a seed: the run's own, or the one the
network was made with. The passport holds a digest of what the run began with, which says whether that is so. If it is
not, the network was made in Python (values from elsewhere, perhaps no initializers) or went on from trained parameters,
and only parameters that the cache kept before step 0 are what it began with. Training keeps them then, whatever the
policy but ``final``.
"""

from __future__ import annotations

from typing import Optional

from ..errors import CheckpointMissingError, NetworkError
from ..network import Network
from ..remedies import remedy
from .cache import TrainingCache
from .checkpoint import Checkpoint
from .finished_training import FinishedTraining
from .run_passport import start_digest

__all__ = ["drawn_anew", "drawn_from", "kept_first", "redrawn"]


def redrawn(training: FinishedTraining) -> Optional[Network]:
    """Return the network as the run began with it, if drawing again gives that; None if not, or if nothing is known."""
    if not isinstance(training, TrainingCache):
        return None
    began = training.passport["network"]
    # The passport says the network's seed where it is neither the run's nor 0.
    return drawn_from(training.network, began["start"], training.config.seed, began.get("seed", 0))


def drawn_from(network: Network, start: str, *seeds: int) -> Optional[Network]:
    """Return the network drawn with the first of the seeds that gives the digest `start`; None if none does."""
    for seed in dict.fromkeys(seeds):
        drawn = drawn_anew(network, seed)
        if drawn is not None and start_digest(drawn) == start:
            return drawn
    return None


def drawn_anew(network: Network, seed: int) -> Optional[Network]:
    """Return the network with new parameters; None if it states no initializers, as one made in Python may not."""
    try:
        return network.initialized(seed)
    except NetworkError:
        return None


def kept_first(training: FinishedTraining) -> Checkpoint:
    """Return the state before the first step.

    Raises:
        CheckpointMissingError: It was not kept.
    """
    if isinstance(training, TrainingCache) and 0 in training.kept:
        return training.checkpoint(0)
    place = training.path if isinstance(training, TrainingCache) else training.network.path
    raise CheckpointMissingError(
        f"'{place}' (policy '{training.config.policy}') does not hold the parameters that its training began with, "
        "and no known seed draws them: the network was made in Python, or went on from trained parameters.",
        remedy("keep-first-parameters"),
    )
