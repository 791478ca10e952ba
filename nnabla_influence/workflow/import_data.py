"""The job *import*: makes NNC data sets of a folder of images, a table or arrays, and lists every decision it took."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence, Tuple, Union

from ..choices import COLOURS, TASKS
from ..dataset.class_names import CLASSES_FILE, class_names_csv
from ..dataset.csv import write_csvs
from ..errors import ConfigError, DataError, OutputExistsError
from ..files import FilePath, refuse_existing
from ..remedies import remedy
from .progress_reporter import SILENT, ProgressReporter
from .request_checks import require_choice, require_whole

if TYPE_CHECKING:
    from ..dataset.importing.imported_data import ImportedData
    from ..dataset.importing.source_table import SourceTable
    from ..frames import Frame

__all__ = ["ImportRequest", "Imported", "import_data"]

LEAST_SIDE = 8  # of images that convolutional built-in networks take
# With fewer images the batches of the built-in network make too few steps: of 320 (960) digits with a tenth of the
# labels wrong, these were found with an AUROC of .58 (.81) with its own batches of 64, of .80 (.98) with batches of 16.
FEW_IMAGES = 2000
SMALL_BATCH = 16
REGRESSION = TASKS[1]
VALIDATION_SHARE = 0.2
FOLDER, ARCHIVE, TABLE = "a folder", "an .npz archive", "a table"


@dataclass(frozen=True)
class ImportRequest:
    """What is imported, and how.

    Args:
        source: A folder with a folder of images for each class (perhaps below ``train``, ``val`` and ``test``); a
            table (CSV, Excel, Parquet); a NumPy archive ``.npz`` with ``x`` and ``y``; or a data frame.
        output: The folder to write ``training.csv``, ``validation.csv``, perhaps ``test.csv``, and ``classes.csv`` to.
        labels: The label columns of a table; empty: the one with a usual name.
        ignore: Columns of a table, or class folders, to leave out.
        task: ``classification`` or ``regression``; ``auto``: by the labels.
        validation: The share of the rows that validate; or a further source that does, of the same kind.
        test: The share of the rows that test, or a further source; 0: none.
        seed: Draws which row goes where.
        encoding: Of a text file, in Python's spelling; None: find out.
        header: Whether a text file's first line names the columns; None: find out.
        colours: ``grey`` or ``rgb``: images of another kind are converted, as copies; None: none is.
        overwrite: Replace data sets that are there.

    Raises:
        ConfigError: A value is impossible.

    Example:
        >>> ImportRequest("wine.csv", "wine", labels="quality").validation
        0.2
    """

    source: Union[FilePath, Frame]
    output: FilePath
    labels: Union[str, Sequence[str]] = ()
    ignore: Union[str, Sequence[str]] = ()
    task: str = "auto"
    validation: Union[float, FilePath, Frame] = VALIDATION_SHARE
    test: Union[float, FilePath, Frame] = 0.0
    seed: int = 0
    encoding: Optional[str] = None
    header: Optional[bool] = None
    colours: Optional[str] = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        require_choice("task", self.task, ("auto", *TASKS[:2]))
        require_whole("seed", self.seed, 0)
        if self.colours is not None:
            require_choice("colours", self.colours, COLOURS)
        shares = self.shares
        if not (0 < shares.get("validation", 1) and 0 <= shares.get("test", 0) and sum(shares.values()) < 1):
            raise ConfigError(
                "Expected a validation share above 0 and a test share of at least 0 that leave rows to train on, got "
                f"{' and '.join(map(repr, shares.values()))}."
            )

    @property
    def shares(self) -> Dict[str, float]:
        """The share of each part that is dealt out."""
        return {name: float(given) for name, given in self._parts().items() if isinstance(given, (int, float))}

    @property
    def further(self) -> Dict[str, Union[FilePath, Frame]]:
        """The source of each part that has one of its own."""
        return {name: given for name, given in self._parts().items() if not isinstance(given, (int, float))}

    def _parts(self) -> Dict[str, Union[float, FilePath, Frame]]:
        return {"validation": self.validation, "test": self.test}


@dataclass(frozen=True)
class Imported:
    """What was written.

    Attributes:
        files: The CSV of each part: ``training``, ``validation``, perhaps ``test``.
        rows: How many rows each has.
        classes_file: The names of the classes; None if the labels are no classes.
        classes: The name of every class in the order of the numbers.
        decisions: What was decided, in sentences.
        network: The built-in network that fits.
        task: What it learns, where its own look at the labels could see something else; None: leave it to that.
        image_size: (H, W) to which the images have to be resized; None if they need not.
        batch_size: The batch size for so few images; None: the network's own.
        mixed_colours: Whether the images differ in their colours, so that no network can read them as they are.
    """

    files: Dict[str, Path]
    rows: Dict[str, int]
    classes_file: Optional[Path]
    classes: Tuple[str, ...]
    decisions: List[str]
    network: str
    task: Optional[str]
    image_size: Optional[Tuple[int, int]]
    batch_size: Optional[int]
    mixed_colours: bool


def import_data(request: ImportRequest, reporter: ProgressReporter = SILENT) -> Imported:
    """Make NNC data sets of a source.

    Args:
        request: What, and how.
        reporter: Shows how far it is.

    Raises:
        DataError: The source cannot be read, or its labels or columns cannot be used; the message names them.
        MissingExtraError: What pandas needs for a table's format is not installed.
        OutputExistsError: A data set is there already.
    """
    folder = Path(request.output)
    if folder.exists() and not folder.is_dir():
        raise OutputExistsError(f"{folder}: expected a folder to write to, got a file. Choose another output.")
    outputs = [folder / f"{part}.csv" for part in ("training", "validation", "test")] + [folder / CLASSES_FILE]
    _refuse_existing([path for path in outputs if path.exists()], request)
    data = _imported(request, folder, reporter)
    for part in ("training", "validation"):
        if part not in data.parts:
            raise DataError(f"Expected rows enough for {part} data, got too few.", remedy("give-more-rows"))
    files = {part: folder / f"{part}.csv" for part in data.parts}
    names = class_names_csv(folder, data.classes) if data.classes else None
    write_csvs(
        *((files[part], data.header, rows) for part, rows in data.parts.items()), *([] if names is None else [names])
    )
    classes_file = None if names is None else names[0]
    for path in {*outputs} - {*files.values(), classes_file}:
        path.unlink(missing_ok=True)  # what an earlier import left here is not of this data
    images = data.image_shape is not None and min(data.image_shape) >= LEAST_SIDE
    return Imported(
        files,
        {part: len(rows) for part, rows in data.parts.items()},
        classes_file,
        data.classes,
        data.decisions,
        "builtin:cnn" if images else "builtin:mlp",
        REGRESSION if data.regression else None,
        data.image_shape if data.resize else None,
        SMALL_BATCH if images and len(data.parts["training"]) < FEW_IMAGES else None,
        data.mixed_colours,
    )


def _refuse_existing(existing: List[Path], request: ImportRequest) -> None:
    """Refuse to write over files, and over the source itself.

    Raises:
        OutputExistsError: One is there.
    """
    sources = [Path(one) for one in (request.source, *request.further.values()) if isinstance(one, (str, Path))]
    for source in sources:
        if any(path.samefile(source) for path in existing if source.exists()):
            raise OutputExistsError(f"{source}: expected another folder to write to, got that of the source itself.")
    refuse_existing(existing, request.overwrite)


def _listed(names: Union[str, Sequence[str]]) -> Tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _imported(request: ImportRequest, folder: Path, reporter: ProgressReporter) -> ImportedData:
    # Here, because pandas takes a while to load.
    from ..dataset.importing.array_archive import import_archive
    from ..dataset.importing.image_folder import import_folder
    from ..dataset.importing.import_settings import ImportSettings
    from ..dataset.importing.joined_tables import join_tables
    from ..dataset.importing.table_import import import_table

    task = None if request.task == "auto" else request.task
    settings = ImportSettings(
        _listed(request.labels),
        _listed(request.ignore),
        task,
        request.shares.get("validation", VALIDATION_SHARE),  # not looked at where that part is given
        request.shares.get("test", 0.0),
        request.seed,
        request.colours,
    )
    with reporter.progress("looking at images", "files") as progress:
        settings = dataclasses.replace(settings, progress=progress)
        kinds = {_kind(source) for source in (request.source, *request.further.values())}
        if len(kinds) > 1:
            raise DataError(f"Expected sources of one kind, got {' and '.join(sorted(kinds))}.")
        further = {part: Path(source) for part, source in request.further.items() if isinstance(source, (str, Path))}
        if kinds == {FOLDER}:
            return import_folder(Path(str(request.source)), settings, folder, further)
        if kinds == {ARCHIVE}:
            return import_archive(Path(str(request.source)), settings, folder, further)
        parts = {"training": request.source, **request.further}
        joined = join_tables({part: _read_table(source, request) for part, source in parts.items()})
        return import_table(joined.table, settings, folder, joined.given)


def _kind(source: Union[FilePath, Frame]) -> str:
    """Tell what a source is.

    Raises:
        DataError: It is a file that does not exist.
    """
    if not isinstance(source, (str, Path)):
        return TABLE
    path = Path(source)
    if not path.exists():
        raise DataError(f"{path}: expected a folder, a table or an .npz archive, got no such file.")
    if path.is_dir():
        return FOLDER
    return ARCHIVE if path.suffix.lower() == ".npz" else TABLE


def _read_table(source: Union[FilePath, Frame], request: ImportRequest) -> SourceTable:
    from ..dataset.importing.source_table import SourceTable, read_source_table

    if isinstance(source, (str, Path)):
        return read_source_table(Path(source), request.encoding, request.header)
    return SourceTable.of(source)
