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


def with_remedy(message: str, action: Optional[Remedy], words: Mapping[str, str]) -> str:
    """Join a message and its remedy in the words of one door; after a line end the remedy has its own line."""
    said = action.said(words) if action is not None else ""
    if not said:
        return message.rstrip("\n")
    return f"{message}{said}" if message.endswith("\n") else f"{message} {said}"


IN_PYTHON: Dict[str, str] = {
    # dataset
    "resize-images": "Resize the images to one size: image_size=(height, width).",
    "choose-data-cache": "Choose a folder with free space: data_cache=..., or the environment variable {variable}.",
    "decode-again": "Open the data set again.",
    # network
    # training
    "train-for-steps": 'Train the network further with project.train("cache.h5", policy="{policy}"), and score that.',
    # autodiff, linalg, estimators
    # evaluation, execution
    # report, scored data
    "choose-label": "Choose another: label=..., or leave it out.",
    "give-whole-influence": "Give the whole influence CSV here, and a list cut out of it to Listed(...).",
    "go-on-or-remove": "The same call goes on with it; to begin anew, delete that folder.",
    # workflow
    "replace-output": "Choose another file, or replace it: overwrite=True.",
    "go-on-or-discard": "The same call goes on from there; to begin anew, delete that folder.",
    "go-on": "The same call goes on.",
    # nnc
}
"""The words of each action for Python users: parameters and methods."""
