"""What is fuzzed: for every kind of input a strategy of valid ones that are then damaged, and what reads them.

A target's `strategy` makes `Input`s. Its `read(folder, words)` does with them what the package does, and returns what
it read. `beyond` names the function that is called only after the first check: an input that gets there was not turned
away at the door. `whole` says what must be read where a checksum vouches for it; then another result is a silent
difference.
"""

import csv
import io
import zipfile
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
from hypothesis import strategies as st
from PIL import Image
from soak import whole_files
from soak.damages import damaged_bytes, damaged_file, damaged_text, damaged_words, exchanged_text
from soak.inputs import Input


@dataclass(frozen=True)
class Target:
    """One kind of input.

    Args:
        name: What it is called.
        strategy: Makes inputs.
        read: Reads an input's folder, and returns a value to compare.
        beyond: ``module:function`` that only what passes the first check gets to.
        whole: Returns what an accepted input must be read as, None if nobody can know.
    """

    name: str
    strategy: Any
    read: Callable[..., Any]
    beyond: str
    whole: Callable[..., Any] = lambda words: None


# -- data sets -----------------------------------------------------------------------------------------------------


def _csv_text(rows):
    """Write rows; Python's own writer refuses some characters."""
    return "".join(",".join(map(_quoted, row)) + "\n" for row in rows)


def _quoted(cell):
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n\r') else cell


def _packed_image(draw, kind):
    mode = draw(st.sampled_from({"jpg": ("L", "RGB"), "gif": ("L", "P")}.get(kind, ("1", "L", "RGB", "RGBA", "P"))))
    if kind == "bmp" and mode == "RGBA":
        mode = "RGB"
    size = (draw(st.integers(1, 20)), draw(st.integers(1, 20)))
    seed = draw(st.integers(0, 99))
    pixels = np.random.RandomState(seed).bytes(4 * size[0] * size[1])
    stream = io.BytesIO()
    names = {"jpg": "JPEG", "tif": "TIFF"}
    Image.frombytes("RGBA", size, pixels).convert("RGB" if mode == "P" else mode).convert(mode).save(
        stream, names.get(kind, kind.upper())
    )
    return stream.getvalue()


def _packed_array(draw):
    kinds = ("u1", "<i4", ">i4", "<f4", "<f8", "<f2", "?")
    array = np.zeros(draw(st.lists(st.integers(1, 4), max_size=3)), draw(st.sampled_from(kinds)))
    array[...] = draw(st.integers(0, 1))
    stream = io.BytesIO()
    np.save(stream, np.asfortranarray(array) if draw(st.booleans()) else array)
    return stream.getvalue()


NAMES = st.sampled_from(("x", "y", "in", "数", "long name", "v"))


@st.composite
def _header_cells(draw):
    """Return a valid header: scalars, vectors and comments, each name once."""
    cells = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        label = draw(st.sampled_from(("", "", ":label", ":a b", ":数")))
        width = draw(st.integers(0, 3))
        cells += [f"{name}__{i}{label}" for i in range(width)] if width else [f"{name}{label}"]
    return cells + draw(st.lists(st.sampled_from(("# note", "#")), max_size=1))


@st.composite
def _data_set(draw):
    header = draw(_header_cells())
    files = {}
    kinds = [draw(st.sampled_from(("number", "number", "png", "npy", "csv"))) for _ in header]
    rows = [header]
    for row in range(draw(st.integers(1, 4))):
        cells = []
        for column, kind in enumerate(kinds):
            name = f"f{row}_{column}.{kind}"
            if header[column].startswith("#"):
                cells.append("a note, 'here'")
            elif kind == "number" or "__" in header[column]:
                cells.append(draw(st.sampled_from(("0", "1", "-2.5", "1e3", " 4", "+5", "007"))))
            else:
                cells.append(name)
                files[name] = {"png": whole_files.PNG, "npy": whole_files.NPY, "csv": b"1,2\n3,4\n"}[kind]
        rows.append(cells)
    text = draw(st.sampled_from(("", "\ufeff"))) + _csv_text(rows)
    return Input((("d.csv", draw(damaged_file(text))), *sorted(files.items())))


@st.composite
def _header(draw):
    cells = draw(_header_cells())
    place = draw(st.integers(0, len(cells) - 1))
    cells[place] = draw(st.one_of(damaged_text(cells[place]), exchanged_text(cells[place])))
    text = _csv_text([cells, *([str(i)] * len(cells) for i in range(draw(st.integers(1, 3))))])
    return Input((("d.csv", text.encode("utf-8", "surrogatepass")),))


@st.composite
def _image(draw):
    kind = draw(st.sampled_from(("png", "png", "jpg", "bmp", "tif", "gif")))
    # Behind the first 40 bytes are pixels in most kinds; a name of the kind must stand before them.
    data = draw(damaged_bytes(_packed_image(draw, kind), draw(st.sampled_from((0, 40, 60, 100)))))
    return Input(((f"0.{kind}", data), ("d.csv", f"x,y\n0.{kind},1\n".encode())))


@st.composite
def _array(draw):
    data = _packed_array(draw)
    end = data.index(b"\n") + 1
    if draw(st.integers(0, 2)):  # the header is text
        change = draw(st.sampled_from((exchanged_text, exchanged_text, damaged_text)))
        text = draw(change(data[10:end].decode("latin-1"))).encode("latin-1", "replace")
        data = data[:8] + len(text).to_bytes(2, "little") + text + data[end:]
    else:
        data = draw(damaged_bytes(data, draw(st.sampled_from((0, end)))))
    return Input((("0.npy", data), ("d.csv", b"x,y\n0.npy,1\n")))


def _read_data(folder, words):
    from nnabla_influence.dataset.dataset import Dataset

    data = Dataset.from_csv(folder / "d.csv", data_cache=folder / "decoded")
    batch = data.batch(np.arange(len(data)))
    assert all(len(values) == len(data) and np.isfinite(values).all() for values in batch.values()), "not finite"


# -- networks ------------------------------------------------------------------------------------------------------


VALUES = ':"'  # what a value stands behind in an nntxt


@st.composite
def _network_text(draw):
    text = draw(st.sampled_from(whole_files.network_texts()))
    return Input((("n.nntxt", draw(damaged_file(text, VALUES))),))


@st.composite
def _network_archive(draw):
    data = draw(st.sampled_from(whole_files.archives()))
    if draw(st.integers(0, 3)) == 0:
        return Input((("n.nnp", draw(damaged_bytes(data))),))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(members)))
    text = name.endswith("txt")
    members[name] = draw(damaged_file(members[name].decode(), VALUES) if text else damaged_bytes(members[name]))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", draw(st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return Input((("n.nnp", packed.getvalue()),))


def _read_network(name):
    def read(folder, words):
        from nnabla_influence.network import Network

        network = Network.load(folder / name)
        network.build(network.store(), 2)
        network.build(network.store(), 2, validation=True)
        assert np.isfinite(network.theta).all(), "not finite"
        return None

    return read


# -- caches, scores, curves, progress ------------------------------------------------------------------------------


@st.composite
def _cache(draw):
    data = draw(st.sampled_from(whole_files.caches()))
    if not draw(st.integers(0, 2)):
        start = draw(st.sampled_from((0, 200, 1000)))  # the superblock and the first headers have checksums
        return Input((("c.h5", draw(damaged_bytes(data, start))),), ("whole", str(whole_files.caches().index(data))))
    return Input((("c.h5", _forged(draw, data)),))


def _forged(draw, data):
    """Return a cache whose checksum is right and whose contents are not."""
    from nnabla_influence.archives.hdf5_datasets import pack_datasets, read_datasets
    from nnabla_influence.training import cache

    datasets = read_datasets(data)
    datasets.pop("checksum")
    name = draw(st.sampled_from(sorted(datasets)))
    values = datasets[name]
    kind = draw(st.sampled_from(("bytes", "bytes", "shorter", "type", "leave out", "number")))
    if kind == "leave out":
        del datasets[name]
    elif kind == "shorter":
        datasets[name] = values[: len(values) // 2] if values.ndim else values
    elif kind == "type":
        datasets[name] = values.astype(draw(st.sampled_from(("u1", "i8", "f4", "f8"))))
    elif kind == "number" and values.size:
        changed = values.copy()
        number = draw(st.sampled_from((0, 1, -1, 255, 2**31, 2**62)))
        changed.flat[draw(st.integers(0, values.size - 1))] = np.array(number).astype(values.dtype)
        datasets[name] = changed
    elif values.dtype == np.uint8 and values.ndim == 1:
        datasets[name] = np.frombuffer(draw(damaged_bytes(values.tobytes())), np.uint8)
    return bytes(pack_datasets({**datasets, "checksum": cache._bytes(cache._checksum(datasets))}))


def _read_cache(folder, words):
    from nnabla_influence.training import TrainingCache
    from nnabla_influence.workflow.describe import describe

    describe(folder / "c.h5")
    cache = TrainingCache.open(folder / "c.h5")
    states = [cache.checkpoint(step).theta.tobytes() for step in cache.kept]
    return (states, cache.final.theta.tobytes(), cache.network.text)


def _whole_cache(words):
    if not words:
        return None
    return whole_files.cache_contents()[int(words[1])]


@st.composite
def _influence(draw):
    rows = draw(st.integers(2, 6))
    table = [["x", "y", "influence", "datasource_index"]]
    numbers = draw(st.permutations(range(rows)))
    table += [[str(i), str(i % 2), f"{(place - 2) / 3:.9g}", str(i)] for place, i in enumerate(numbers)]
    text = _csv_text(table)
    passport = whole_files.influence_passport(text, rows)
    if draw(st.integers(0, 2)):
        return Input((("i.csv", draw(damaged_file(text))), ("i.csv.json", passport)), ("whole", text))
    return Input((("i.csv", text.encode()), ("i.csv.json", draw(damaged_file(passport.decode())))))


def _read_influence(folder, words):
    from nnabla_influence.scored_data import ScoredData

    data = ScoredData.read(folder / "i.csv")
    return _figures(data)


def _figures(data):
    return [[*row, value] for row, value in zip(data.table.rows, data.scores.values.tolist())]


def _whole_influence(words):
    if not words:
        return None
    _, *rows = csv.reader(io.StringIO(words[1]))
    by_sample = sorted(rows, key=lambda row: int(row[3]))
    return [[x, y, float(score)] for x, y, score, _ in by_sample]


COLUMNS = (
    "method", "treatment", "removed", "start", "seed", "selection_loss", "selection_accuracy", "test_loss",
    "test_accuracy", "seconds", "cpu", "job", "experiment",
)  # fmt: skip


@st.composite
def _curve(draw):
    lines = [",".join(COLUMNS)]
    for method in ("none", *draw(st.lists(st.sampled_from(("loss", "spectral", "random")), unique=True))):
        numbers = (0,) if method == "none" else draw(st.lists(st.integers(1, 9), min_size=1, max_size=2))
        for removed, seed in [(n, s) for n in numbers for s in range(draw(st.integers(1, 3)))]:
            loss = draw(st.sampled_from(("0.5", "0.25", "1", "inf")))
            lines.append(f"{method},remove,{removed},scratch,{seed},{loss},0.5,nan,nan,1.5,cpu,j{len(lines)},e")
    text = "\n".join(lines) + "\n"
    head, _, rest = text.partition("\n")
    if draw(st.integers(0, 3)):  # the header whole
        return Input((("curve.csv", head.encode() + b"\n" + draw(damaged_file(rest))),))
    return Input((("curve.csv", draw(damaged_file(text))),))


def _read_curve(folder, words):
    from nnabla_influence.evaluation.decision import decisions
    from nnabla_influence.evaluation.removal_curve import RemovalCurve

    curve = RemovalCurve.read_csv(folder / "curve.csv")
    for decision in decisions(curve):
        assert decision.sentence


@st.composite
def _progress(draw):
    files = dict(whole_files.progress())
    name = draw(st.sampled_from(sorted(files)))
    text = name.endswith(".json")
    files[name] = draw(damaged_file(files[name].decode()) if text else damaged_bytes(files[name]))
    return Input(tuple((f"c.h5.partial/{name}", data) for name, data in sorted(files.items())), ("whole",))


def _read_progress(folder, words):
    return whole_files.train_small(folder / "c.h5").read_bytes()


def _whole_progress(words):
    return whole_files.trained_bytes()


# -- what is typed -------------------------------------------------------------------------------------------------

LINES = (
    ("noise", "--train", "d.csv", "--rate", "0.5", "--output", "o.csv", "--truth", "t.csv", "--seed", "3"),
    ("noise", "--train", "d.csv", "--rate", ".1", "--kind", "pairwise", "--output", "o", "--truth", "t"),
    ("cleanse", "--influence", "i.csv", "--remove", "2", "--output", "o.csv", "--removed", "r.csv", "--overwrite"),
    ("cleanse", "--influence", "i.csv", "--below", "0.1", "--output", "o.csv", "--train", "d.csv"),
    ("cleanse", "--influence", "i.csv", "--list", "i.csv", "--score", "influence", "--output", "new/o.csv"),
    ("compare", "i.csv", "i.csv", "--json"),
    ("info", "i.csv"),
    ("info", "--data-cache", "decoded"),
    ("import", "d.csv", "--label", "y", "--ignore", "x", "--validation", "0.3", "--test", "0.2", "--output", "data"),
    ("score", "--cache", "no.h5", "--train", "d.csv", "--method", "spectral", "--horizon", "2", "--output", "s.csv"),
    ("train", "--network", "no.nnp", "--cache", "c.h5", "--epochs", "2", "--image-size", "2x2"),
    ("evaluate", "--network", "no.nnp", "--remove", "2", "5%", "--methods", "loss", "--output", "e.csv"),
    ("plugins", "install", "--nnc", "nnc"),
)  # fmt: skip
ROWS = range(9)
SMALL = (
    ("d.csv", b"x,y\n" + b"".join(b"%d,%d\n" % (i, i % 2) for i in ROWS)),
    ("i.csv", b"x,y,influence,datasource_index\n" + b"".join(b"%d,%d,%d,%d\n" % (i, i % 2, i - 4, i) for i in ROWS)),
    ("no.h5", b"nothing"),
    ("no.nnp", b"nothing"),
)  # fmt: skip


@st.composite
def _options(draw):
    command, *words = draw(st.sampled_from(LINES))
    if not draw(st.integers(0, 9)):
        return Input(SMALL, draw(damaged_words((command, *words))))
    return Input(SMALL, (command, *draw(damaged_words(words))))


@st.composite
def _fields(draw):
    from nnabla_influence.nnc.host.manifest import PLUGINS

    plugin = draw(st.sampled_from(PLUGINS))
    words = [plugin.name]
    for parameter in plugin.parameters:
        if draw(st.booleans()):
            value = parameter.default or draw(st.sampled_from(("", "i.csv", "d.csv", "1", "no.nnp")))
            if parameter.tag == "bool":
                words.append(f"--{parameter.name}")
            else:
                words += [f"--{parameter.name}", value]
    if len(words) == 1:
        words += ["--" + plugin.parameters[0].name, "i.csv"]
    return Input(SMALL, (words[0], *draw(damaged_words(words[1:]))))


def _ends_well(door):
    """Nothing may come out of a door but an exit code: not even a sentence of ours."""
    try:
        code = door()
    except SystemExit as leaving:
        code = leaving.code or 0
    except Exception as error:
        raise AssertionError("an exception came out of the door") from error
    assert code in (0, 1, 2), f"exit code {code}"


def _type(folder, words):
    from nnabla_influence.cli.main import main

    _ends_well(lambda: main(list(words)))


def _click(folder, words):
    from nnabla_influence.nnc.host.running import run_plugin

    _ends_well(lambda: run_plugin(words[0], list(words[1:])))


OURS = "nnabla_influence."
TARGETS = (
    Target("data set", _data_set(), _read_data, OURS + "dataset.csv:Table._check_rows"),
    Target("header", _header(), _read_data, OURS + "dataset.header:_check_variable"),
    Target("image", _image(), _read_data, OURS + "dataset.decoding:_require_memory"),
    Target("npy", _array(), _read_data, "numpy.lib.format:_read_array_header"),
    Target("nntxt", _network_text(), _read_network("n.nntxt"), OURS + "network.nnp:_take_parameters"),
    Target("nnp", _network_archive(), _read_network("n.nnp"), OURS + "network.nnp:parse_text"),
    Target("cache", _cache(), _read_cache, OURS + "archives.hdf5_datasets:_checked", _whole_cache),
    Target(
        "influence",
        _influence(),
        _read_influence,
        OURS + "dataset.indexed_column:IndexedColumn.read_scores",
        _whole_influence,
    ),
    Target("curve", _curve(), _read_curve, OURS + "evaluation.curve_row:_parsed"),
    Target("progress", _progress(), _read_progress, OURS + "resume:PartialFolder.load", _whole_progress),
    Target("plugin", _fields(), _click, OURS + "nnc.host.running:_run"),
    Target("options", _options(), _type, OURS + "cli.main:_run"),
)


def target_named(name):
    """Return a target."""
    return next(target for target in TARGETS if target.name == name)
