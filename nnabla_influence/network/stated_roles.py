"""What a network file does not say and somebody states: its loss, what its inputs read, where its values lie.

``nnabla.utils.save.save`` writes a network without the optimizer section of a training project, so nothing in the file
says which variable is the loss and which column of a data set feeds an input. Old result folders keep the parameters
beside the network, in ``parameters.h5``.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Optional, Union

from ..errors import NetworkError
from ..remedies import remedy
from ..similar_names import did_you_mean
from .file_from_loss import write_sections
from .loss_role import MEAN, loss_variables, producers_of, sources_of
from .nnp import NetworkFile, NNablaMessage, read_parameters

__all__ = ["StatedRoles"]

LOGGER = logging.getLogger("nnabla_influence")
BESIDE = ("parameters.h5", "parameter.h5")


@dataclass(frozen=True)
class StatedRoles:
    """What somebody says about a network file.

    Args:
        inputs: The column of the data set that feeds each input variable of the loss.
        loss: The loss variable: one value per sample, or the mean of these.
        parameters: The file of the parameter values.

    Example:
        >>> StatedRoles({"features": "x", "target": "y"}, "loss").inputs["target"]
        'y'
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    loss: Optional[str] = None
    parameters: Union[str, Path, None] = None

    @property
    def states_roles(self) -> bool:
        """Whether anything is said about loss and inputs."""
        return bool(self.inputs) or self.loss is not None

    def found_beside(self, network: Path) -> StatedRoles:
        """Return the same with the parameters that lie beside a network as text, if nobody named any."""
        beside = [network.with_name(name) for name in BESIDE if network.with_name(name).is_file()]
        if self.parameters is not None or not beside or network.suffix.lower() == ".nnp":
            return self
        LOGGER.info("parameters: %s (beside %s)", beside[0], network.name)
        return dataclasses.replace(self, parameters=beside[0])

    def applied_to(self, file: NetworkFile) -> NetworkFile:
        """Return a network file with what is stated.

        Raises:
            NetworkError: The file has no such variable, an input of the loss is fed by nothing, the file says itself
                what is stated, or the parameters cannot be read.
        """
        if self.parameters is not None:
            file = dataclasses.replace(file, parameters=read_parameters(self.parameters))
        if not self.states_roles:
            return file
        if file.proto.optimizer:
            raise NetworkError(
                f"'{file.path}' has an optimizer section, which says what its loss and its inputs are. Leave out what "
                "it says itself."
            )
        return dataclasses.replace(file, proto=self._with_sections(file))

    def _with_sections(self, file: NetworkFile) -> NNablaMessage:
        network, loss = self._loss(file)
        sources = sources_of(network, [loss])
        parameters = [v.name for v in network.variable if v.type == "Parameter"]
        unknown = [name for name in self.inputs if name not in sources]
        needed = sorted(sources - set(parameters))
        if unknown:
            raise NetworkError(
                f"'{file.path}': expected inputs of the loss, {', '.join(needed)}, got '{unknown[0]}'."
                f"{did_you_mean(unknown[0], needed)}"
            )
        starved = [name for name in needed if name not in self.inputs]
        if starved:
            raise NetworkError(
                f"'{file.path}': expected a column for every input of the loss, got none for '{starved[0]}'.",
                remedy("state-input", variable=starved[0]),
            )
        proto = type(file.proto)()
        proto.CopyFrom(file.proto)
        write_sections(proto, network.name, self.inputs, [loss], parameters, {"batch_size": network.batch_size or 64})
        return proto

    def _loss(self, file: NetworkFile) -> tuple[NNablaMessage, str]:
        """Find the network that computes the loss, and the loss of each sample in it."""
        candidates = loss_variables(file.proto)
        for network in file.proto.network:
            producers = producers_of(network)
            if self.loss in producers:
                function = producers[self.loss]
                if function.type != MEAN:
                    return network, str(self.loss)
                # The mean over a batch and all other axes is the mean of the samples' own means.
                LOGGER.info("loss: '%s' is a mean; its terms '%s' are taken", self.loss, function.input[0])
                return network, str(function.input[0])
        known = ", ".join(f"'{name}'" for name in candidates) or "none: it was saved without its loss"
        got = "none" if self.loss is None else f"'{self.loss}'"
        meant = did_you_mean(self.loss or "", candidates)
        raise NetworkError(f"'{file.path}': expected one of the losses that it computes ({known}), got {got}.{meant}")
