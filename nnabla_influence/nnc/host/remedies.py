"""The words of each remedy for whoever clicked: fields, tabs of the project, other plugins."""

from __future__ import annotations

from typing import Dict

__all__ = ["IN_FIELDS"]

IN_FIELDS: Dict[str, str] = {
    # dataset
    "resize-images": "Resize the images to one size.",
    "choose-data-cache": "Choose a folder with free space by the environment variable {variable}.",
    "decode-again": "Start the plugin again.",
    "smaller-data": "Resize the images, or choose a folder with more room by the environment variable {variable}.",
    # import
    "text-is-no-value": "Text is no value: number the classes, or start the column's header with '#' to make it a "
    "comment.",
    "number-classes-alike": "Number the classes of both alike.",
    "import-table": "",
    "make-dates-numbers": "Make them numbers (an age, a month, a weekday), or leave the column {column} out.",
    "name-label-column": "Name it.",
    "import-as-values": "These may be values to predict.",
    "give-more-rows": "Give more rows.",
    # network
    "resize-images-to": "Resize the images to {height}x{width}.",
    "smaller-batches": "Take a smaller batch size (Config tab of the project), or resize the images.",
    # device
    "other-device": 'install the one for your CUDA, for example pip install "nnabla-influence[cuda120]", or let the '
    "project compute on the CPU.",
    "state-loss": "train it in Neural Network Console.",
    "state-input": "Train the network in Neural Network Console.",
    "state-learning-rate": "Train the network in Neural Network Console.",
    # training
    "train-for-steps": "Train the network with the plugin Train with influence cache, or choose another method.",
    "train-with-policy": "Train with the plugin Train with influence cache.",
    "keep-fewer-states": "Train on another machine.",
    "train-with-margins": "lacks what this method needs. Choose another method.",
    "train-with-average": "lacks what this method needs. Choose another method.",
    "train-for-records": "train with the plugin Train with influence cache.",
    "train-for-state": "Train the network with the plugin Train with influence cache.",
    "train-again": "Delete that file, or train again with the plugin Train with influence cache.",
    "make-a-cache": "Make one with the plugin Train with influence cache.",
    "discard-damaged": "Delete that folder, and start the plugin again.",
    "discard-and-train-again": "Delete that folder and start the plugin again.",
    "more-memory": "Choose another method.",
    "other-solver": "Choose one in the Config tab of the project.",
    "fit-schedule": "Let it last for {steps} steps, or train for fewer epochs (Config tab of the project).",
    # autodiff, linalg, estimators
    "score-without-gradients": "Use method loss, or leave them out.",
    "use-hessian": "",
    "train-slower-or-use-spectral": "Train with a lower learning rate (Config tab of the project), or use method "
    "spectral, which cannot diverge.",
    "fewer-lanczos-steps": "Choose method loss.",
    "more-lanczos-steps": "",
    # evaluation, execution
    "give-selection": "give a CSV with more rows in the field validation.",
    "replace-curve": "Choose another file.",
    "replace-groups": "Choose another output.",
    "keep-last-epoch": "Train with the plugin Train with influence cache, or retrain from scratch.",
    "keep-first-parameters": "Train again with the plugin Train with influence cache, which keeps them.",
    "install-dask": 'A cluster needs Dask ({error}); install it with pip install "nnabla-influence[dask]"',
    "go-on-training": "The same training goes on from there; to start anew, delete that folder.",
    "go-on-scoring": "The same scoring goes on from there; otherwise delete that folder.",
    "go-on-plugin": "The plugin goes on from there if you start it again with the same fields; otherwise delete that "
    "folder.",
    # report, scored data
    "choose-label": "Choose another, or leave it out.",
    "give-scored-train": "Give the influence CSV that the plugin wrote.",
    "give-whole-influence": "Give the whole influence CSV here.",
    "go-on-or-remove": "Delete that folder.",
    # workflow
    "replace-output": "Choose another file, or delete it first.",
    "go-on-or-discard": "The same plugin goes on from there; otherwise delete that folder.",
    "go-on": "The plugin goes on if you start it again with the same fields.",
    "average-needed-and-ruled-out": "The mean parameters of the last epoch are needed. Choose another method.",
    "solver-needs-rate": "Solver {solver} needs a learning rate of its own (Config tab of the project).",
    "give-project-data": "choose the data in the Dataset tab of the project, or give a CSV in the field {which} if the "
    "plugin has one.",
    "give-train": "give a CSV in the field train.",
    "give-validation": "give a CSV in the field validation.",
    "give-train-and-validation": "give a CSV in the fields train and validation.",
    "say-regression-for-values": "correct the labels.",
    "use-regression-for-values": "correct the labels.",
    "task-decides": "",
    "train-first": "Select the result of a finished training.",
    "no-images-to-resize": "The data {data} holds no images to resize.",
    "no-images-to-augment": "The network '{network}' reads no images to change.",
    "cache-needs-data": "Give the data the influence cache was trained with in the fields train and validation.",
    "task-is-for-builtins": "The network '{network}' states its own loss.",
    "method-has-no-target": "Method {method} does not ask about validation rows; choose another method.",
    "name-classes": "Give the class number.",
    "target-needs-class-numbers": "The network '{network}' does not read one class number per sample, so there is no "
    "class {number}.",
    "target-found-real-values": "{data}: class {number} needs class numbers in column {column}, found real values "
    "such as {example}.",
    "method-lacks-setting": "Method {method} has no setting {setting}; choose method {others}.",
    "give-two-or-truth": "Two influence CSVs are needed, or one and the truth about its labels.",
    "threshold-is-for-scores": "A threshold goes with scores, of which low ones are harmful; of losses high ones are "
    "odd.",
    # before the scores
    "learn-first": "Scale the inputs (mean 0, spread 1), train for more epochs, or lower the learning rate "
    "(Config tab of the project).",
    "learn-what-holds": "Train on more rows or for fewer epochs (Config tab of the project), and check that "
    "training and validation data are of one kind.",
    "less-sure": "Train for fewer epochs (Config tab of the project), and look for wrong validation labels.",
    "list-suspects": "Look at their labels.",
    "give-other-classes": "Give {which} rows of the other classes too.",
    "give-more-validation-rows": "Give more validation rows: tens of each class.",
    "give-validation-rows-of-each-class": "Give validation rows of each class, or the scores do not ask what helps it.",
    "leave-shared-rows-out": "Leave them out of one of the two (Dataset tab of the project), unless rows of few "
    "columns are equal by accident.",
    "smaller-batches-or-longer-horizon": "Train with a smaller batch size (Config tab of the project).",
    "train-longer-or-forget-sooner": "Train for more epochs (Config tab of the project), or trust the order of the "
    "scores more than their size.",
    "why-equal-scores": "Check the learning rate (Config tab of the project) and whether the network learnt "
    "anything, or choose another method.",
    # nnc
    "name-database": "name its nncd.db.",
}
"""The words of each action, see `nnabla_influence.remedies`; empty where a plugin has nothing to offer."""
