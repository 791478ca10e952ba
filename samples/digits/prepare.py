"""Writes the digits that come with the package as Neural Network Console data sets.

    python samples/digits/prepare.py --output digits_work

1,000 training, 300 validation and 497 test images (8x8, PNG) with the CSVs training.csv, validation.csv, test.csv.
"""

import argparse

from nnabla_influence.dataset.digits import write_digits

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--output", required=True, help="folder to write to")
parser.add_argument("--training", type=int, default=1000)
parser.add_argument("--validation", type=int, default=300)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()
for path in write_digits(args.output, args.training, args.validation, args.seed):
    print(path)
