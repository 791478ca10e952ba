"""`evaluate`: does removing harmful samples help? Trains, scores, retrains without them, and says what it was worth."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, List

from ..choices import COMPARED_METHODS, CONTROLS, DIVISORS, METHODS, METRICS, STARTS, TREATMENTS
from .command_parser import rare
from .console import Console
from .network_options import add_network_file_options, add_network_option
from .options import (
    add_common,
    add_execution,
    add_overwrite,
    amount,
    execution,
    existing_file,
    non_negative_int,
    output_file,
    positive_int,
    typed_path,
)
from .project_options import (
    METHOD_SETTING,
    add_data_options,
    add_labels_option,
    add_objective_option,
    add_policy_option,
    add_training_options,
    project_request,
)

if TYPE_CHECKING:
    from ..workflow.evaluate import EvaluatedTrials, EvaluateRequest

__all__ = ["add_parser", "add_selection_options", "run"]

EXAMPLES = (
    "python -m nnabla_influence evaluate --network builtin:cnn --train training.csv --validation validation.csv "
    "--output curve.csv",
    "python -m nnabla_influence evaluate --network results.nnp --methods spectral loss random --remove 50 100 "
    "--test test.csv --output curve.csv",
)
SHARES = ("1%", "2%", "5%", "10%", "20%")
GROUPS = 32


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "evaluate",
        help="does removing the harmful samples help? retrain and see",
        description="Trains and scores over several seeds, removes the most harmful samples by every method, trains "
        "again and measures. The number is chosen on data that did not produce the scores; test data judges the "
        "choice. Interrupted, the same command goes on; more methods, numbers or trials are added to the same file.",
    )
    add_network_option(parser)
    parser.add_argument("--output", required=True, type=output_file, metavar="CSV", help="one row per retraining")
    add_overwrite(parser, "an output and caches of other runs")
    _add_comparison(parser.add_argument_group("what is compared"))
    _add_metrics(rare(parser))
    group = parser.add_argument_group("data that judges")
    add_selection_options(group)
    group.add_argument("--test", type=existing_file, metavar="CSV", help="data that judges the choice, once")
    add_policy_option(parser)
    add_data_options(parser)
    add_training_options(parser)
    add_network_file_options(parser)
    add_common(parser)
    add_execution(parser)


def _add_comparison(group: Any) -> None:
    group.add_argument(
        "--methods",
        nargs="+",
        choices=METHODS,
        metavar="M",
        help=f"of {', '.join(METHODS)} (default: {' '.join(COMPARED_METHODS)}; margin only where there are classes)",
    )
    add_objective_option(group)
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
    add_labels_option(group)


def _add_metrics(group: Any) -> None:
    """Add what people need who compare methods, not data."""
    group.add_argument(
        "--control",
        nargs="+",
        choices=CONTROLS,
        help="also measure: training on the validation rows that scored as well, a further use of them",
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
    group.add_argument(
        "--divisor",
        choices=DIVISORS,
        help="what batches without a group are divided by: batch, as before, which is what scores predict (default); "
        "remaining, as published LDS does by training on the rest",
    )


def add_selection_options(group: Any) -> None:
    """Add ``--selection`` and ``--split-seed``."""
    group.add_argument(
        "--selection",
        type=existing_file,
        metavar="CSV",
        help="data that chooses the number (default: half of the validation rows; the other half scores)",
    )
    group.add_argument(
        "--split-seed", type=non_negative_int, default=0, metavar="S", help="draws the halves (default: %(default)s)"
    )


def run(args: argparse.Namespace, console: Console) -> int:
    """Evaluate.

    Raises:
        InfluenceError: Something does not fit, or a training failed.
    """
    from ..workflow.evaluate import evaluated_curve, trained_and_scored
    from .curve_table import print_curve

    request = _request(args)
    evaluated = trained_and_scored(request, console)
    if args.metric != "removal":
        return _attribution(request, evaluated, console)
    curve = evaluated_curve(request, evaluated, console)
    print_curve(console, curve)
    console.info(f"every retraining: {args.output} ({len(curve.rows)} rows)")
    console.info("next, scores and a report with this curve:")
    for command in _next_commands(args, evaluated):
        console.info(f"  python -m nnabla_influence {command}")
    return 0


def _next_commands(args: argparse.Namespace, evaluated: EvaluatedTrials) -> List[str]:
    """Return the commands that show the curve beside scores: the first trial is scored by all validation rows."""
    output: Path = args.output
    influence = output.with_name(f"{output.stem}.influence.csv")
    files = {
        "--cache": output.with_name(evaluated.trials[0].cache.name),
        "--train": args.train or evaluated.data.train.path,
        "--validation": args.validation or evaluated.data.scoring.path,
        "--output": influence,
    }
    score = " ".join(f"{option} {typed_path(path)}" for option, path in files.items() if path is not None)
    report = f"--influence {typed_path(influence)} --curve {typed_path(output)}"
    return [f"score {score}", f"report {report} --output {typed_path(output.with_suffix('.html'))}"]


def _request(args: argparse.Namespace) -> EvaluateRequest:
    """Make the request of the options.

    Raises:
        ConfigError: An option is given that means nothing to the metric.
    """
    from ..errors import ConfigError
    from ..workflow.evaluate import EvaluateRequest

    ignored = ("groups", "divisor") if args.metric == "removal" else ("remove", "treatment", "control", "test")
    where = execution(args)
    given = [f"--{name}" for name in ignored if getattr(args, name) is not None]
    if given:
        raise ConfigError(f"{' and '.join(given)} means nothing to --metric {args.metric}; leave it out.")
    return EvaluateRequest(
        project_request(args),
        args.output,
        tuple(args.methods or ()),
        amounts=tuple(args.remove or map(amount, SHARES)),
        trials=args.trials,
        starts=tuple(args.retrain),
        treatments=tuple(args.treatment or TREATMENTS[:1]),
        metric=args.metric,
        groups=args.groups or GROUPS,
        selection=args.selection,
        test=args.test,
        split_seed=args.split_seed,
        execution=where,
        overwrite=args.overwrite,
        objective=getattr(args, METHOD_SETTING + "objective"),
        labels=args.labels,
        controls=tuple(args.control or ()),
        divisor=args.divisor or DIVISORS[0],
    )


def _attribution(request: EvaluateRequest, evaluated: EvaluatedTrials, console: Console) -> int:
    from ..workflow.evaluate import attribution_results
    from .curve_table import print_agreements

    for result in attribution_results(request, evaluated, console):
        print_agreements(console, result.plan, result.agreements)
        console.info(f"every retraining: {result.table}")
    return 0
