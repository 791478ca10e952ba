"""What to do about an error, as data: an *action* and the values its words are filled with.

One cause has one message, but three kinds of readers: whoever typed a command needs an option, whoever clicked a plugin
a field, whoever wrote Python a parameter. So an error (and a line of the log) carries its remedy as data, and each door
says it in its own words: `IN_PYTHON` here, ``cli.remedies`` and ``nnc.host.remedies`` for the others. A test holds the
three tables against each other and against every action that is used.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, NamedTuple, Optional

__all__ = ["IN_PYTHON", "Remedy", "advice", "remedy"]


class Remedy(NamedTuple):
    """What to do.

    Args:
        action: Key of its words in every table.
        values: What the words are filled with, by name.
    """

    action: str
    values: Mapping[str, str]

    def said(self, words: Mapping[str, str]) -> str:
        """Say it in the words of one door; empty where that door has nothing to offer."""
        return words[self.action].format(**self.values)


def remedy(action: str, **values: object) -> Remedy:
    """Make a remedy; values are turned into text."""
    return Remedy(action, {name: str(value) for name, value in values.items()})


def advice(action: str, **values: object) -> Dict[str, Any]:
    """Return the ``extra`` of a log call whose line ends with a remedy: ``LOGGER.info(text, extra=advice(...))``."""
    return {"remedy": remedy(action, **values)}


def with_remedy(message: str, found: Optional[Remedy], words: Mapping[str, str]) -> str:
    """Join a message and its remedy in the words of one door."""
    said = found.said(words) if found is not None else ""
    if said.startswith((",", ";")):  # words that go on with the sentence instead of beginning one
        return message + said
    return f"{message} {said}" if said else message


IN_PYTHON: Dict[str, str] = {
    # dataset
    # network
    # training
    "train-for-steps": 'Train the network further with project.train("cache.h5", policy="{policy}"), and score that.',
    # autodiff, linalg, estimators
    "score-without-gradients": "Use LossBaseline(), or leave them out.",
    "use-hessian": 'Use curvature="hessian".',
    "train-slower-or-use-spectral": "Train with a lower learning rate, or use SpectralInfluence(), which cannot "
    "diverge.",
    "more-lanczos-steps": "; more lanczos_steps sharpen it",
    "train-with-policy": 'Train with policy="{policy}" in the TrainingConfig.',
    # evaluation, execution
    # report, scored data
    # workflow
    "replace-output": "Choose another file, or replace it: overwrite=True.",
    "go-on-or-discard": "The same call goes on from there; to begin anew, delete that folder.",
    "go-on": "The same call goes on.",
    # nnc
}
"""The words of each action for Python users: parameters and methods."""
