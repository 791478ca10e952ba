"""Writes a part of CIFAR-10 as Neural Network Console data sets (image files and CSVs).

    python samples/cifar10/prepare.py --data cifar-10-binary.tar.gz --output cifar_work --training 10000

--data is the standard binary version (cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html, or the
folder it unpacks to), or a zip file or folder that holds NNC data sets train.csv and test.csv (header x:image,y:label).
If the latter comes with train_human_noise.csv (columns image, clean_label, and labels given by people, as in CIFAR-10N,
https://github.com/UCSC-REAL/cifar-10-100n), --human COLUMN writes human.csv, the same training images with those
labels, and human_truth.csv, which says which of them are wrong. Training and validation images are drawn from the
training part by --seed, together as many of every class.
"""

import argparse
import csv
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

BATCHES = {"train": [f"data_batch_{k}.bin" for k in range(1, 6)], "test": ["test_batch.bin"]}
RECORD = 1 + 3 * 32 * 32


class Source:
    """Files by the end of their name, in a folder, a zip or a tar file."""

    def __init__(self, path):
        self.path = Path(path)
        if self.path.is_dir():
            self.files = {p.relative_to(self.path).as_posix(): p.read_bytes for p in sorted(self.path.rglob("*"))}
        elif zipfile.is_zipfile(self.path):
            archive = zipfile.ZipFile(self.path)
            self.files = {name: lambda name=name: archive.read(name) for name in archive.namelist()}
        else:
            archive = tarfile.open(self.path)
            self.files = {m.name: lambda m=m: archive.extractfile(m).read() for m in archive.getmembers() if m.isfile()}

    def find(self, end):
        return next((name for name in self.files if name == end or name.endswith("/" + end)), None)

    def table(self, end):
        """The CSV's folder and its rows as dictionaries."""
        name = self.find(end)
        if name is None:
            raise SystemExit(
                f"error: no {end} (and no {BATCHES['train'][0]}) in '{self.path}'; see the top of this script"
            )
        text = self.files[name]().decode("utf-8-sig")
        return name[: -len(end)], list(csv.DictReader(io.StringIO(text)))


def load(source, part):
    """(labels (N,), a function from row to (file ending, bytes), human labels by column)."""
    if source.find(BATCHES[part][0]):
        return load_binary(source, part)
    folder, rows = source.table(f"{part}.csv")
    names = [folder + row["x:image"] for row in rows]
    human = {}
    if part == "train" and source.find("train_human_noise.csv"):
        noisy = source.table("train_human_noise.csv")[1]
        if [row["image"] for row in noisy] != [row["x:image"] for row in rows]:
            raise SystemExit(
                "error: train_human_noise.csv and train.csv list other images; they should be row by row alike"
            )
        human = {
            key: np.array([int(row[key]) for row in noisy]) for key in noisy[0] if key.endswith(("label", "label1"))
        }
    return (
        np.array([int(row["y:label"]) for row in rows]),
        lambda i: (Path(names[i]).suffix, source.files[names[i]]()),
        human,
    )


def load_binary(source, part):
    data = b"".join(source.files[source.find(name)]() for name in BATCHES[part])
    records = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)

    def png(i):
        stream = io.BytesIO()
        Image.fromarray(pixels[i]).save(stream, "png")
        return ".png", stream.getvalue()

    return records[:, 0].astype(int), png, {}


def balanced(labels, count, random):
    """`count` rows, as many of every class, in random order."""
    classes = np.unique(labels)
    if count % len(classes) or count // len(classes) > np.bincount(labels).min():
        raise SystemExit(f"error: cannot draw {count} images, as many of each of {len(classes)} classes")
    each = [random.permutation(np.flatnonzero(labels == k))[: count // len(classes)] for k in classes]
    return random.permutation(np.concatenate(each))


def write(folder, name, rows, labels, image):
    """Image files in a folder of their own and the CSV beside it."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    cells = []
    for row in rows:
        ending, data = image(row)
        cells.append(f"{name}/{row:05d}{ending}")
        (folder / cells[-1]).write_bytes(data)
    write_csv(folder / f"{name}.csv", ["x:image", "y:label"], zip(cells, labels[rows]))
    return cells


def write_csv(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--training", type=int, default=10000)
    parser.add_argument("--validation", type=int, default=2000)
    parser.add_argument("--test", type=int, default=10000)
    parser.add_argument("--human", metavar="COLUMN", help="also write human.csv with this column's labels")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    source, random = Source(args.data), np.random.default_rng(args.seed)
    labels, image, human = load(source, "train")
    if args.human and args.human not in human:
        raise SystemExit(f"error: there are no labels {args.human}; there are {', '.join(human) or 'none'}")
    drawn = balanced(labels, args.training + args.validation, random)
    training, validation = drawn[: args.training], drawn[args.training :]
    cells = write(args.output, "training", training, labels, image)
    write(args.output, "validation", validation, labels, image)
    test_labels, test_image, _ = load(source, "test")
    write(args.output, "test", balanced(test_labels, args.test, random), test_labels, test_image)
    if args.human:
        given = human[args.human][training]
        write_csv(args.output / "human.csv", ["x:image", "y:label"], zip(cells, given))
        flags = (given != labels[training]).astype(int)
        write_csv(args.output / "human_truth.csv", ["datasource_index", "flipped"], enumerate(flags))
        print(f"human labels: {flags.sum()} of {len(flags)} are wrong")
    print(f"{len(training)} training, {len(validation)} validation, {args.test} test images in {args.output}")


if __name__ == "__main__":
    main()
