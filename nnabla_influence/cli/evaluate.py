"""`evaluate`: does removing harmful samples help? Trains, scores, retrains without them, and says what it was worth.

Every method stands beside ``random``, ``loss``, ``margin`` and removing nothing. The number of samples is chosen on
selection data that neither trained nor scored; the test data says once what that choice was worth.
"""

from __future__ import annotations

import argparse
import math
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, List, Tuple

from ..interrupts import clear_interrupts
from .amount import amount
from .options import (
    add_common,
    add_execution,
    check_output,
    execution,
    existing_file,
    non_negative_int,
    output_file,
    positive_int,
)
from .project_options import METHODS, add_data_options, add_network_option, add_policy_option, add_training_options

# Checked against the lists of `evaluation` by a test; its modules load NNabla.
STARTS = ("last-epoch", "scratch")
TREATMENTS = ("remove", "relabel")
METRICS = ("removal", "lds", "leave-one-out")
COMPARED = ("spectral", "loss", "margin", "random")
SHARES = ("1%", "2%", "5%", "10%", "20%")
GROUPS = 32


def add_parser(subparsers: Any) -> None:
    """Adds the command's options."""
    parser = subparsers.add_parser(
        "evaluate",
        help="does removing the harmful samples help? retrain and see",
        description="Trains and scores over several seeds, removes the most harmful samples by every method, trains "
        "again and measures. The number is chosen on data that did not produce the scores; test data judges the "
        "choice. Interrupted, the same command goes on; more methods, numbers or trials are added to the same file.",
    )
    add_network_option(parser)
    parser.add_argument("--output", required=True, type=output_file, metavar="CSV", help="one row per retraining")
    parser.add_argument("--overwrite", action="store_true", help="replace the output and caches of other runs")
    group = parser.add_argument_group("what is compared")
    group.add_argument("--methods", nargs="+", choices=METHODS, metavar="M", help=_listed())
    group.add_argument(
        "--remove",
        nargs="+",
        type=amount,
        metavar="n",
        help=f"numbers or shares of samples (default: {' '.join(SHARES).replace('%', '%%')})",
    )
    group.add_argument("--trials", type=positive_int, default=3, metavar="K", help="seeds (default: %(default)s)")
    group.add_argument(
        "--retrain", nargs="+", choices=STARTS, default=["last-epoch"], help="from where (default: last-epoch)"
    )
    group.add_argument(
        "--treatment",
        nargs="+",
        choices=TREATMENTS,
        help="relabel: give them the predicted label (default: remove)",
    )
    group.add_argument(
        "--metric",
        choices=METRICS,
        default="removal",
        help="lds, leave-one-out: do the scores predict what leaving samples out does? (default: removal)",
    )
    group.add_argument(
        "--groups",
        type=positive_int,
        metavar="G",
        help=f"groups left out for lds and leave-one-out (default: {GROUPS})",
    )
    add_judging_options(parser)
    add_policy_option(parser)
    add_data_options(parser)
    add_training_options(parser)
    add_common(parser)
    add_execution(parser)


def add_judging_options(parser: Any) -> None:
    """``--selection``, ``--split-seed`` and ``--test``."""
    group = parser.add_argument_group("data that judges")
    add_selection_options(group)
    group.add_argument("--test", type=existing_file, metavar="CSV", help="data that judges the choice, once")


def add_selection_options(group: Any) -> None:
    """``--selection`` and ``--split-seed``."""
    group.add_argument(
        "--selection",
        type=existing_file,
        metavar="CSV",
        help="data that chooses the number (default: half of the validation rows; the other half scores)",
    )
    group.add_argument(
        "--split-seed", type=non_negative_int, default=0, metavar="S", help="draws the halves (default: %(default)s)"
    )


def _listed() -> str:
    return f"of {', '.join(METHODS)} (default: {' '.join(COMPARED)}; margin only where there are classes)"


def run(args: argparse.Namespace) -> int:
    """Evaluates."""
    from .console import Console

    console = Console.from_args(args)
    judged, trials = trained(args, console)
    if args.metric != "removal":
        return _attribution(args, trials, judged, console)
    curve = retrained_curve(args, trials, judged, console)
    console.info(f"every retraining: {args.output} ({len(curve.rows)} rows)")
    console.info(
        f"next: python -m nnabla_influence report --influence INFLUENCE.csv --curve {args.output} --output report.html"
    )
    return 0


def trained(args: argparse.Namespace, console: Any) -> Tuple[Any, List[Any]]:
    """The data that judges, and the trainings with their scores.

    Raises:
        RequestError: Something does not fit; said before anything is trained.
    """
    from .judging import judging_data
    from .project import load_project
    from .trials import trained_trials

    where = execution(args)
    _refuse_what_the_metric_ignores(args)
    check_output(args.output, args.network, args.train, args.validation, args.selection, args.test)
    project = load_project(args, console)
    check_output(args.output, project.train.path, project.validation.path)
    judged = judging_data(args, project, console)
    _sweep(args, judged)
    usual = compared(project.network)
    # Margins cost nothing, and somebody may ask for them in a later call into the same file.
    options = argparse.Namespace(**{**vars(args), "record_margins": args.record_margins or "margin" in usual})
    with resumable(args.output):
        return judged, trained_trials(options, args.methods or usual, judged.scoring, console, where)


def compared(network: Any) -> List[str]:
    """The methods that stand beside each other where nobody chose: margins exist only between classes."""
    label = network.input_shapes().get(str(network.loss_role.target), ())
    margins = network.classes is not None and math.prod(label) == 1
    return [method for method in COMPARED if method != "margin" or margins]


def _refuse_what_the_metric_ignores(args: argparse.Namespace) -> None:
    """Raises: ConfigError: An option is given that means nothing to the metric."""
    from ..errors import ConfigError

    ignored = ("groups",) if args.metric == "removal" else ("remove", "treatment", "test")
    given = [f"--{name}" for name in ignored if getattr(args, name) is not None]
    if given:
        raise ConfigError(f"{' and '.join(given)} means nothing to --metric {args.metric}; leave it out.")


def retrained_curve(args: argparse.Namespace, trials: List[Any], judged: Any, console: Any) -> Any:
    """Retrains, prints what it was worth, and returns the `RemovalCurve`."""
    from ..evaluation.removal_sweep import run_removal_sweep
    from .curve_table import print_curve

    _make_room(args)
    with resumable(args.output), console.progress("retraining", "trainings") as progress:
        curve = run_removal_sweep(trials, judged, _sweep(args, judged), args.output, progress)
    print_curve(console, curve)
    return curve


def _sweep(args: argparse.Namespace, judged: Any) -> Any:
    """What to retrain and where; impossible numbers are refused."""
    from ..device import Device
    from ..evaluation.removal_sweep import RemovalSweep
    from ..execution import Execution

    counts = [wanted.of(len(judged.train)) for wanted in args.remove or map(amount, SHARES)]
    where = Execution(args.workers, args.scheduler)
    sweep = RemovalSweep(counts, args.retrain, args.treatment or TREATMENTS[:1], Device(args.device), where)
    sweep.check(len(judged.train))
    return sweep


@contextmanager
def resumable(output: Path) -> Iterator[None]:
    """Says after Ctrl-C how to go on."""
    try:
        with clear_interrupts():
            yield
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(
            f"what is finished lies in '{output}' and in the files named after it. The same command goes on."
        ) from interrupt


def _make_room(args: argparse.Namespace) -> None:
    if args.overwrite and args.output.exists():
        args.output.unlink()


def _attribution(args: argparse.Namespace, trials: List[Any], judged: Any, console: Any) -> int:
    from ..evaluation.attribution import Retrainings, attribution
    from ..evaluation.group_plan import GroupPlan
    from .curve_table import print_agreements

    sweep = _sweep(args, judged)
    _make_room(args)
    for start in args.retrain:
        plan = GroupPlan(args.metric, args.groups or GROUPS, args.split_seed, start)
        target = args.output if len(args.retrain) == 1 else _named(args.output, start)
        retrainings = Retrainings(judged.train, judged.scoring, target, sweep.execution, sweep.device)
        with resumable(target), console.progress("retraining", "trainings") as progress:
            found = attribution(trials, plan, retrainings, progress)
        print_agreements(console, plan, found)
        console.info(f"every retraining: {target}")
    return 0


def _named(output: Path, start: str) -> Path:
    return output.with_name(f"{output.stem}.{start}{output.suffix}")
