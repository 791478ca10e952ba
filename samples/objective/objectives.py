"""Which objective should scores ask for? `loss` and `error` side by side, and the simple rankings beside them.

    python samples/objective/objectives.py --mnist mnist.zip --adult adult.data adult.test --cifar10 cifar10.zip \\
        --output work/objective --seeds 5

Each condition draws rows of a data set, makes some training labels wrong (and validation labels too where it says so),
trains once per seed, and scores that one training by several rankings. Each ranking is asked three things: does it find
the wrong labels (AUROC), does it predict what leaving single samples out of the last epoch does to its own objective
(Kendall's tau over 40 samples), and what a training from scratch, by another seed, does on test rows without as many
samples as there are wrong labels (one in twenty where there are none).

Finished rows of results.csv are not computed again, so an interrupted table goes on; more seeds or conditions are added
to the same file. The tables are printed in Markdown: means over the seeds with their 95 % intervals.
"""

import argparse
import itertools
import logging
import runpy
import tempfile
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Optional

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np

from nnabla_influence import Dataset, InfluenceScores, Network, Project, SolverConfig, TrainingOverrides
from nnabla_influence.choices import DEFAULT_METHOD
from nnabla_influence.dataset.noise import flip_labels
from nnabla_influence.evaluation.attribution import Retrainings, attribution
from nnabla_influence.evaluation.change import Change
from nnabla_influence.evaluation.group_plan import GroupPlan
from nnabla_influence.evaluation.interval import Interval
from nnabla_influence.evaluation.metrics import mislabel_detection
from nnabla_influence.evaluation.retraining import Retraining, run_retraining
from nnabla_influence.evaluation.trial import Trial

SOURCES = SimpleNamespace(**runpy.run_path(str(Path(__file__).resolve().parents[1] / "sources.py")))
OBJECTIVES = ("loss", "error")
SIMPLE = ("own loss", "random")
FOLDS = ("out-of-fold", "error + out-of-fold")
TEST = 3000
LEFT_OUT = 40
CLEAN_SHARE = 0.05
COLUMNS = (
    *("condition", "rows", "seed", "ranking", "auroc", "precision_at_wrong", "tau"),
    *("measure", "before", "after", "seconds"),
)


@dataclass(frozen=True)
class Condition:
    """What the data and the training are like.

    Attributes:
        name: What it is called in the table.
        data: A data set of `sources`.
        rate: Share of the training labels that are wrong.
        kind: ``symmetric``, ``pairwise``, ``shuffled`` (real targets), or the name of labels given by people.
        in_validation: Whether the validation labels are as wrong.
        validation: Validation rows; None: those of the data set.
        imbalance: How many times fewer rows the upper half of the classes has in the training data.
        same_shares: Whether the validation data has the same imbalance.
        network: A built-in, or a key of `NETWORKS`.
        training: What replaces its own settings.
        folds: Whether rankings by out-of-fold predictions are made too: five more trainings.
    """

    name: str
    data: str = "mnist"
    rate: float = 0.2
    kind: str = "symmetric"
    in_validation: bool = False
    validation: Optional[int] = None
    imbalance: int = 1
    same_shares: bool = False
    network: str = "builtin:mlp"
    training: TrainingOverrides = TrainingOverrides()
    folds: bool = False


ADAM = TrainingOverrides(solver="Adam", learning_rate=0.001)
OVERFITTED = TrainingOverrides(solver="Momentum", learning_rate=0.01, epochs=60)
SHORT = TrainingOverrides(epochs=10)
NNC = "softmax, as in NNC"
NNC_SQUARES = "squared error, as in NNC"
CONDITIONS = (
    # What users of NNC have: Adam, batch normalisation, dropout; cross-entropy or squared error.
    Condition(f"{NNC}: clean", rate=0, network=NNC),
    Condition(f"{NNC}: 5 %", rate=0.05, network=NNC),
    Condition(f"{NNC}: 20 % pairwise", kind="pairwise", network=NNC),
    Condition(f"{NNC}: 20 % in both", in_validation=True, network=NNC),
    Condition(f"{NNC_SQUARES}: clean", rate=0, network=NNC_SQUARES),
    Condition(f"{NNC_SQUARES}: 5 %", rate=0.05, network=NNC_SQUARES),
    Condition(f"{NNC_SQUARES}: 20 % pairwise", kind="pairwise", network=NNC_SQUARES),
    Condition(f"{NNC_SQUARES}: 20 % in both", in_validation=True, network=NNC_SQUARES),
    Condition("regression: 15 % shuffled", "friedman", 0.15, "shuffled", network="regression"),
    Condition("regression: 15 % shuffled in both", "friedman", 0.15, "shuffled", True, network="regression"),
    # Plain networks.
    Condition("MNIST: clean", rate=0),
    Condition("MNIST: 5 %", rate=0.05, folds=True),
    Condition("MNIST: 5 % in both", rate=0.05, in_validation=True),
    Condition("MNIST: 20 %"),
    Condition("MNIST: 20 % in both", in_validation=True, folds=True),
    Condition("MNIST: 40 % pairwise", rate=0.4, kind="pairwise", folds=True),
    Condition("MNIST: 40 % pairwise in both", rate=0.4, kind="pairwise", in_validation=True),
    Condition("MNIST: 5 %, classes imbalanced 20:1", rate=0.05, imbalance=20),
    Condition("MNIST: 5 %, classes imbalanced 20:1 in both", rate=0.05, imbalance=20, same_shares=True),
    Condition("MNIST: 5 %, 100 validation rows", rate=0.05, validation=100),
    Condition("MNIST: 5 %, Adam", rate=0.05, training=ADAM),
    Condition("MNIST: 5 %, batch normalisation", rate=0.05, network="batch normalisation"),
    Condition("MNIST: 5 %, momentum, overfitted", rate=0.05, training=OVERFITTED),
    Condition("digits: clean", "digits", 0),
    Condition("digits: 20 %", "digits", folds=True),
    Condition("digits: 20 % pairwise", "digits", kind="pairwise", folds=True),
    Condition("digits: 20 % in both", "digits", in_validation=True),
    Condition("Adult: clean", "adult", 0),
    Condition("Adult: 20 %", "adult", folds=True),
    Condition("Adult: 30 %", "adult", 0.3, folds=True),
    Condition("Adult: 20 % in both", "adult", in_validation=True, folds=True),
    # Convolutions take as long as all others together.
    Condition("MNIST: 5 %, builtin:cnn", rate=0.05, network="builtin:cnn", training=SHORT),
    Condition("CIFAR-10: labels by people", "cifar10", 0.09, "aggre_label", network="builtin:cnn", training=SHORT),
    Condition(
        "CIFAR-10: labels by people in both",
        "cifar10",
        0.09,
        "aggre_label",
        True,
        network="builtin:cnn",
        training=SHORT,
    ),
    Condition(
        "CIFAR-10: worst of three people's", "cifar10", 0.4, "worse_label", network="builtin:cnn", training=SHORT
    ),
)


@dataclass(frozen=True)
class Drawn:
    """The data of one seed.

    Attributes:
        train: Training data, with wrong labels.
        validation: Validation data.
        test: Test data, with the labels as they are.
        wrong: Which training labels are wrong (N,).
    """

    train: Dataset
    validation: Dataset
    test: Dataset
    wrong: np.ndarray

    @property
    def removed(self):
        """How many samples a ranking has to give up."""
        return int(self.wrong.sum()) or round(CLEAN_SHARE * len(self.wrong))


def read_sources(args):
    """Read the data sets that were given."""
    sources = {"digits": SOURCES.digits(), "friedman": SOURCES.friedman()}
    if args.mnist:
        sources["mnist"] = SOURCES.mnist(args.mnist, training=3000)
    if args.adult:
        sources["adult"] = SOURCES.adult(args.adult)
    if args.cifar10:
        sources["cifar10"] = SOURCES.cifar10(args.cifar10)
    return sources


def draw(source, condition, seed, rows):
    """Draw training, validation and test rows by the seed; no row is in two of them."""
    order = np.random.default_rng(seed).permutation(len(source.y))
    count = condition.validation or (source.validation if rows is None else rows // 3)
    validation, rest = order[:count], order[count:]
    training, rest = imbalanced(source.y, rest, rows or source.training, condition.imbalance)
    test = rest[:TEST]
    if condition.same_shares:
        validation, _ = imbalanced(source.y, validation, round(count * 0.55), condition.imbalance)
    labels, wrong = mislabelled(source, training, condition, seed, condition.rate)
    judging, _ = mislabelled(source, validation, condition, seed + 1000, condition.rate * condition.in_validation)
    inputs = source.inputs(training, validation, test)
    if condition.network == "builtin:cnn":
        inputs = [pictures(x) for x in inputs]
    data = [Dataset.from_arrays({"x": x, "y": y}) for x, y in zip(inputs, (labels, judging, source.y[test]))]
    return Drawn(*data, wrong)


def imbalanced(labels, rows, count, times):
    """The first rows, with so many times fewer of the upper half of the classes, and the rows that are left."""
    if times == 1:
        return rows[:count], rows[count:]
    rare = labels[rows] > labels.max() // 2
    few = round(count / (1 + times))
    taken = np.sort(np.concatenate([np.flatnonzero(rare)[:few], np.flatnonzero(~rare)[: count - few]]))
    return rows[taken], np.delete(rows, taken)


def mislabelled(source, rows, condition, seed, rate):
    """Labels of some rows, and which of them are wrong."""
    own = source.y[rows]
    if not rate:
        return own, np.zeros(len(rows), bool)
    if condition.kind in source.human:
        given = source.human[condition.kind][rows]
    elif condition.kind == "shuffled":
        random = np.random.default_rng(seed)
        chosen = random.permutation(len(rows))[: round(rate * len(rows))]
        given = own.copy()
        given[chosen] = own[np.roll(chosen, 1)]
    else:
        given = flip_labels(own, rate, condition.kind, seed, int(source.y.max()) + 1).noisy
    return given, given != own


def pictures(x):
    """Rows of pixels as grey pictures (N, 1, H, W); what has a shape keeps it."""
    side = round(x.shape[1] ** 0.5)
    return x.reshape(len(x), 1, side, side) if x.ndim == 2 else x


def dense(x, rng, sizes, normalised, dropout):
    """Hidden layers, each with batch normalisation, Swish and dropout as in NNC's projects, or ReLU alone."""
    for number, size in enumerate(sizes):
        x = PF.affine(x, size, rng=rng, name=f"affine{number}")
        if normalised:
            x = PF.batch_normalization(x, name=f"norm{number}")
        x = F.swish(x) if dropout else F.relu(x)
        x = F.dropout(x, dropout) if dropout else x
    return x


def softmax_loss(x, y, outputs, rng):
    return F.categorical_cross_entropy(
        F.softmax(PF.affine(dense(x, rng, (128, 64), True, 0.3), outputs, rng=rng, name="output")), y
    )


def squares_loss(x, y, outputs, rng):
    predicted = F.sigmoid(PF.affine(dense(x, rng, (128, 64), True, 0.3), outputs, rng=rng, name="output"))
    return F.sum(F.squared_error(predicted, F.one_hot(y, (outputs,))), axis=1, keepdims=True)


def regression_loss(x, y, outputs, rng):
    return F.squared_error(PF.affine(dense(x, rng, (64,), False, 0), 1, rng=rng, name="output"), y)


def normalised_loss(x, y, outputs, rng):
    return F.softmax_cross_entropy(PF.affine(dense(x, rng, (64, 64), True, 0), outputs, rng=rng, name="output"), y)


NETWORKS = {
    NNC: (softmax_loss, SolverConfig("Adam", 0.001), 20, 64),
    NNC_SQUARES: (squares_loss, SolverConfig("Adam", 0.001), 20, 64),
    "regression": (regression_loss, SolverConfig("Adam", 0.005), 60, 32),
    "batch normalisation": (normalised_loss, SolverConfig(learning_rate=0.05), 20, 32),
}


def network_of(condition, source, seed):
    """What `Project.open` takes."""
    if condition.network not in NETWORKS:
        return condition.network
    make, solver, epochs, batch = NETWORKS[condition.network]
    scope, rng = OrderedDict(), np.random.RandomState(0)
    x, y = nn.Variable((2, source.x.shape[1])), nn.Variable((2, 1))
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        loss = make(x, y, int(source.y.max()) + 1, rng)
    settings = {"solver": solver, "epochs": epochs, "batch_size": batch}
    return Network.from_loss(loss, {"x": x, "y": y}, scope, settings).initialized(seed)


def rankings(condition):
    """Names of the rankings of a condition."""
    # Neighbours need one class number per row; and distances between photographs say nothing.
    without = condition.network in (NNC_SQUARES, "regression") or condition.data == "cifar10"
    neighbours = () if without else ("knn-shapley",)
    return (*OBJECTIVES, *SIMPLE, *neighbours, *(FOLDS if condition.folds else ()))


def scored(project, cache, names):
    """Scores by the name of the ranking."""
    made = {}
    for name in names:
        if name in OBJECTIVES:
            made[name] = project.score(cache, DEFAULT_METHOD, objective=name)
        elif name == "error + out-of-fold":
            ranks = [made[one].values.argsort().argsort() for one in ("error", "out-of-fold")]
            made[name] = InfluenceScores(np.add(*ranks).astype(float), name)
        else:
            made[name] = project.score(cache, "loss" if name == "own loss" else name)
    return made


def one_seed(source, condition, seed, rows):
    """Train once, make every ranking and judge it; a row of the CSV for each."""
    data = draw(source, condition, seed, rows)
    network = network_of(condition, source, seed)
    project = Project.open(network, data.train, data.validation, training=condition.training, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        cache = project.train(Path(folder) / "cache.h5")
        before = tested(cache, data, ())
        for name, scores in scored(project, cache, rankings(condition)).items():
            started = time.perf_counter()
            found = mislabel_detection(scores.values, data.wrong) if data.wrong.any() else None
            detected = (f"{found.auroc:.6f}", f"{found.precision_at_flips:.6f}") if found else ("", "")
            tau = f"{tau_of(cache, data, scores, seed):.6f}" if name in OBJECTIVES else ""
            measure, after = tested(cache, data, scores.order[: data.removed])
            figures = (f"{before[1]:.6f}", f"{after:.6f}", f"{time.perf_counter() - started:.2f}")
            yield (condition.name, len(data.wrong), seed, name, *detected, tau, measure, *figures)


def tested(cache, data, removed):
    """Test accuracy after a training from scratch without some samples, or the loss where there is no accuracy."""
    change = Change(excluded=np.asarray(removed, int))
    job = Retraining(cache.path, data.train, {"test": data.test}, change, "scratch", cache.config.seed + 1000)
    result = run_retraining(job).performance["test"]
    known = result.accuracy is not None and np.isfinite(result.accuracy)
    return ("accuracy", result.accuracy) if known else ("loss", result.loss)


def tau_of(cache, data, scores, seed):
    """Kendall's tau of predicted and actual changes of the scores' objective, over single samples."""
    trial = Trial(Path(cache.path), seed, {scores.method: scores})
    plan = GroupPlan("leave-one-out", min(LEFT_OUT, len(data.train)))
    (agreement,) = attribution([trial], plan, Retrainings(data.train, data.validation))
    return agreement.kendall.mean


def column(rows, ranking, value):
    """The values of a ranking by seed, as text with the 95 % interval; the value may be a function of the row."""
    own = [row for row in rows if row["ranking"] == ranking]
    values = [value(row) for row in own]
    return Interval.of(values).text(".3f", ".3f") if values and None not in values else "-"


def number(name):
    return lambda row: float(row[name]) if row[name] else None


def change(row):
    return float(row["after"]) - float(row["before"])


def print_tables(rows):
    """Print, for every condition, detection and leave-one-out by objective, and what removal does by ranking."""
    names = list(dict.fromkeys(row["condition"] for row in rows))
    groups = {name: [row for row in rows if row["condition"] == name] for name in names}
    detection = [*OBJECTIVES, "own loss", "knn-shapley", *FOLDS]
    print_header("AUROC of wrong labels", "seeds", *detection, "tau of loss", "tau of error")
    for name, own in groups.items():
        seeds = str(len({row["seed"] for row in own}))
        aurocs = [column(own, ranking, number("auroc")) for ranking in detection]
        taus = [column(own, ranking, number("tau")) for ranking in OBJECTIVES]
        print(f"| {name} | {' | '.join((seeds, *aurocs, *taus))} |")
    removal = [*OBJECTIVES, *SIMPLE, "knn-shapley", *FOLDS]
    print_header("change on test rows", "measure", "none removed", *removal)
    for name, own in groups.items():
        before = column(own, OBJECTIVES[0], number("before"))
        changes = [column(own, ranking, change) for ranking in removal]
        print(f"| {name} | {' | '.join((own[0]['measure'], before, *changes))} |")


def print_header(*cells):
    print(f"\n| {' | '.join(cells)} |\n|{'---|' * len(cells)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", help="folder or zip with MNIST; left out, its conditions are")
    parser.add_argument("--adult", nargs="+", type=Path, help="Adult's text files, likewise")
    parser.add_argument("--cifar10", type=Path, help="CIFAR-10 with labels by people, likewise")
    parser.add_argument("--output", required=True, type=Path, help="folder to write to")
    parser.add_argument("--rows", type=int, help="training rows (default: the data set's own)")
    parser.add_argument("--seeds", type=int, default=5, help="how many (default: %(default)s)")
    parser.add_argument("--conditions", nargs="+", metavar="NAME", choices=[c.name for c in CONDITIONS])
    parser.add_argument("--table-only", action="store_true", help="print what the file holds")
    args = parser.parse_args()
    logging.getLogger("nnabla_influence").setLevel(logging.WARNING)
    args.output.mkdir(parents=True, exist_ok=True)
    path = args.output / "results.csv"
    if not args.table_only:
        sources = read_sources(args)
        wanted = [c for c in CONDITIONS if c.data in sources and (not args.conditions or c.name in args.conditions)]
        done = {(row["condition"], int(row["seed"])) for row in SOURCES.read_rows(path)}
        for seed, condition in itertools.product(range(args.seeds), wanted):  # interrupted, it has all conditions
            if (condition.name, seed) not in done:
                SOURCES.append_rows(path, COLUMNS, list(one_seed(sources[condition.data], condition, seed, args.rows)))
                print(f"{condition.name}, seed {seed}", flush=True)
    order = [condition.name for condition in CONDITIONS]
    print_tables(sorted(SOURCES.read_rows(path), key=lambda row: order.index(row["condition"])))
    print(f"\nevery number: {path}")


if __name__ == "__main__":
    main()
