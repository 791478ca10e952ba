"""The content of a report before it is written: what the page's template names, and the figures as files.

Reading, drawing and wording happen here, in other modules' words; `page` only fills in the template.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from matplotlib.figure import Figure

from ..evaluation.removal_curve import RemovalCurve
from ..execution import Execution
from ..file_digest import file_digest
from ..objective import LOSS
from ..scores import INDEX_COLUMN, LOSS_COLUMN, SCORE_COLUMN
from .asked_rows import AskedRows
from .card import Card
from .contact_sheet import contact_sheet
from .curve_figure import MEASURE_NAMES, START_NAMES, curve_figure, panel_figure, series_name, shown_measures
from .curve_text import choice_table, curve_text
from .distribution_figure import MOST_ROWS, distribution_figure, long_tails
from .figures import LIGHT, THEMES, Theme, drawing, png_bytes
from .learning_note import learning_notes
from .page import PageFigure, PageImage, sort_orders
from .provenance import cache_rows, cost_rows, file_rows, open_cache
from .report_inputs import ReportInputs
from .scored_samples import ScoredSamples
from .shown_samples import MOST_CARDS, ShownSamples
from .summary import class_table, headline, near_text, shown_text, tiles
from .suspect_list import SuspectList

__all__ = ["ReportContent"]

STRIP = 9
SIDE = 6


@dataclass(frozen=True)
class ReportContent:
    """A report before it is written.

    Attributes:
        values: What the template names.
        files: The figures as PNG, by name.
        shown: The samples that are shown.
    """

    values: Dict[str, Any]
    files: Dict[str, bytes]
    shown: ShownSamples

    @classmethod
    def gather(
        cls, inputs: ReportInputs, page: Path, most: int = MOST_CARDS, execution: Execution = Execution()
    ) -> ReportContent:
        """Read the inputs, draw the figures, write the sentences.

        Args:
            inputs: What to report on.
            page: The file to write; paths in the text are shown relative to its folder.
            most: How many samples to show at most.
            execution: The processes of this machine that make thumbnails.

        Raises:
            DataError: A file is missing, broken, or not what it should be.
            CorruptFileError: The cache is damaged.
        """
        names = inputs.class_names
        samples = ScoredSamples.read(inputs.influence, inputs.label, names)
        curve = None if inputs.curve is None else RemovalCurve.read_csv(inputs.curve)
        cache = open_cache(inputs.cache, len(samples))
        shown = ShownSamples.choose(samples, most, execution=execution)
        # All figures in one block: entering it resets matplotlib's settings each time.
        with drawing():
            figures = [*([] if curve is None else [_curve(curve)]), _distribution(samples)]
            files = _files(figures[-1], curve, shown)
        tables = [
            {"name": "cost", "title": "Cost", "folded": False, "rows": cost_rows(inputs, cache, curve)},
            {
                "name": "configuration",
                "title": "Configuration",
                "folded": True,
                "rows": [*file_rows(inputs, len(samples)), *_asked(samples), *cache_rows(cache)],
            },
        ]
        values = {
            **_head(samples, inputs),
            **_browser(samples, shown),
            **_asked_rows(samples, shown.cards, inputs),
            "figures": figures,
            "suspects": None if inputs.suspects is None else SuspectList.read(inputs.suspects, inputs.label, names),
            "tables": [table for table in tables if table["rows"]],
            "ticked_file": _ticked_file(inputs),
            "listed_file": f"{Path(inputs.influence).stem}_list.csv",
            "ticks_key": _ticks_key(inputs),
            "command": _next_step(inputs, page),
        }
        return cls(values, files, shown)


def _files(distribution: PageFigure, curve: Optional[RemovalCurve], shown: ShownSamples) -> Dict[str, bytes]:
    """Draw the figures to write as files of their own."""
    files = {"distribution": distribution.images[0].pngs["light"]}
    if curve is not None:
        files["curve"] = png_bytes(curve_figure(curve, LIGHT))
    sheet = contact_sheet(shown, LIGHT)
    if sheet is not None:
        files["most_harmful"] = png_bytes(sheet)
    return files


def _asked(samples: ScoredSamples) -> List[Tuple[str, str]]:
    """Name the objective where the influence CSV does."""
    return [] if samples.objective == LOSS else [("objective", samples.objective.words)]


def _head(samples: ScoredSamples, inputs: ReportInputs) -> Dict[str, Any]:
    return {
        "title": Path(inputs.influence).stem,
        "headline": headline(samples),
        "warnings": learning_notes(samples),
        "tiles": tiles(samples),
    }


def _browser(samples: ScoredSamples, shown: ShownSamples) -> Dict[str, Any]:
    """Gather what the template's part with the samples names."""
    extras = [name for name in samples.extras if name != LOSS_COLUMN]
    return {
        "cards": shown.cards,
        "card_kind": "pictures" if any(card.picture or card.picture_text for card in shown.cards) else "numbers",
        "shown_text": shown_text(shown),
        "near_text": near_text(shown),
        "notes": _notes(shown),
        "classes": _class_menu(samples, shown.cards),
        "class_title": "Class" if samples.classes is None else f"Class ({samples.classes.title})",
        "can_differ": samples.predicted is not None and samples.classes is not None,
        "orders": sort_orders(
            extras,
            samples.losses is not None,
            samples.classes is not None,
            None if samples.target is None else samples.target.title,
        ),
        "columns": shown.columns,
        "exported": _exported(samples, extras),
    }


def _exported(samples: ScoredSamples, extras: Sequence[str]) -> List[Tuple[str, str]]:
    """List the columns of an exported list: title, and attribute of a card without ``data-``."""
    columns = [(INDEX_COLUMN, "index"), (SCORE_COLUMN, "score")]
    if samples.classes is not None:
        columns.append((samples.classes.title, "name"))
    if samples.target is not None:
        columns.append((samples.target.title, "target"))
    if samples.predicted is not None:
        columns.append(("predicted", "predicted"))
    if samples.losses is not None:
        columns.append((LOSS_COLUMN, "loss"))
    columns += [(name, f"extra-{place}") for place, name in enumerate(extras)]
    return [*columns, ("file", "file")]


def _asked_rows(samples: ScoredSamples, cards: List[Card], inputs: ReportInputs) -> Dict[str, Any]:
    """Choose what stands before the figures: validation rows beside what helped and harmed them, or the two ends."""
    if inputs.target is None or inputs.validation is None:
        return {"asked": None, "sides": [], "strips": _strips(samples, cards)}
    asked = AskedRows.read(inputs.target, inputs.validation, samples, inputs.class_names)
    helped = [card for card in reversed(cards) if card.score > 0][:SIDE]
    harmed = [card for card in cards if card.score < 0][:SIDE]
    return {"asked": asked, "sides": [("Helped most", helped), ("Harmed most", harmed)], "strips": []}


def _strips(samples: ScoredSamples, cards: List[Card]) -> List[Dict[str, Any]]:
    """Choose the two ends of the ranking, to be seen at a glance; only pictures can be taken in so."""
    pictures = [card for card in cards if card.picture]
    ends = (pictures[:STRIP], pictures[: -STRIP - 1 : -1])  # the second from the very end inwards
    titles = ("Most harmful", "Most helpful") if samples.signed else ("Lowest scores", "Highest scores")
    return [{"title": title, "cards": end} for title, end in zip(titles, ends) if len(pictures) > 2 * STRIP]


def _class_menu(samples: ScoredSamples, cards: List[Card]) -> List[Dict[str, Any]]:
    """List the classes that are on the page, with how many of their samples are."""
    if samples.classes is None:
        return []
    counts: Dict[int, int] = {}
    for card in cards:
        counts[card.class_position] = counts.get(card.class_position, 0) + 1
    return [
        {"position": position, "name": samples.classes.names[position], "shown": counts[position]}
        for position in sorted(counts)
    ]


def _notes(shown: ShownSamples) -> List[str]:
    notes = []
    if shown.broken:
        file, reason = shown.broken[0]
        files = "file" if len(shown.broken) == 1 else "files"
        notes.append(f"{len(shown.broken):,} {files} could not be read, the first: {file} ({reason}).")
    if shown.unseen_numbers:
        notes.append(f"{shown.unseen_numbers:,} further columns of numbers are left out.")
    return notes


def _distribution(samples: ScoredSamples) -> PageFigure:
    classes = 0 if samples.classes is None else len(samples.classes.names)
    per_class = " per class" if classes else ""
    text = "Every dot is a sample; the bar holds the middle half of the scores, the ring their median."
    if long_tails(samples.scores):
        text += " Far from 0 the scale is logarithmic, because few samples have most of the influence."
    if classes > MOST_ROWS:
        text += f" Drawn are the {MOST_ROWS} classes with the lowest mean scores."
    return PageFigure(
        name="distribution",
        title=f"Scores{per_class}",
        text=text,
        images=[
            _drawn(lambda theme: distribution_figure(samples, theme), f"Influence scores{per_class}, see the text.")
        ],
        summary="Numbers per class",
        table=class_table(samples) if classes else (),
    )


def _curve(curve: RemovalCurve) -> PageFigure:
    images = []
    for start in curve.starts:
        for measure in shown_measures(curve):
            alt = f"{MEASURE_NAMES[measure]} by number of removed samples, {START_NAMES.get(start, start)}"
            images.append(_drawn(partial(panel_figure, curve, start, measure), alt))
    return PageFigure(
        name="curve",
        title="Does removing help?",
        text=curve_text(curve),
        images=images,
        legend=[series_name(series) for series in curve.series],
        summary="The chosen numbers and what they were worth",
        table=choice_table(curve),
        open=True,
    )


def _drawn(draw: Callable[[Theme], Figure], alt: str) -> PageImage:
    """Draw a picture in every theme."""
    figures = {name: draw(theme) for name, theme in THEMES.items()}
    width, height = figures["light"].get_size_inches()
    return PageImage({name: png_bytes(figure) for name, figure in figures.items()}, (width, height), alt)


def _ticks_key(inputs: ReportInputs) -> str:
    """Name the place where a browser keeps the ticks: by the CSV's bytes, wherever it lies."""
    return f"nnabla_influence ticks {file_digest(Path(inputs.influence))}"


def _ticked_file(inputs: ReportInputs) -> str:
    return f"{Path(inputs.influence).stem}_ticked.csv"


def _next_step(inputs: ReportInputs, page: Path) -> str:
    """Fill the files into the command that leaves ticked rows out; empty without one."""
    if inputs.next_step is None:
        return ""
    influence = Path(os.path.abspath(str(inputs.influence)))
    try:
        shown = os.path.relpath(str(influence), str(page.parent)).replace(os.sep, "/")
    except ValueError:  # another Windows drive
        shown = str(influence)
    return inputs.next_step.format(influence=_quoted(shown), ticked=_quoted(_ticked_file(inputs)))


def _quoted(text: str) -> str:
    """Quote a path for a shell; double quotes work everywhere."""
    return f'"{text}"' if set(text) & set(" '&()[]{};<>|*?$`!~#") else text
