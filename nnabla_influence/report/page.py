"""The HTML page: one file that loads nothing.

Everything that comes from a data set passes Jinja2's escaping, in text and in attributes alike; nothing of it is ever
written into a script or a style. Should something slip through, the page's Content-Security-Policy names the one script
and the one style that may run, by their hashes, and allows no connections.
"""

from __future__ import annotations

import base64
import hashlib
import pkgutil
import posixpath
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from .. import __version__
from .card import Card, data_uri
from .summary import number

__all__ = ["PageFigure", "PageImage", "render", "sort_orders"]

CSS_PIXELS_PER_INCH = 96


@dataclass(frozen=True)
class PageImage:
    """A picture that fits light and dark pages.

    Attributes:
        pngs: The picture by theme, ``light`` and ``dark``.
        size: Width and height in inches.
        alt: For those who cannot see it.
    """

    pngs: Mapping[str, bytes]
    size: Tuple[float, float]
    alt: str

    @property
    def light(self) -> str:
        """Data URI for light pages and for print."""
        return data_uri(self.pngs["light"])

    @property
    def dark(self) -> str:
        """Data URI for dark pages."""
        return data_uri(self.pngs["dark"])

    @property
    def pixels(self) -> Tuple[int, int]:
        """Width and height in CSS pixels."""
        return round(self.size[0] * CSS_PIXELS_PER_INCH), round(self.size[1] * CSS_PIXELS_PER_INCH)


@dataclass(frozen=True)
class PageFigure:
    """A figure with its words.

    Attributes:
        name: Name of its file, its class and its anchor.
        title: Heading.
        text: What it shows and how to read it.
        images: One picture or several side by side.
        legend: Names of the lines, in the order of their colours.
        summary: What `table` is, for those who open it.
        table: The same as numbers: header, then rows; empty for none.
        open: Whether the table is shown at once.
    """

    name: str
    title: str
    text: str
    images: Sequence[PageImage]
    legend: Sequence[str] = ()
    summary: str = ""
    table: Sequence[Sequence[str]] = ()
    open: bool = False


def render(content: Mapping[str, Any]) -> str:
    """Fill in the page.

    Args:
        content: Everything ``templates/report.html`` names.
    """
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,  # a name the template has and the content has not is a mistake of ours
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["basename"] = basename
    environment.globals.update(number=number, side_of=_side_of, version=__version__)
    return environment.get_template("report.html").render({**_own_code(), **content})


def basename(cell: str) -> str:
    """Return the last part of a path, however its folders are separated."""
    return posixpath.basename(cell.replace("\\", "/"))


def _own_code() -> Dict[str, Any]:
    """Read script and style of this package, with the hashes by which the page's policy allows them."""
    code: Dict[str, Any] = {}
    for name, file in (("script", "report.js"), ("style", "report.css")):
        # The code begins on a line of its own; the browser hashes that line end too.
        text = "\n" + _template(file)
        code[name] = Markup(text)
        code[f"{name}_hash"] = Markup(f"'sha256-{_digest(text)}'")
    return code


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _side_of(card: Card) -> int:
    return max(card.size)


def sort_orders(extras: List[str], losses: bool, classes: bool) -> List[Dict[str, str]]:
    """Make the choices of the sort menu; `key` is the attribute of a card without ``data-``."""
    orders = [_order("rank", 1, "most harmful first"), _order("rank", -1, "most helpful first")]
    if losses:
        orders += [_order("loss", -1, "highest loss first"), _order("loss", 1, "lowest loss first")]
    if classes:
        orders.append(_order("class", 1, "class"))
    orders.append(_order("index", 1, "row of the training data"))
    for position, name in enumerate(extras):
        orders.append(_order(f"extra-{position}", 1, f"{name}, lowest first"))
    return orders


def _order(key: str, direction: int, text: str) -> Dict[str, str]:
    return {"key": key, "direction": str(direction), "text": text}


def _template(name: str) -> str:
    """Return a file of the folder ``templates``, which lies in an archive where NNC runs the package."""
    contents = pkgutil.get_data(__package__ or "", f"templates/{name}")
    if contents is None:
        raise FileNotFoundError(f"The package lacks its file report/templates/{name}; install it again.")
    return contents.decode("utf-8")
