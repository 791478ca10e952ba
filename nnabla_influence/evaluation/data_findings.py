"""What is wrong with training and validation data before a score is made of them.

One class only, fewer validation rows than classes, classes without a validation row, rows that are in both data sets:
each spoils scores in its own way, none is an error, and none shows in the scores themselves.
"""

from __future__ import annotations

from typing import List

import numpy as np

from ..array import IntArray
from ..dataset.class_names import NO_NAMES, ClassNames
from ..dataset.dataset import Dataset
from ..dataset.overlap import overlapping_rows
from ..estimators import given_labels
from ..network import Network
from ..remedies import remedy
from .finding import Finding, listed

__all__ = ["class_findings", "data_findings", "shared_rows_finding"]


def data_findings(network: Network, train: Dataset, validation: Dataset) -> List[Finding]:
    """Look for what spoils scores in a pair of data sets.

    Args:
        network: Says which columns are read, and which is the label.
        train: The training data.
        validation: The validation data.
    """
    labels = given_labels(network, train)
    asked = given_labels(network, validation)
    findings = class_findings(labels, asked, train.class_names) if labels is not None and asked is not None else []
    if train.fingerprint == validation.fingerprint:  # said where the data is read
        return findings
    return [*findings, *shared_rows_finding(network, train, validation)]


def class_findings(train: IntArray, validation: IntArray, names: ClassNames = NO_NAMES) -> List[Finding]:
    """Look at the class numbers (N,) and (V,) of training and validation rows, which are called by their names.

    >>> for finding in class_findings(np.array([0, 1, 2, 2]), np.array([0, 0, 2])):
    ...     print(finding.text)
    1 of 3 classes of the training data has no validation row (class 1)
    """
    classes = np.unique(train)
    asked = np.unique(validation)
    findings = [
        Finding(
            f"all {len(rows):,} {name} rows are of one class ({names.say(rows[0])})",
            remedy("give-other-classes", which=name),
        )
        for name, rows in (("training", train), ("validation", validation))
        if (rows == rows[0]).all()
    ]
    missing = np.setdiff1d(classes, asked)
    if len(validation) < len(classes):
        text = f"there are fewer validation rows ({len(validation)}) than classes ({len(classes)})"
        findings.append(Finding(text, remedy("give-more-validation-rows")))
    elif len(missing) and len(asked) > 1:
        has = "has" if len(missing) == 1 else "have"
        named = f"class{'' if len(missing) == 1 else 'es'} {listed([names.say(number) for number in missing])}"
        text = f"{len(missing)} of {len(classes)} classes of the training data {has} no validation row ({named})"
        findings.append(Finding(text, remedy("give-validation-rows-of-each-class")))
    return findings


def shared_rows_finding(network: Network, train: Dataset, validation: Dataset) -> List[Finding]:
    """Look for validation rows that equal a training row in everything the network reads.

    Both data sets are read once; that takes a small part of the time of an epoch.
    """
    rows = overlapping_rows(train, validation, network.columns)[:, 1]
    if not len(rows):
        return []
    be = "is a training row" if len(rows) == 1 else "are training rows"
    text = (
        f"{len(rows):,} of {len(validation):,} validation rows {be} too, value by value (validation "
        f"row{'' if len(rows) == 1 else 's'} {listed(rows.tolist())})"
    )
    return [Finding(text, remedy("leave-shared-rows-out"))]
