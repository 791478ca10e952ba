"""From labelled image files to NNC data sets; the files stay where they are."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence

import numpy as np

from ...errors import DataError
from .image_files import ImageFiles, relative_path
from .import_note import ImportNote, sentences
from .import_settings import ImportSettings
from .imported_data import ImportedData, label_cells, label_header
from .label_plan import LabelPlan
from .row_parts import assign_rows, copies_note

__all__ = ["CONVERTED", "import_images"]

CONVERTED = "converted"
"""The folder, beside the data sets, of copies in other colours."""


def import_images(
    paths: Sequence[Path],
    plan: LabelPlan,
    given: Sequence[str],
    settings: ImportSettings,
    folder: Path,
    decisions: List[ImportNote],
) -> ImportedData:
    """Turn labelled images into NNC data sets.

    Args:
        paths: The N files.
        plan: Their labels.
        given: The part that the source states for each.
        settings: What the user says.
        folder: Where the data sets are to be written.
        decisions: What was decided before.

    Raises:
        DataError: No file is a readable image.
    """
    labelled = np.flatnonzero(plan.present).tolist()
    files = ImageFiles.look_at([paths[row] for row in labelled], settings.progress)
    if not files.paths:
        raise DataError(f"Expected images, got no readable one of {len(paths):,} files, such as {paths[0]}.")
    notes = files.notes()
    rows = [labelled[row] for row in files.rows]  # of the source
    if settings.colours is not None:
        others = sum(kind != settings.colours for kind in files.kinds)
        notes += [ImportNote(f"images converted to {settings.colours}, as copies: {others:,}")] if others else []
        files = files.converted(settings.colours, folder / CONVERTED)
    notes += copies_note(files.keys, [tuple(values) for values in plan.values[rows]], "images")
    parts, more = assign_rows(
        files.keys, [given[row] for row in rows], settings.shares, settings.seed, plan.strata(rows)
    )
    plan.require_trained(np.array(rows)[parts["training"]])
    cells = {
        part: [
            [relative_path(files.paths[member], folder), *label_cells(plan.values[rows[member]])] for member in members
        ]
        for part, members in parts.items()
    }
    header = ["x:image", *label_header(plan.headers)]
    said = sentences(decisions + notes + more)
    sizes, kinds = set(files.sizes), set(files.kinds)
    return ImportedData(header, cells, plan.classes, said, plan.regression, files.shape, len(sizes) > 1, len(kinds) > 1)
