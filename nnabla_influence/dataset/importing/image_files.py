"""Image files of a data set: their sizes, their colours, which are copies, and their paths as an NNC CSV writes them.

Only the header of a file is decoded. Training needs images of one size and of one kind (grey, colour, with or without
alpha); sizes can be settled when the data is read, colours only by converted copies of the images that differ.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, List, Optional, Sequence, Tuple

from PIL import Image

from ...errors import DataError
from ...files import atomic_path
from ..decoding import BROKEN_FILE
from .import_note import ImportNote, listed

__all__ = ["ImageFiles", "relative_path"]

_PILLOW = {"grey": "L", "rgb": "RGB"}  # its names for `choices.COLOURS`

_KINDS = {"1": "grey", "L": "grey", "LA": "grey with alpha", "RGBA": "rgb with alpha", "PA": "rgb with alpha"}


@dataclass(frozen=True)
class ImageFiles:
    """Image files that were looked at.

    Attributes:
        rows: Which of the files that were given are readable; what follows is about these.
        paths: Where they are.
        keys: A hash of the bytes of each, so that copies are found.
        sizes: (H, W) of each.
        kinds: ``grey``, ``rgb``, ... of each.
        broken: Files that are no readable images.
    """

    rows: List[int]
    paths: List[Path]
    keys: List[bytes]
    sizes: List[Tuple[int, int]]
    kinds: List[str]
    broken: List[Path]

    @classmethod
    def look_at(cls, paths: Sequence[Path], progress: Optional[Callable[[int, int], None]] = None) -> ImageFiles:
        """Look at files.

        Args:
            paths: The files.
            progress: Called with (files done, files in all).
        """
        pictures = cls([], [], [], [], [], [])
        for number, path in enumerate(paths):
            try:
                data = path.read_bytes()
                with Image.open(io.BytesIO(data)) as image:
                    size, kind = (image.height, image.width), _kind(image)
            except BROKEN_FILE:
                pictures.broken.append(path)
            else:
                pictures.rows.append(number)
                pictures.paths.append(path)
                pictures.keys.append(hashlib.blake2b(data, digest_size=16).digest())
                pictures.sizes.append(size)
                pictures.kinds.append(kind)
            if progress:
                progress(number + 1, len(paths))
        return pictures

    @property
    def shape(self) -> Tuple[int, int]:
        """(H, W), the most frequent one."""
        return Counter(self.sizes).most_common(1)[0][0]

    def notes(self) -> List[ImportNote]:
        """Say what the images are, and what differs."""
        sizes = Counter(self.sizes)
        height, width = self.shape
        kinds = Counter(self.kinds)
        notes = [ImportNote(f"{len(self.paths):,} images of {height}x{width} pixels")]
        if len(sizes) > 1:
            most = f"{sizes[height, width]:,} are {height}x{width}"
            notes = [ImportNote(f"{len(self.paths):,} images of {len(sizes):,} sizes; {most}")]
        notes.append(ImportNote("colours: " + ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())))
        if self.broken:
            shown = listed([str(path) for path in self.broken])
            notes.append(ImportNote(f"files left out, no readable images: {len(self.broken):,} ({shown})"))
        return notes

    def converted(self, colours: str, folder: Path) -> ImageFiles:
        """Return the files with copies in place of those of another kind.

        Args:
            colours: One of `choices.COLOURS`.
            folder: Where the copies are written.

        Raises:
            DataError: A file that is to be copied has a header, and no readable image behind it.
        """
        paths = [
            path if kind == colours else _convert(path, _PILLOW[colours], folder / f"{number:06d}_{path.stem}.png")
            for number, (path, kind) in enumerate(zip(self.paths, self.kinds))
        ]
        return replace(self, paths=paths, kinds=[colours] * len(paths))


def _kind(image: Image.Image) -> str:
    if image.mode.startswith("I"):
        return "grey of 16 bits"
    if image.mode == "P":
        return "rgb with alpha" if "transparency" in image.info else "rgb"
    mode: str = image.mode
    return _KINDS.get(mode, mode.lower())


def _convert(path: Path, mode: str, target: Path) -> Path:
    try:
        with Image.open(str(path)) as image:
            converted = _eight_bits(image).convert(mode)
    except BROKEN_FILE as error:  # until now only its header was read
        raise DataError(
            f"{path}: expected a readable image, got the error: {error}. Replace the file or move it away."
        ) from error
    with atomic_path(target) as temporary:
        converted.save(str(temporary))
    return target


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image of 8 bits: Pillow cuts off what is above 255 instead of scaling."""
    # A product: Pillow 9.1 knows no quotients here.
    return image.point(lambda value: value * (1 / 256)).convert("L") if image.mode.startswith("I") else image


def relative_path(path: Path, folder: Path) -> str:
    """Return a file's path as a CSV in `folder` writes it: relative, with forward slashes.

    On another drive of Windows, where no relative path leads, it stays absolute.
    """
    try:
        return os.path.relpath(str(path.absolute()), str(folder.absolute())).replace(os.sep, "/")
    except ValueError:
        return str(path.absolute()).replace(os.sep, "/")
