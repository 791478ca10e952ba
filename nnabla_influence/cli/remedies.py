"""The words of each remedy for whoever typed a command: options."""

from __future__ import annotations

from typing import Dict

__all__ = ["IN_COMMANDS"]

IN_COMMANDS: Dict[str, str] = {
    # dataset
    "resize-images": "Resize the images to one size with --image-size HxW.",
    "choose-data-cache": "Choose a folder with free space by --data-cache or the environment variable {variable}.",
    "decode-again": "Run the command again.",
    "smaller-data": "Read smaller images with --image-size HxW, or choose a folder with more room by --data-cache or "
    "the environment variable {variable}.",
    # import
    "text-is-no-value": "Text is no value: number the classes, start the column's header with '#' to make it a "
    "comment, or make a data set of the table with: python -m nnabla_influence import.",
    "number-classes-alike": "Make both with one call of: python -m nnabla_influence import.",
    "import-table": "To make a data set of another table, type: python -m nnabla_influence import TABLE --output DIR.",
    "make-dates-numbers": "Make them numbers (an age, a month, a weekday), or leave the column out with "
    '--ignore "{column}".',
    "name-label-column": "Name it with --label COLUMN.",
    "import-as-values": "Say --task regression if these are values to predict.",
    "give-more-rows": "Give more rows, or a smaller share for the other parts (--validation, --test).",
    # network
    "resize-images-to": "Resize the images with --image-size {height}x{width}.",
    "smaller-batches": "Take smaller batches with --batch-size, or smaller images with --image-size HxW.",
    "state-loss": "or say what it computes: --input VARIABLE=COLUMN ... --loss VARIABLE --learning-rate LR, perhaps "
    "--solver. It computes {losses}.",
    "state-input": "Name its column: --input {variable}=COLUMN.",
    "state-learning-rate": "Say how it was trained: --learning-rate LR, and --solver if it was not Sgd.",
    # device
    "other-device": 'install the one for your CUDA, for example pip install "nnabla-influence[cuda120]", or use '
    "--device "
    "cpu.",
    # training
    "train-for-steps": "Train (or continue) the network with: python -m nnabla_influence train --policy {policy}, and "
    "score with --cache.",
    "train-with-policy": "Train with --policy {policy}.",
    "keep-fewer-states": "Keep fewer with --policy last-epoch.",
    "train-with-margins": "was trained without --record-margins. Train again with it.",
    "train-with-average": "was trained without --average-parameters. Train again with it.",
    "train-for-records": "train with the package and score with --cache.",
    "train-for-state": "Train (or continue) the network with: python -m nnabla_influence train, and score with "
    "--cache.",
    "train-again": "Train again, with --overwrite.",
    "make-a-cache": "Make one with: python -m nnabla_influence train.",
    "discard-damaged": "Remove the progress with --discard, and run the command again.",
    "discard-and-train-again": "Remove it with --discard, train again.",
    "more-memory": "Give --memory more.",
    "other-solver": "Choose one with --solver and --learning-rate.",
    "fit-schedule": "Let it last for {steps} steps, train for fewer --epochs, or give a constant --learning-rate.",
    # autodiff, linalg, estimators
    "score-without-gradients": "Use --method loss, or leave them out.",
    "use-hessian": "Use --curvature hessian.",
    "train-slower-or-use-spectral": "Train with a lower --learning-rate, or use --method spectral, which cannot "
    "diverge.",
    "fewer-lanczos-steps": "Take fewer with --lanczos-steps (method spectral) or --iterations (influence-function).",
    "more-lanczos-steps": "; more --lanczos-steps sharpen it",
    # evaluation, execution
    "give-selection": "give --selection CSV.",
    "replace-curve": "Choose another file, or replace it with --overwrite.",
    "replace-groups": "Choose another output, or replace the file with --overwrite.",
    "keep-last-epoch": "Train with --policy last-epoch, or retrain from scratch.",
    "keep-first-parameters": "Train again with --policy last-epoch, which keeps them.",
    "install-dask": '--scheduler needs Dask ({error}); install it with pip install "nnabla-influence[dask]"',
    "go-on-training": "The same command goes on, --discard removes it.",
    "go-on-scoring": "The same command goes on, --discard removes it.",
    "go-on-plugin": "The same command goes on.",
    # report, scored data
    "choose-label": "Choose another by --label, or leave it out.",
    "give-scored-train": "Give the training CSV with --train.",
    "give-whole-influence": "Give the whole influence CSV here, and a list cut out of it with --list.",
    "go-on-or-remove": "Run the same command to go on with it, or remove it with --discard.",
    # workflow
    "replace-output": "Choose another file, or replace it with --overwrite.",
    "go-on-or-discard": "The same command goes on, --discard removes it.",
    "go-on": "The same command goes on.",
    "average-needed-and-ruled-out": "--at average needs what --no-average-parameters leaves out; give one of the two.",
    "solver-needs-rate": "--solver {solver} needs a --learning-rate: the network's {rate} belongs to {own}.",
    "give-project-data": "give --{which} CSV.",
    "give-train": "give --train CSV.",
    "give-validation": "give --validation CSV.",
    "give-train-and-validation": "give --train CSV and --validation CSV.",
    "say-regression-for-values": "say --task regression if these are values to predict.",
    "use-regression-for-values": "use --task regression for real values.",
    "task-decides": "(--task decides otherwise)",
    "train-first": "Train first (python -m nnabla_influence train) and score with --cache, or give the results.nnp of "
    "a "
    "finished training.",
    "no-images-to-resize": "--image-size resizes images, but {data} holds none; leave it out.",
    "no-images-to-augment": "--crop and --flip change images, but '{network}' reads none; leave them out.",
    "cache-needs-data": "With --cache, give --train CSV and --validation CSV: the data the cache was trained with.",
    "task-is-for-builtins": "--task {task} is for built-in networks; '{network}' states its own loss.",
    "method-has-no-target": "--target means nothing to --method {method}, whose scores do not ask about validation "
    "rows; leave it "
    "out, or use another method.",
    "name-classes": "Name them with --classes CSV, or give the class number.",
    "target-needs-class-numbers": "--target class={number} needs one class number per sample, which the network "
    "'{network}' does not "
    "read. Name the validation rows with --target rows=CSV.",
    "target-found-real-values": "{data}: --target class={number} needs class numbers in column {column}, found real "
    "values such as "
    "{example}. Name the validation rows with --target rows=CSV.",
    "method-lacks-setting": "--{option} {value} means nothing to --method {method}{default}; leave it out, or use "
    "--method "
    "{others}.",
    "give-two-or-truth": "compare expects two or more influence CSVs, or one with --truth; got one without.",
    "threshold-is-for-scores": "--below goes with scores, of which low ones are harmful; of losses high ones are odd. "
    "Say --remove N or --list CSV with --score loss.",
    # before the scores
    "learn-first": "Scale the inputs (mean 0, spread 1), train longer (--epochs), or lower the --learning-rate.",
    "learn-what-holds": "Train on more rows or for fewer --epochs, and check that training and validation data "
    "are of one kind.",
    "less-sure": "Train for fewer --epochs, and look for wrong validation labels (score --suspects CSV).",
    "list-suspects": "score --suspects CSV lists them all.",
    "give-other-classes": "Give {which} rows of the other classes too.",
    "give-more-validation-rows": "Give more rows in --validation: tens of each class.",
    "give-validation-rows-of-each-class": "Give --validation rows of each class, or no score asks what helps it.",
    "leave-shared-rows-out": "Leave them out of --train or --validation, unless rows of few columns are equal by "
    "accident.",
    "smaller-batches-or-longer-horizon": "Train with a smaller --batch-size, or score with a longer --horizon "
    "(method spectral).",
    "train-longer-or-forget-sooner": "Train for more --epochs or with a smaller --batch-size, or trust the order of "
    "the scores more than their size.",
    "why-equal-scores": "Check the --learning-rate and whether the network learnt anything, or use another --method.",
    # nnc
    "name-database": "name its nncd.db with --database.",
}
"""The words of each action, see `nnabla_influence.remedies`."""
