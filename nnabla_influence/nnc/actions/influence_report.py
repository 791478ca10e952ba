"""The plugin *Influence report*: a picture of the most harmful samples, and an HTML page beside it.

The picture comes first: it needs less, it is what NNC Desktop shows, and where the page cannot be made it is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ...errors import DataError
from ...files import refuse_overwriting
from ...messenger import Messenger
from ..host.desktop_result import MORE
from ..host.fields import Fields
from ..host.libraries import has_library, install_hint, require_library
from ..host.manifest import REMOVAL_CURVE
from ..host.next_step import NEXT_STEP
from .influence_file import influence_file
from .own_outputs import own_outputs

__all__ = ["SheetRequest", "run"]


@dataclass(frozen=True)
class SheetRequest:
    """What the fields ask for.

    Args:
        influence: The influence CSV.
        curve: The table of a removal curve; empty: one that the plugin *Removal curve* left, if there is one.
        samples: How many samples the picture shows.
        page: The page to write.
        sheet: The picture to write.
    """

    influence: Path
    curve: str
    samples: int
    page: Path
    sheet: Path


def run(fields: Fields, console: Messenger) -> None:
    """Write the picture and the page.

    Args:
        fields: ``influence``, ``curve``, ``samples``, ``output`` (the picture) and ``page``.
        console: Where progress is said.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: The influence CSV or the curve is missing or broken.
        ConfigError: The picture cannot show so many samples.
        OutputExistsError: An output is one of the inputs.
    """
    require_library("matplotlib", "the report")
    request = SheetRequest(
        fields.path("influence"),
        fields.text("curve"),
        fields.number("samples") or 0,
        fields.path("page"),
        fields.path("output"),
    )
    _write(request, console)


def _write(request: SheetRequest, console: Messenger) -> None:
    influence = influence_file(request.influence)
    curve = _curve(request.curve, influence)
    refuse_overwriting([request.page, request.sheet], [influence, *([curve] if curve else [])])
    with own_outputs("influence_report", request.sheet, request.page):
        _write_sheet(influence, request.sheet, request.samples, console)
        if has_library("jinja2"):
            _write_page(influence, curve, request.page, console)
        else:
            console.warn(f"the HTML page is left out: it needs {install_hint('jinja2')}")


def _write_sheet(influence: Path, sheet: Path, most: int, console: Messenger) -> None:
    from ...report.most_harmful import write_most_harmful

    written = write_most_harmful(influence, sheet, most)
    if written.unreadable:
        console.warn(f"{written.unreadable} files of samples could not be read, the first: {written.reason}")
    console.info(
        f"picture of the {min(most, written.total)} most harmful of {written.total} samples ({written.harmful} have a "
        f"negative score: harmful): {sheet}"
    )


def _write_page(influence: Path, curve: Optional[Path], page: Path, console: Messenger) -> None:
    from ...report import ReportInputs, write_report

    console.info("removal curve: " + (f"{curve}" if curve else "none; the plugin Removal curve makes one"))
    written = write_report(ReportInputs(influence, curve, next_step=NEXT_STEP), page, overwrite=True)
    size = written.page.stat().st_size
    console.info(f"page with {written.shown} of {written.total} samples ({size / 1e6:.1f} MB): {page}")


def _curve(given: str, influence: Path) -> Optional[Path]:
    """Find the table of retrainings that was named, or one that the plugin *Removal curve* left.

    Raises:
        DataError: The one that was named does not exist.
    """
    if given:
        if not Path(given).is_file():
            raise DataError(
                f"Expected the table of a removal curve at '{given}', found no file. Name the CSV that the plugin "
                "Removal curve wrote, or leave the field empty."
            )
        return Path(given)
    own = REMOVAL_CURVE.parameter("table").default
    beside = influence.with_name(own)
    if beside.is_file():
        return beside
    # NNC Desktop keeps results in plugins/<plugin id>/<name of the result>/, what it does not show one folder deeper.
    kept = influence.absolute().parents[2] if len(influence.absolute().parents) > 2 else influence.parent
    curves = sorted(kept.glob(f"{REMOVAL_CURVE.plugin_id}/*/{MORE}/{own}"), key=lambda path: path.stat().st_mtime)
    return curves[-1] if curves else None
