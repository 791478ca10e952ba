"""A table of a million rows through every command: seconds and peak memory of each.

    python samples/benchmark/million_rows.py --output work/million

makes 1,000,000 x 20 numbers (19 inputs, a class; about 176 MB) and a validation set of 10,000 rows, imports them,
trains `builtin:mlp` for one epoch, scores by every method, cleanses, retrains, looks and reports, each command in a
process of its own; then a project of Neural Network Console with these tables, and its plugins. Data is decoded into a
data cache inside the output folder: `train` reads the table for the first time, the others for the second. The commands
that train many times are measured with few trainings, as they hold one at a time, and `knn-shapley` with 100 validation
rows, as it holds few of them at a time.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import nnabla.solvers as S
import numpy as np
from google.protobuf import text_format
from nnabla.utils import nnabla_pb2
from nnabla.utils.save import save

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
LOOK_SECONDS = 0.2
RESULT = "nnc"  # the folder in which plugins are started
CLEANSING = "_Post_Process/_Data_Cleansing"
METHODS = (
    *("loss", "last-epoch", "sgd-influence", "influence-function", "tracin", "self-influence", "margin"),
    *("out-of-fold", "random"),
)
INPUTS = 19
CLASSES = 3
BLOCK = 50_000
HEADER = ",".join([f"x__{number}" for number in range(INPUTS)] + ["y:label"])
FORMATS = ["%.6g"] * INPUTS + ["%d"]


def write_table(path, rows, seed):
    """Write rows of normal numbers and the class that a linear rule gives them."""
    random = np.random.default_rng(seed)
    rule = np.random.default_rng(0).normal(size=(INPUTS, CLASSES))
    with path.open("w", encoding="utf-8") as stream:
        stream.write(HEADER + "\n")
        for start in range(0, rows, BLOCK):
            x = random.normal(size=(min(BLOCK, rows - start), INPUTS))
            np.savetxt(stream, np.c_[x, (x @ rule).argmax(axis=1)], fmt=FORMATS, delimiter=",")


def first_rows(path, rows, copy):
    """Copy the header and the first rows of a table."""
    with path.open(encoding="utf-8") as whole:
        copy.write_text("".join(line for _, line in zip(range(rows + 1), whole)), encoding="utf-8")


def write_project(path, training, validation, rows, batch=64):
    """Write a project of Neural Network Console: two affine layers, one epoch of Adam."""
    x, y = nn.Variable((batch, INPUTS)), nn.Variable((batch, 1))
    output = PF.affine(F.tanh(PF.affine(x, 64, name="hidden")), CLASSES, name="output")
    loss = F.softmax_cross_entropy(output, y)
    solver = S.Adam()
    solver.set_parameters(nn.get_parameters())
    names = {"x": x, "y": y}
    columns = {"x": "x", "y": "y"}
    data = {"variables": names, "cache_dir": "", "batch_size": batch, "no_image_normalization": True}
    trained = {"name": "Optimizer", "network": "Main", "dataset": "Training", "solver": solver}
    decay = {"weight_decay": 0, "lr_decay": 1, "lr_decay_interval": 1, "update_interval": 1}
    judged = {"name": "valid_error", "network": "Main", "dataset": "Validation"}
    contents = {
        "global_config": {"default_context": nn.Context(["cpu:float"], "CpuCachedArray", "0")},
        "training_config": {"max_epoch": 1, "iter_per_epoch": rows // batch, "save_best": True},
        "networks": [{"name": "Main", "batch_size": batch, "outputs": {"loss": loss}, "names": names}],
        "datasets": [
            {**data, "name": "Training", "uri": str(training), "shuffle": True},
            {**data, "name": "Validation", "uri": str(validation), "shuffle": False},
        ],
        "optimizers": [{**trained, **decay, "data_variables": columns, "loss_variables": ["loss"]}],
        "monitors": [{**judged, "data_variables": columns, "monitor_variables": ["loss"]}],
    }
    save(str(path), contents)
    # NNabla writes no initialisers of networks that are made in Python; NNC's files have them.
    project = text_format.Parse(path.read_text(encoding="utf-8"), nnabla_pb2.NNablaProtoBuf())
    for variable in project.network[0].variable:
        if variable.type == "Parameter":
            variable.initializer.type = "NormalAffineGlorot"
            variable.initializer.multiplier = 1.0
    path.write_text(text_format.MessageToString(project), encoding="utf-8")


def memory_together(process_id):
    """Memory in MB of a process and all it has started, pages that they share counted once; 0 where Linux says none."""
    try:
        place = Path("/proc", str(process_id))
        lines = (place / "smaps_rollup").read_text().splitlines()
        started = (place / "task" / str(process_id) / "children").read_text().split()
    except OSError:  # it has ended, or this is no Linux
        return 0.0
    own = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return own / 1024 + sum(memory_together(child) for child in started)


def measured(command, folder):
    """Run a command; its seconds, and peak memory in MB: of its largest process, and of all of them together."""
    environment = {**os.environ, "NNABLA_INFLUENCE_DATA_CACHE": str(folder / "data_cache")}
    plugin = command[0].endswith(".py")
    script = [str(PLUGINS / command[0])] if plugin else ["-m", "nnabla_influence", command[0]]
    line = [sys.executable, *script, *map(str, command[1:])]
    place = str(folder / RESULT) if plugin else None
    started = time.perf_counter()
    together = last = 0.0
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(line, env=environment, cwd=place, stdout=log, stderr=log)
        ended = 0
        while not ended:
            now = memory_together(process.pid)
            # What is seen once only may be a process and its copy that is about to become another program.
            together, last = max(together, min(last, now)), now
            time.sleep(LOOK_SECONDS)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
    if status:
        raise SystemExit(f"error: {' '.join(line)} failed; see {folder / 'log.txt'}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024, together


def commands(folder):
    """The commands by name."""
    training, validation = folder / "training.csv", folder / "validation.csv"
    cache, influence = folder / "cache.h5", folder / "influence.csv"
    data = ("--train", training, "--validation", validation)
    project = ("--network", "builtin:mlp", "--epochs", 1, *data)
    score = ("score", "--cache", cache, *data, "--output", influence, "--overwrite")
    cleanse = ("cleanse", "--influence", influence, "--remove", "1%", "--output", folder / "clean.csv")
    return {
        "import": ("import", training, "--label", "y:label", "--output", folder / "imported", "--overwrite"),
        # With the network's own rate of 0.05 the recursion of last-epoch diverges over the 15,625 steps.
        "train, 1 epoch": (
            *("train", *project, "--learning-rate", 0.01, "--record-margins", "--cache", cache, "--overwrite"),
        ),
        **{f"score, {method}": (*score, "--method", method) for method in METHODS},
        "score, knn-shapley, 100 validation rows": (
            *("score", "--cache", cache, "--train", training, "--validation", folder / "few.csv"),
            *("--output", folder / "knn.csv", "--method", "knn-shapley", "--overwrite"),
        ),
        "score, spectral": score,
        "cleanse": (*cleanse, "--removed", folder / "removed.csv", "--overwrite"),
        "retrain, 1 seed": (
            *("retrain", *project, "--cleansed", folder / "clean.csv", "--trials", 1),
            *("--output", folder / "retrained.csv", "--overwrite"),
        ),
        "run, 2 seeds": ("run", *project, "--trials", 2, "--output", folder / "run.csv", "--overwrite"),
        "evaluate, 4 trainings": (
            *("evaluate", *project, "--methods", "loss", "random", "--remove", "1%", "--trials", 1),
            *("--output", folder / "curve.csv", "--overwrite"),
        ),
        "cleanse, auto, 2 orders": (
            *("cleanse", "--remove", "auto", "--orders", 2, "--cache", cache, *data, "--method", "loss"),
            *("--output", folder / "auto.csv", "--removed", folder / "auto_removed.csv", "--overwrite"),
        ),
        "compare": ("compare", influence, influence),
        "info": ("info", influence),
        "noise": (
            *("noise", "--train", training, "--rate", 0.1),
            *("--output", folder / "noisy.csv", "--truth", folder / "truth.csv", "--overwrite"),
        ),
        "report": ("report", "--influence", influence, "--output", folder / "report.html", "--overwrite"),
        "plugin, training, 1 epoch": ("_Training/train_with_influence_cache.py", "-o", "."),
        "plugin, influence": (f"{CLEANSING}/influence.py",),
        "plugin, why this row": (f"{CLEANSING}/why_this_row.py",),
        "plugin, influence report": (f"{CLEANSING}/influence_report.py",),
        "plugin, removal curve, 4 trainings": (
            f"{CLEANSING}/removal_curve.py",
            "-n",
            "1%",
            "-r",
            "1",
            "-a",
            "loss,random",
        ),
        "plugin, remove harmful samples": ("_Dataset/_Data_Cleansing/remove_harmful_samples.py",),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, type=Path, help="folder to write to")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the table (default: %(default)s)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some of the commands; those before must have run")
    args = parser.parse_args()
    folder = args.output.resolve()
    (folder / RESULT).mkdir(parents=True, exist_ok=True)
    training, validation = folder / "training.csv", folder / "validation.csv"
    for path, rows, seed in ((training, args.rows, 1), (validation, max(100, args.rows // 100), 2)):
        if not path.exists():
            write_table(path, rows, seed)
    first_rows(validation, 100, folder / "few.csv")
    write_project(folder / RESULT / "net.nntxt", training, validation, args.rows)
    print("| command | seconds | peak memory, MB | all processes, MB |\n|---|---|---|---|", flush=True)
    for name, command in commands(folder).items():
        if not args.only or name in args.only:
            seconds, peak, together = measured(command, folder)
            print(f"| {name} | {seconds:.1f} | {peak:.0f} | {together:.0f} |", flush=True)


if __name__ == "__main__":
    main()
