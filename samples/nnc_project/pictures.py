"""Makes the pictures of the manual ``plugins/README.md`` from what `build.py` has written.

    python samples/nnc_project/pictures.py --work nnc_work --output plugins/pictures --browser chromium

The browser takes the picture of the report; everything else is what the plugins drew, and two drawings.
"""

import argparse
import subprocess
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from PIL import Image

INK, FAINT, BLUE, PALE, ORANGE = "#1b2330", "#667085", "#2369b3", "#eaf2fb", "#fdf0ea"
STEPS = (
    ("1  Train", "the project, as ever, or with\nTrain with influence cache", "results.nnp\ninfluence_cache.h5"),
    ("2  Score", "plugin Influence", "influence.csv"),
    (
        "3  Look",
        "influence.csv as a dataset,\nplugins Influence report,\nWhy this result?",
        "influence_report.html\nmost_harmful.png\nwhy_this_result.png",
    ),
    ("4  Ask", "plugin Removal curve", "removal_curve.png\nretrainings.csv"),
    ("5  Remove", "plugin Remove harmful samples", "cleansed.csv\nremoved.csv"),
    ("6  Train again", "with cleansed.csv as\ntraining data, and compare", "results.nnp"),
)
WINDOWS = (
    (0, "neural_network_console", ""),
    (1, "libs", ""),
    (2, "plugins", "the menus are these folders"),
    (3, "_Training", ""),
    (4, "train_with_influence_cache.py", "Training"),
    (3, "_Post_Process", ""),
    (4, "_Data_Cleansing", ""),
    (5, "influence.py", "Post Process > Data Cleansing > Influence"),
    (5, "why_this_result.py", "... > Why this result?"),
    (5, "why_this_row.py", "... > Why this result? By row number"),
    (5, "influence_report.py", "... > Influence report"),
    (5, "removal_curve.py", "... > Removal curve"),
    (3, "_Dataset", ""),
    (4, "_Data_Cleansing", ""),
    (5, "remove_harmful_samples.py", "Dataset > Data Cleansing > Remove harmful samples"),
    (3, "nnabla_influence_plugins", "no menu: no underscore"),
    (4, "nnabla_influence.zip", "the package, which every script finds"),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, type=Path, help="what build.py has written")
    parser.add_argument("--output", required=True, type=Path, help="folder for the pictures")
    parser.add_argument("--browser", default="chromium", help="a Chromium that can run without a screen")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    result = args.work / "result"
    save(steps(), args.output / "steps.png")
    save(tree(), args.output / "folders.png")
    screenshot(args.browser, result / "influence_report.html", args.output / "report.png")
    for name in ("most_harmful.png", "removal_curve.png", "why_this_row.png"):
        shrink(Image.open(result / name), args.output / name)


def steps():
    """The way from a result to a better data set: what is clicked, and what it writes."""
    figure = Figure(figsize=(9.6, 3.0))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 6), ylim=(0, 1))
    axes.set_axis_off()
    for place, (title, what, files) in enumerate(STEPS):
        box(axes, place, 0.52, 0.42, PALE)
        box(axes, place, 0.06, 0.28, ORANGE)
        axes.text(place + 0.1, 0.86, title, color=BLUE, fontsize=11, weight="bold", va="center")
        axes.text(place + 0.1, 0.67, what.replace(" ", "\n", 1) if len(what) > 24 and "\n" not in what else what,
                  color=INK, fontsize=6.6, va="center")  # fmt: skip
        axes.text(place + 0.1, 0.2, files, color=INK, fontsize=6.6, va="center", family="monospace")
        arrow(axes, (place + 0.5, 0.52), (place + 0.5, 0.36))
        if place < len(STEPS) - 1:
            arrow(axes, (place + 0.95, 0.73), (place + 1.05, 0.73))
    axes.text(0.06, 0.01, "orange: files in the result folder", color=FAINT, fontsize=6.6, va="bottom")
    return figure


def tree():
    """Where ``plugins install --nnc`` puts the files, and which menus come of them."""
    figure = Figure(figsize=(8.2, 4.2))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 10), ylim=(len(WINDOWS), 0))
    axes.set_axis_off()
    for row, (depth, name, note) in enumerate(WINDOWS):
        script = name.endswith(".py")
        axes.text(0.2 + 0.45 * depth, row + 0.5, name, color=BLUE if script else INK, fontsize=8.5, va="center",
                  family="monospace", weight="bold" if script else "normal")  # fmt: skip
        axes.text(5.6, row + 0.5, note, color=FAINT, fontsize=8.5, va="center")
    return figure


def box(axes, place, bottom, height, colour):
    shape = FancyBboxPatch((place + 0.06, bottom), 0.88, height, boxstyle="round,pad=0,rounding_size=0.03")
    shape.set(facecolor=colour, edgecolor="none")
    axes.add_patch(shape)


def arrow(axes, start, end):
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": FAINT, "lw": 1})


def save(figure, path):
    figure.savefig(str(path), dpi=150, facecolor="white")
    shrink(Image.open(path), path)


def screenshot(browser, page, path):
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1100,1250"]
    line = [browser, *options, f"--screenshot={path.resolve()}", page.resolve().as_uri()]
    subprocess.run(line, check=True, stderr=subprocess.DEVNULL)
    shrink(Image.open(path), path)


def shrink(image, path):
    """Few colours and at most 1,100 pixels across: the manual should open quickly."""
    image = image.convert("RGB")
    if image.width > 1100:
        image = image.resize((1100, round(image.height * 1100 / image.width)), Image.Resampling.LANCZOS)
    image.quantize(64, dither=Image.Dither.NONE).save(str(path), optimize=True)


if __name__ == "__main__":
    main()
