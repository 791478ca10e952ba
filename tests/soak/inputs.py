"""What a target is given: files in a folder, and words that were typed; kept as a folder of the corpus.

corpus/TARGET/HASH/
    arguments.json    the words
    files/            the files
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Tuple

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Input:
    """Files by name, and words.

    Args:
        files: (name, bytes); a name may have folders in it.
        words: What was typed.
    """

    files: Tuple[Tuple[str, bytes], ...] = ()
    words: Tuple[str, ...] = ()

    def write(self, folder):
        """Write the files into a folder."""
        for name, data in self.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def keep(self, target):
        """Add it to the corpus of a target, unless it is there; return its folder."""
        parts = [repr(self.words), *(f"{name}:{hashlib.sha256(data).hexdigest()}" for name, data in self.files)]
        digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        place = CORPUS / target / digest
        self.write(place / "files")
        place.mkdir(parents=True, exist_ok=True)
        (place / "arguments.json").write_text(json.dumps(self.words), encoding="utf-8")
        return place

    @classmethod
    def kept(cls, place):
        """Read an input of the corpus."""
        files = sorted(path for path in (place / "files").rglob("*") if path.is_file())
        words = tuple(json.loads((place / "arguments.json").read_text(encoding="utf-8")))
        names = [path.relative_to(place / "files").as_posix() for path in files]
        return cls(tuple(zip(names, (path.read_bytes() for path in files))), words)


def corpus():
    """Return (target, folder) of every input that was ever found to be a fault."""
    return sorted((place.parent.name, place) for place in CORPUS.glob("*/*") if place.is_dir())
