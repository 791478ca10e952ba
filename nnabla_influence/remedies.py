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
    # Words that go on with the sentence, or begin a line of their own, need no space.
    joined = not message or message.endswith("\n") or said.startswith((",", ";"))
    return f"{message}{said}" if joined else f"{message} {said}"


IN_PYTHON: Dict[str, str] = {
    # dataset
    "resize-images": "Resize the images to one size: image_size=(height, width).",
    "choose-data-cache": "Choose a folder with free space: data_cache=..., or the environment variable {variable}.",
    "decode-again": "Open the data set again.",
    "smaller-data": "Read smaller images: image_size=(height, width); or choose a folder with more room: "
    "data_cache=..., or the environment variable {variable}.",
    # import
    "text-is-no-value": "Text is no value: number the classes, start the column's header with '#' to make it a "
    "comment, or let import_data make a data set of the table.",
    "number-classes-alike": "Make both with the same names: Dataset.from_frame(..., classes=[...]), or import_data.",
    "import-table": "To make a data set of another table, use import_data.",
    "make-dates-numbers": "Make them numbers (an age, a month, a weekday), or leave the column out: "
    'ignore=["{column}"].',
    "name-label-column": "Name it: labels=[...].",
    "import-as-values": 'Import it with task="regression" if these are values to predict.',
    "give-more-rows": "Give more rows, or a smaller share for the other parts.",
    # network
    "resize-images-to": "Resize the images: image_size=({height}, {width}) in Dataset.from_csv or ReadingSettings.",
    "smaller-batches": "Take smaller batches: TrainingOverrides(batch_size=...), or smaller images: "
    "image_size=(height, width).",
    "state-loss": 'or say what it computes: Network.load(path, inputs={{"VARIABLE": "COLUMN"}}, loss="VARIABLE"). It '
    "computes {losses}.",
    "state-input": 'Name its column: inputs={{"{variable}": "COLUMN"}}.',
    "state-learning-rate": "Say how it was trained: TrainingOverrides(learning_rate=..., solver=...).",
    # device
    "other-device": 'install the one for your CUDA, for example pip install "nnabla-influence[cuda120]", or use '
    'Device("cpu").',
    # training
    "train-for-steps": 'Train the network further with project.train("cache.h5", policy="{policy}"), and score that.',
    "train-with-policy": 'Train with policy="{policy}", in project.train or the TrainingConfig.',
    "keep-fewer-states": 'Keep fewer: policy="last-epoch", in project.train or the TrainingConfig.',
    "train-with-margins": "was trained without record_margins. Train again with record_margins=True, in project.train "
    "or the TrainingConfig.",
    "train-with-average": "was trained without average_parameters. Train again with average_parameters=True, in "
    "project.train or the TrainingConfig.",
    "train-for-records": 'train with project.train("cache.h5") and score that.',
    "train-for-state": 'Train (or continue) the network with project.train("cache.h5"), and score that.',
    "train-again": "Train again, with overwrite=True.",
    "make-a-cache": 'Make one with project.train("cache.h5").',
    "discard-damaged": "Delete that folder, and call it again: it begins anew.",
    "discard-and-train-again": "Remove it, and train again.",
    "more-memory": "Give more: memory=BYTES.",
    "other-solver": "Choose one with TrainingOverrides(solver=..., learning_rate=...), or a SolverConfig.",
    "fit-schedule": "Let it last for {steps} steps, train for fewer epochs, or give a constant learning_rate.",
    # autodiff, linalg, estimators
    "score-without-gradients": "Use LossBaseline(), or leave them out.",
    "use-hessian": 'Use curvature="hessian".',
    "train-slower-or-use-spectral": "Train with a lower learning rate, or use SpectralInfluence(), which cannot "
    "diverge.",
    "fewer-lanczos-steps": "Take fewer: lanczos_steps (SpectralInfluence) or iterations (InfluenceFunction).",
    "more-lanczos-steps": "; more lanczos_steps sharpen it",
    # evaluation, execution
    "give-selection": "pass other data as `selection`.",
    "replace-curve": "Choose another file, or delete it.",
    "replace-groups": "Choose another file, or delete it.",
    "keep-last-epoch": 'Train with policy="last-epoch", or retrain from scratch.',
    "keep-first-parameters": 'Train again with policy="last-epoch", which keeps them.',
    "install-dask": 'A scheduler needs Dask ({error}); install it with pip install "nnabla-influence[dask]"',
    "go-on-training": "The same training goes on from there; to start anew, delete that folder.",
    "go-on-scoring": "The same scoring goes on from there; to start anew, delete that folder.",
    "go-on-plugin": "The same call goes on from there; to begin anew, delete that folder.",
    # report, scored data
    "choose-label": "Choose another: label=..., or leave it out.",
    "give-scored-train": "Give the training CSV: train=...",
    "give-whole-influence": "Give the whole influence CSV here, and a list cut out of it to Listed(...).",
    "go-on-or-remove": "The same call goes on with it; to begin anew, delete that folder.",
    # workflow
    "replace-output": "Choose another file, or replace it: overwrite=True.",
    "go-on-or-discard": "The same call goes on from there; to begin anew, delete that folder.",
    "go-on": "The same call goes on.",
    "average-needed-and-ruled-out": "Scoring at the average needs what average_parameters=False leaves out; give one "
    "of the two.",
    "solver-needs-rate": "Solver {solver} needs a learning_rate: the network's {rate} belongs to {own}.",
    "give-project-data": "give {which}=.",
    "give-train": "give train=.",
    "give-validation": "give validation=.",
    "give-train-and-validation": "give train= and validation=.",
    "say-regression-for-values": 'say TrainingOverrides(task="regression") if these are values to predict.',
    "use-regression-for-values": 'use TrainingOverrides(task="regression") for real values.',
    "task-decides": "(TrainingOverrides(task=...) decides otherwise)",
    "train-first": "Train it first with project.train, and score the cache; or give the results.nnp of a finished "
    "training.",
    "no-images-to-resize": "image_size resizes images, but {data} holds none; leave it out.",
    "no-images-to-augment": "crop and flip change images, but '{network}' reads none; leave them out.",
    "cache-needs-data": "With a cache, give train and validation: the data the cache was trained with.",
    "task-is-for-builtins": "Task {task} is for built-in networks; '{network}' states its own loss.",
    "method-has-no-target": "A target means nothing to method {method}, whose scores do not ask about validation "
    "rows; leave it "
    "out, or use another method.",
    "name-classes": 'Name them: ReadingSettings(classes="classes.csv"), or give the class number.',
    "target-needs-class-numbers": "Target {number} needs one class number per sample, which the network '{network}' "
    "does not read. Name "
    "the validation rows with a CSV as target.",
    "target-found-real-values": "{data}: target {number} needs class numbers in column {column}, found real values "
    "such as {example}. "
    "Name the validation rows with a CSV as target.",
    "method-lacks-setting": "Setting {setting}={value} means nothing to method {method}{default}; leave it out, or "
    "use method "
    "{others}.",
    "give-two-or-truth": "A comparison needs two influence CSVs, or one and truth=: which labels were flipped.",
    "threshold-is-for-scores": "Below(...) goes with scores, of which low ones are harmful; of losses high ones are "
    'odd. Use Count(...) or Listed(...) with score="loss".',
    # before the scores
    "learn-first": "Scale the inputs (mean 0, spread 1), train for more epochs, or lower the learning_rate: "
    "TrainingOverrides(epochs=..., learning_rate=...).",
    "learn-what-holds": "Train on more rows or for fewer epochs, TrainingOverrides(epochs=...), and check that "
    "training and validation data are of one kind.",
    "less-sure": "Train for fewer epochs, TrainingOverrides(epochs=...), and look for wrong validation "
    "labels with project.suspects().",
    "list-suspects": "project.suspects() returns them all.",
    "give-other-classes": "Give {which} rows of the other classes too.",
    "give-more-validation-rows": "Give more validation rows: tens of each class.",
    "give-validation-rows-of-each-class": "Give validation rows of each class, or the scores do not ask what helps it.",
    "leave-shared-rows-out": "Leave them out of one of the two (project.validation_data.subset keeps some rows), "
    "unless rows of few columns are equal by accident.",
    "smaller-batches-or-longer-horizon": "Train with a smaller batch_size, or score with a longer horizon=... "
    "(method spectral).",
    "train-longer-or-forget-sooner": "Train for more epochs or with a smaller batch_size, or trust the order of the "
    "scores more than their size.",
    "why-equal-scores": "Check the learning_rate and whether the network learnt anything, or use another method.",
    # nnc
    "name-database": "name its nncd.db with database=.",
}
"""The words of each action for Python users: parameters and methods."""
