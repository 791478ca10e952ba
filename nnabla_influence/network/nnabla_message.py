"""Names for NNabla's own objects in annotations; NNabla states no types for them.

A network file is one protocol-buffer message (``NNablaProtoBuf``) of messages: networks with their functions and
variables, optimizers, monitors, data sets. Which of them a parameter holds stands in its name and its docstring. Built
at a batch size, a network message becomes NNabla's proto network, whose variables are live.
"""

from __future__ import annotations

from typing import Any

__all__ = ["BuiltNetwork", "NNablaMessage"]

NNablaMessage = Any
"""A protocol-buffer message of ``nnabla_pb2``: the whole file, or a section of it."""

BuiltNetwork = Any
"""NNabla's ``nnabla.graph_def.ProtoNetwork`` after it was called with a batch size."""
