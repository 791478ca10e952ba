"""Layers that draw at random, or remember what they have seen: taken out, or held still, before scoring.

A score is asked at fixed parameters, so the same question must get the same answer: dropout, augmentation layers and
the dropout inside recurrent layers are taken out. Layers that change their own state whenever they compute are held
still: mean subtraction keeps the mean that training left, spectral normalisation finds the singular vector anew.
Training keeps all of them; their draws follow `nnabla.random.set_function_seed`, so that a step can be repeated.

What changes shapes or makes numbers out of nothing (`RandomCrop`, `Randn`) cannot be taken out of a network. Such a
network is scored on its validation network, if that one does without.
"""

from __future__ import annotations

from typing import Dict, Optional

from ..errors import UnsupportedError
from .nnp import NNablaMessage

__all__ = ["lasting_randomness", "make_deterministic", "with_common_seed"]

SHAPE_KEEPING_RANDOM = ("Dropout", "ImageAugmentation", "RandomFlip", "RandomShift", "RandomErase")
OTHER_RANDOM = ("RandomCrop", "Rand", "Randint", "Randn", "RandBinomial", "RandBeta", "RandGamma", "RandomChoice")
RECURRENT: Dict[str, str] = {"RNN": "rnn_param", "LSTM": "lstm_param", "GRU": "gru_param"}
POWER_ITERATIONS = 50


def with_common_seed(function: NNablaMessage) -> None:
    """Make a layer draw by `nnabla.random.set_function_seed`.

    One with a seed of its own ignores that, so its draws could not be repeated.
    """
    chosen = function.WhichOneof("parameter")
    if chosen and "seed" in getattr(function, chosen).DESCRIPTOR.fields_by_name:
        getattr(function, chosen).seed = -1  # NNabla's word for: none of its own


def lasting_randomness(message: NNablaMessage) -> Optional[str]:
    """Name the first random layer of a network message that cannot be taken out, and why; None if there is none."""
    shapes = {v.name: tuple(v.shape.dim) for v in message.variable}
    for function in message.function:
        layer = f"layer '{function.name}' ({function.type}) of network '{message.name}'"
        if function.type in OTHER_RANDOM:
            return f"{layer} draws at random"
        if function.type in SHAPE_KEEPING_RANDOM and shapes[function.input[0]] != shapes[function.output[0]]:
            return f"{layer} draws at random and changes the shape of its input"
    return None


def make_deterministic(message: NNablaMessage) -> None:
    """Take randomness out of a network message and hold the layers' own states still.

    Raises:
        UnsupportedError: A random layer cannot be taken out.
    """
    lasting = lasting_randomness(message)
    if lasting:
        raise UnsupportedError(
            f"The {lasting}, so it cannot be taken out for scoring. Use a project whose validation network computes "
            "the same loss without it."
        )
    for function in message.function:
        if function.type in SHAPE_KEEPING_RANDOM:
            _pass_through(function)
        elif function.type in RECURRENT:
            parameter = getattr(function, RECURRENT[function.type])
            # NNabla goes backwards through these layers only in training mode, whose one difference is dropout.
            parameter.training = True
            parameter.dropout = 0.0
        elif function.type == "MeanSubtraction":
            function.mean_subtraction_param.update_running_mean = False
        elif function.type == "SpectralNorm":
            # Its test mode has no gradient; iterated to the end, what an earlier batch left makes no difference.
            function.spectral_norm_param.itr = max(POWER_ITERATIONS, function.spectral_norm_param.itr)


def _pass_through(function: NNablaMessage) -> None:
    """Turn a layer into an identity, in whatever loop it stands."""
    name = function.name
    loops = list(function.repeat_id)
    inputs = list(function.input)
    outputs = list(function.output)
    function.Clear()  # also the settings of the layer it was
    function.name = name
    function.type = "Identity"
    function.repeat_id.extend(loops)
    function.input.extend(inputs[:1])
    function.output.extend(outputs)
