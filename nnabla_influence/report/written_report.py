"""Write a report: from the files of an experiment to the page and its figures.

The page has a budget of bytes; where text makes it too large, fewer samples are shown. Jinja2 and matplotlib are loaded
here, when a report is written, and nowhere before.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, List, Tuple, Union

from ..dataset.changed_files import change_warning, is_changed
from ..execution import Execution
from ..files import refuse_existing, refuse_overwriting, write_files_atomic
from .report_inputs import ReportInputs
from .required_libraries import require_report_libraries
from .shown_samples import MOST_CARDS

if TYPE_CHECKING:
    from .report_content import ReportContent

__all__ = ["WrittenReport", "write_report"]

LOGGER = logging.getLogger("nnabla_influence")

MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class WrittenReport:
    """The files that were written.

    Attributes:
        page: The HTML file.
        figures: The PNG files.
        shown: The number of samples on the page.
        total: The number of samples in the influence CSV.
        unreadable: The number of files of shown samples that could not be read.
    """

    page: Path
    figures: List[Path]
    shown: int
    total: int
    unreadable: int


def write_report(
    inputs: ReportInputs,
    output: Union[str, Path],
    *,
    overwrite: bool = False,
    execution: Execution = Execution(),
) -> WrittenReport:
    """Write a self-contained HTML page, and its figures as PNG files in the folder ``<name>_figures`` beside it.

    The page needs no network. It shows at most 2,000 samples and stays below 20 MB. The same inputs give the same
    bytes. Each file appears whole or not at all; the page is written last.

    Args:
        inputs: What to report on.
        output: The HTML file to write.
        overwrite: Replace a page that is there.
        execution: The processes of this machine that make thumbnails; the page has the same bytes.

    Returns:
        What was written.

    Raises:
        MissingExtraError: Jinja2 or matplotlib is not installed.
        DataError: A file is missing, broken, or not what it should be.
        OutputExistsError: The output exists and `overwrite` is off, or is one of the inputs.
        CorruptFileError: The cache is damaged.
    """
    require_report_libraries()
    page = Path(output).absolute()
    since = time.time_ns()
    refuse_overwriting([page], inputs.files)
    refuse_existing([output], overwrite)
    content, text = _within_budget(inputs, page, execution)
    figures = {figure_folder(page) / f"{name}.png": data for name, data in content.files.items()}
    write_files_atomic({**figures, page: text.encode("utf-8")})
    _warn_of_changes([*inputs.files, *content.shown.files], since)
    return WrittenReport(page, list(figures), len(content.shown.cards), content.shown.total, len(content.shown.broken))


def _within_budget(inputs: ReportInputs, page: Path, execution: Execution) -> Tuple[ReportContent, str]:
    """Gather the content and the page's text, with as many samples as fit."""
    from .page import render
    from .report_content import ReportContent

    # Thumbnails have a budget of their own; what may still exceed the page's is text.
    most = MOST_CARDS
    while True:
        content = ReportContent.gather(inputs, page, most, execution)
        text = render(content.values)
        if len(text.encode("utf-8")) <= MOST_BYTES or most == 1:
            return content, text
        most = max(1, most // 2)


def _warn_of_changes(files: Iterable[Union[str, Path, None]], since: int) -> None:
    paths = dict.fromkeys(Path(file) for file in files if file is not None)
    changes = [(path, how) for path, how in ((path, is_changed(path, since)) for path in paths) if how]
    if changes:
        LOGGER.warning("%s", change_warning(changes))


def figure_folder(page: Path) -> Path:
    """Return the folder in which the figures of a page lie."""
    return page.with_name(f"{page.stem}_figures")
