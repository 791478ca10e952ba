"""From the files of an experiment to the files of its report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Tuple, Union

from ..files import atomic_path, refuse_overwriting, write_text_atomic
from .cards import MOST_CARDS
from .extra import require_report_libraries
from .inputs import ReportInputs

if TYPE_CHECKING:
    from .content import ReportContent

__all__ = ["WrittenReport", "write_report"]

MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class WrittenReport:
    """What was written.

    Attributes:
        page: The HTML file.
        figures: The PNG files.
        shown: Samples on the page.
        total: Samples in the influence CSV.
        unreadable: Files of shown samples that could not be read.
    """

    page: Path
    figures: List[Path]
    shown: int
    total: int
    unreadable: int


def write_report(inputs: ReportInputs, output: Union[str, Path]) -> WrittenReport:
    """Write a self-contained HTML page, and its figures as PNG files in the folder ``<name>_figures`` beside it.

    The page needs no network. It shows at most 2,000 samples and stays below 20 MB. The same inputs give the same
    bytes. Each file appears whole or not at all; the page is written last.

    Args:
        inputs: What to report on.
        output: The HTML file to write.

    Returns:
        What was written.

    Raises:
        MissingExtraError: Jinja2 or matplotlib is not installed.
        DataError: A file is missing, broken, or not what it should be.
        OutputExistsError: The output is one of the inputs.
        CorruptFileError: The cache is damaged.
    """
    require_report_libraries()
    page = Path(output).absolute()
    sources = (inputs.influence, inputs.curve, inputs.cache)
    refuse_overwriting([page], [Path(source) for source in sources if source is not None])
    content, text = _within_budget(inputs, page)
    figures = _write_figures(page, content.files)
    write_text_atomic(page, text)
    return WrittenReport(page, figures, len(content.deck.cards), content.deck.total, len(content.deck.broken))


def _within_budget(inputs: ReportInputs, page: Path) -> Tuple[ReportContent, str]:
    """The content and the page's text, with as many samples as fit."""
    from .content import ReportContent
    from .page import render

    most = MOST_CARDS
    while True:
        content = ReportContent.gather(inputs, page, most)
        text = render(content.values)
        if len(text.encode("utf-8")) <= MOST_BYTES or most == 1:
            return content, text
        most = max(1, most // 2)


def figure_folder(page: Path) -> Path:
    """Where the figures of a page lie."""
    return page.with_name(f"{page.stem}_figures")


def _write_figures(page: Path, files: Dict[str, bytes]) -> List[Path]:
    written = []
    for name, data in files.items():
        path = figure_folder(page) / f"{name}.png"
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)
        written.append(path)
    return written
