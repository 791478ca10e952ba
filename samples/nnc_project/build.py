"""Makes a result folder of Neural Network Console without its GUI, and starts every plugin as a click would.

    python samples/nnc_project/build.py --output nnc_work

Digits with wrong labels on purpose; trained by NNabla's own command line from ``net.nntxt``; scored, shown, judged and
cleansed by the plugins; and trained again on the cleansed data by the training plugin. Every command is printed.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from nnabla_influence.dataset.csv import Table
from nnabla_influence.dataset.digits import write_digits
from nnabla_influence.dataset.noise import write_noisy

HERE = Path(__file__).resolve().parent
PLUGINS = HERE.parents[1] / "plugins"
CLEANSING = "_Post_Process/_Data_Cleansing"


def main():
    args = parse()
    output = Path(args.output).resolve()
    result, again = output / "result", output / "result_cleansed"
    data = write_data(output / "data", args)
    write_project(result, data["noisy"], data["validation"])
    run("NNC trains", result, "-m", "nnabla.utils.cli.cli", "train", "-c", "net.nntxt", "-o", ".", quiet=True)
    # Fields that are left out keep what NNC would show in them, see plugins/README.md.
    plugin(result, f"{CLEANSING}/influence.py", "-m", "results.nnp", "-t", "", "-v", "", "-k", "")
    curve = ["-x", str(data["test"]), "-n", args.counts, "-r", str(args.trials), "-b", args.start]
    plugin(result, f"{CLEANSING}/removal_curve.py", *curve)
    plugin(result, f"{CLEANSING}/why_this_row.py", "-w", str(args.row))
    plugin(result, f"{CLEANSING}/influence_report.py", "-i", "influence.csv", "-n", "40")
    plugin(result, "_Dataset/_Data_Cleansing/remove_harmful_samples.py", "-i", "influence.csv", "-n", args.remove)
    write_project(again, result / "cleansed.csv", data["validation"])
    plugin(again, "_Training/train_with_influence_cache.py", "-c", "net.nntxt", "-o", ".")
    plugin(again, f"{CLEANSING}/influence.py", "-a", "last-epoch")
    conclude(result, again, data["truth"], "auto_influence.csv" if args.remove == "auto" else "influence.csv")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="folder to write to")
    parser.add_argument("--training", type=int, default=800, help="training samples (net.nntxt is made for 800)")
    parser.add_argument("--validation", type=int, default=400)
    parser.add_argument("--rate", type=float, default=0.1, help="share of wrong labels")
    parser.add_argument("--counts", default="2%,5%,10%,20%", help="what the removal curve tries")
    parser.add_argument("--start", default="scratch", help="what the removal curve trains again")
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--row", type=int, default=61, help="validation row to explain, from 1")
    parser.add_argument("--remove", default="10%", help="what is removed at the end, or auto")
    return parser.parse_args()


def write_data(folder, args):
    """Three data sets of digits, wrong labels in the first."""
    training, validation, test = write_digits(folder, args.training, args.validation)
    noisy, truth = folder / "noisy.csv", folder / "truth.csv"
    write_noisy(Table.read(training), "y", args.rate, "symmetric", 0, noisy, truth)
    return {"noisy": noisy, "truth": truth, "validation": validation, "test": test}


def write_project(folder, training, validation):
    """``net.nntxt`` as NNC writes it into a result folder: the names of the data sets are absolute."""
    if folder.exists():
        shutil.rmtree(str(folder))
    folder.mkdir(parents=True)
    text = (HERE / "net.nntxt").read_text(encoding="utf-8")
    text = text.replace('"training.csv"', f'"{training.as_posix()}"')
    text = text.replace('"validation.csv"', f'"{validation.as_posix()}"')
    (folder / "net.nntxt").write_text(text, encoding="utf-8")


def plugin(folder, script, *fields):
    run(Path(script).stem, folder, str(PLUGINS / script), *fields)


def run(title, folder, *arguments, quiet=False):
    """Starts a command in a folder, as NNC does, and shows what it says without time and level."""
    shown = " ".join(f'"{a}"' if not a or " " in a else a for a in arguments)
    print(f"\n== {title}: in {folder}\n$ python {shown}", flush=True)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=str(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    lines = [line.split("]: ", 1)[-1] for line in done.stdout.decode("utf-8", "replace").splitlines()]
    print("\n".join(lines[-1:] if quiet and not done.returncode else lines), flush=True)
    if done.returncode:
        sys.exit(f"{title} failed")


def conclude(result, again, truth, ranking):
    """What was removed, and what the two trainings say about the validation data."""
    flipped = {row[0] for row in Table.read(truth).rows if row[3] == "1"}
    ranked = Table.read(result / ranking)
    index = ranked.header.index("datasource_index")
    removed = [row[index] for row in ranked.rows[: len(ranked) - len(Table.read(result / "cleansed.csv"))]]
    right = sum(row in flipped for row in removed)
    print(f"\n{right} of the {len(removed)} removed samples had a wrong label; there were {len(flipped)} wrong labels")
    print(f"best validation error before: {best_error(result):.4f}, after: {best_error(again):.4f}")
    print("one training each, so a small difference means nothing; the removal curve is the better judge")


def best_error(folder):
    epochs = yaml.safe_load((folder / "monitoring_report.yml").read_text(encoding="utf-8"))
    return min(epoch["valid_error"] for epoch in epochs.values())


if __name__ == "__main__":
    main()
