"""Writes a part of MNIST as Neural Network Console data sets (PNG files and CSVs).

    python samples/mnist/prepare.py --data mnist.zip --output mnist_work --training 5000 --validation 1000

--data is a folder or a zip file with either the four standard IDX files (train-images-idx3-ubyte and so on, plain or
gzipped; see the README for where to get them) or PNG images in folders named by their class (train/7/00042.png).
Training and validation images are drawn from MNIST's training part by --seed; the test part is written whole or,
with --test, in part.
"""

import argparse
import csv
import gzip
import io
import struct
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

IDX = {"train": ("train-images", "train-labels"), "test": ("t10k-images", "t10k-labels")}


class Source:
    """Files by name, in a folder or in a zip file."""

    def __init__(self, path):
        self.path = Path(path)
        self.archive = zipfile.ZipFile(self.path) if self.path.is_file() else None
        if self.archive:
            self.names = sorted(n for n in self.archive.namelist() if not n.endswith("/"))
        else:
            self.names = sorted(p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if p.is_file())
        if not self.names:
            raise SystemExit(f"error: no files in '{path}'; expected IDX files or PNGs in folders named by class")

    def read(self, name):
        data = self.archive.read(name) if self.archive else (self.path / name).read_bytes()
        return gzip.decompress(data) if name.endswith(".gz") else data


def load(source, part):
    """Images (N, 28, 28) uint8 and labels (N,) of ``train`` or ``test``."""
    found = [next((n for n in source.names if PurePosixPath(n).name.startswith(stem)), None) for stem in IDX[part]]
    return load_idx(source, *found) if all(found) else load_png(source, part)


def load_idx(source, images, labels):
    data = source.read(images)
    _, count, height, width = struct.unpack(">IIII", data[:16])
    pixels = np.frombuffer(data, np.uint8, offset=16).reshape(count, height, width)
    return pixels, np.frombuffer(source.read(labels), np.uint8, offset=8).astype(int)


def load_png(source, part):
    chosen = [
        n
        for n in source.names
        if n.lower().endswith(".png") and part in PurePosixPath(n).parts and PurePosixPath(n).parent.name.isdigit()
    ]
    if not chosen:
        raise SystemExit(f"error: '{source.path}' holds neither {' and '.join(IDX[part])} nor {part}/<class>/*.png")
    chosen.sort(key=lambda n: PurePosixPath(n).name)
    pixels = np.stack([np.array(Image.open(io.BytesIO(source.read(n))).convert("L")) for n in chosen])
    return pixels, np.array([int(PurePosixPath(n).parent.name) for n in chosen])


def write(folder, name, images, labels):
    """One data set: PNG files and a CSV with columns x:image,y:label."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["x:image", "y:label"])
        for number, (image, label) in enumerate(zip(images, labels)):
            Image.fromarray(image).save(folder / name / f"{number:05d}.png")
            writer.writerow([f"{name}/{number:05d}.png", label])
    print(f"{folder / name}.csv: {len(labels)} images")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder or zip with MNIST")
    parser.add_argument("--output", required=True, type=Path, help="folder to write to")
    parser.add_argument("--training", type=int, default=5000)
    parser.add_argument("--validation", type=int, default=1000)
    parser.add_argument("--test", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    source = Source(args.data)
    images, labels = load(source, "train")
    if args.training + args.validation > len(labels):
        raise SystemExit(f"error: {args.training} + {args.validation} images asked for, MNIST has {len(labels)}")
    order = np.random.default_rng(args.seed).permutation(len(labels))
    training, validation = order[: args.training], order[args.training : args.training + args.validation]
    write(args.output, "training", images[training], labels[training])
    write(args.output, "validation", images[validation], labels[validation])
    if args.test:
        images, labels = load(source, "test")
        write(args.output, "test", images[: args.test], labels[: args.test])


if __name__ == "__main__":
    main()
