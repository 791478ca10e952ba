"""Prints removal curves, as `evaluate` wrote them, as Markdown tables and draws them.

    python samples/curves.py curve.csv --figure curve.png

The first table has every number that was tried (test accuracy and test loss, mean and half width of the 95 % interval
over the seeds); the second says which number the selection data chose and what it changed on the test data.
"""

import argparse
from pathlib import Path

from nnabla_influence.evaluation.removal_curve import RemovalCurve

MEASURES = ("test_accuracy", "test_loss")


def cell(interval, sign=""):
    return interval.text(f"{sign}.4f", ".4f")


def all_points(curve, start):
    """Every number that was tried, for every method and measure."""
    for measure in (m for m in MEASURES if curve.has(m)):
        lines = {series: curve.points(*series, start, measure) for series in curve.series}
        numbers = sorted({point.removed for points in lines.values() for point in points if point.removed})
        print(f"\n{measure.replace('_', ' ')}, {start}; removing nothing: {cell(curve.whole(start, measure))}\n")
        print("| samples by | " + " | ".join(f"{number:,}" for number in numbers) + " |")
        print("|---|" + "---|" * len(numbers))
        for (method, treatment), points in lines.items():
            values = {point.removed: cell(point.value) for point in points}
            name = method if treatment == "remove" else f"{method}, {treatment}led"
            print(f"| {name} | " + " | ".join(values.get(number, "-") for number in numbers) + " |")


def choices(curve, start):
    """What the selection data chose and what it was worth."""
    print(f"\n| samples by | chosen by selection ({start}) | change of test loss | change of test accuracy |")
    print("|---|---|---|---|")
    for choice in (curve.choice(*series, start) for series in curve.series):
        name = choice.method if choice.treatment == "remove" else f"{choice.method}, {choice.treatment}led"
        changes = [cell(choice.test_loss, "+"), cell(choice.test_accuracy, "+")] if choice.removed else ["0", "0"]
        print(f"| {name} | {choice.removed:,} | {changes[0]} | {changes[1]} |")


def draw(curve, path):
    from nnabla_influence.report.curve_figure import curve_figure
    from nnabla_influence.report.figures import LIGHT, drawing

    with drawing():
        curve_figure(curve, LIGHT).savefig(path, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("curves", nargs="+", type=Path)
    parser.add_argument("--figure", type=Path, help="PNG to draw (one curve only)")
    args = parser.parse_args()
    for path in args.curves:
        curve = RemovalCurve.read_csv(path)
        seeds = curve.seeds
        print(f"\n## {path.stem} ({seeds} seeds)")
        for start in curve.starts:
            all_points(curve, start)
            choices(curve, start)
        if args.figure:
            draw(curve, args.figure)


if __name__ == "__main__":
    main()
