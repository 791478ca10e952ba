"""Options that say which network, which data, which training and which scores, and the requests they make.

Kept free of NNabla and NumPy, which ``--help`` must not load: what needs them is imported where a request is made.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict

from ..choices import (
    BATCH_NORM_POLICIES,
    CURVATURES,
    DEFAULT_METHOD,
    DEFAULT_OBJECTIVE,
    DEFAULT_POLICY,
    FEATURES,
    INVERSES,
    LABELS,
    METHODS,
    OBJECTIVES,
    POINTS,
    POLICIES,
    RECURSIONS,
    SOLVERS,
    TASKS,
    THROUGH,
)
from .command_parser import rare
from .options import (
    add_classes,
    byte_size,
    data_file,
    decoding_execution,
    image_size,
    non_negative_int,
    output_file,
    positive_float,
    positive_int,
)

if TYPE_CHECKING:
    from ..workflow.data_reading import ReadingSettings
    from ..workflow.project_request import ProjectRequest
    from ..workflow.score import ScoreRequest
    from ..workflow.training_overrides import TrainingOverrides

METHOD_SETTING = "method_"
NORMALIZATION = {"auto": None, "yes": True, "no": False}


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--train``, ``--validation``, ``--classes`` and how images are read."""
    group = parser.add_argument_group("data (required, unless a project names its own)")
    group.add_argument("--train", type=data_file, metavar="CSV", help="training data (default: the project's own)")
    group.add_argument(
        "--validation", type=data_file, metavar="CSV", help="validation data (default: the project's own)"
    )
    add_classes(group)
    group.add_argument("--image-size", type=image_size, metavar="HxW", help="resize every image")
    seldom = rare(parser)
    seldom.add_argument(
        "--image-normalization",
        choices=tuple(NORMALIZATION),
        default="auto",
        help="scale pixels from 0..255 to 0..1 (default: as the project does; built-ins: yes)",
    )
    add_data_cache_option(seldom)


def add_data_cache_option(group: Any) -> None:
    """Add ``--data-cache``."""
    group.add_argument(
        "--data-cache", type=Path, metavar="DIR", help="where decoded data is kept (default: user cache)"
    )


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add what overrides the network file's settings, and how training draws."""
    group = add_run_options(parser, "epochs; a trained .nnp is continued for 1 epoch by default")
    group.add_argument("--from-scratch", action="store_true", help="draw new initial parameters for a trained network")
    seldom = rare(parser)
    seldom.add_argument("--record-margins", action="store_true", help="keep logit margins, for --method margin")
    seldom.add_argument(
        "--average-parameters",
        action="store_true",
        default=None,
        help="keep the last epoch's mean parameters, for --at (default: yes, except with --policy final)",
    )
    seldom.add_argument(
        "--no-average-parameters", dest="average_parameters", action="store_false", help="do not keep them"
    )


def add_run_options(parser: argparse.ArgumentParser, epochs_help: str = "epochs") -> Any:
    """Add what overrides the network file's settings for a run from new parameters, and return the group.

    Args:
        parser: The command's parser.
        epochs_help: What ``--epochs`` says.
    """
    group = parser.add_argument_group("training (default: as the network file says)")
    group.add_argument("--epochs", type=epochs, metavar="E", help=epochs_help)
    add_override_options(group)
    group.add_argument(
        "--task",
        choices=("auto", *TASKS),
        default="auto",
        help="what a built-in network learns (default: by the labels)",
    )
    group.add_argument(
        "--crop", type=non_negative_int, default=0, metavar="PX", help="random crops after padding by PX"
    )
    group.add_argument("--flip", action="store_true", help="random horizontal flips")
    return group


def add_override_options(group: Any) -> None:
    """Add ``--batch-size``, ``--solver`` and ``--learning-rate``."""
    group.add_argument("--batch-size", type=positive_int, metavar="B", help="samples of a batch")
    group.add_argument(
        "--solver", type=solver, metavar="NAME", help=f"another solver: {', '.join(SOLVERS)}; give --learning-rate too"
    )
    group.add_argument(
        "--learning-rate",
        type=positive_float,
        metavar="LR",
        help="a constant learning rate in place of the file's schedule",
    )


def epochs(text: str) -> int:
    """Read a number of training epochs; what `score` calls ``--epochs all`` has another name beside it."""
    if text in THROUGH:
        raise argparse.ArgumentTypeError(
            f"expected how many epochs to train, got '{text}'; for the steps that sgd-influence follows, say "
            f"--through {text} when scoring"
        )
    return positive_int(text)


def solver(text: str) -> str:
    """Read a solver's name; return NNabla's spelling."""
    spelling = {name.lower(): name for name in SOLVERS}
    if text.lower() not in spelling:
        raise argparse.ArgumentTypeError(f"expected a solver with an adjoint ({', '.join(SOLVERS)}), got '{text}'")
    return spelling[text.lower()]


def add_policy_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--policy``."""
    rare(parser).add_argument(
        "--policy", choices=POLICIES, default=DEFAULT_POLICY, help="parameters the cache keeps (default: %(default)s)"
    )


def add_scoring_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--method`` and the settings of methods; a setting left out keeps the method's own default."""
    group = parser.add_argument_group("scores")
    group.add_argument("--method", choices=METHODS, default=DEFAULT_METHOD, help="how to score (default: %(default)s)")
    add_objective_option(group)
    add_labels_option(group)
    _add_method_settings(rare(parser, "settings of one method (another one refuses them)"))


def _add_method_settings(group: Any) -> None:
    """Add what only some methods have."""
    _setting(group, "--recursion", "Hessian term as derived, or as in the published code", choices=RECURSIONS)
    _setting(group, "--batch-norm", "statistics while scoring (default: batch)", choices=BATCH_NORM_POLICIES)
    _setting(group, "--through", "sgd-influence: steps of the last epoch, or of all", choices=THROUGH)
    _setting(group, "--memory", "sgd-influence: for replayed states (default: 128MB)", type=byte_size, metavar="M")
    _setting(
        group, "--curvature", "Gauss-Newton or Hessian matrix; auto: the first where it exists", choices=CURVATURES
    )
    _setting(group, "--at", "parameters: final, the last epoch's average, or (auto) that if recorded", choices=POINTS)
    _setting(group, "--subset", "samples for the curvature (default: 1024)", type=positive_int, metavar="n")
    _setting(
        group,
        "--lanczos-steps",
        "spectral: products (default: while they matter)",
        type=positive_int,
        metavar="k",
    )
    _setting(group, "--horizon", "spectral: epochs that count (default: 1)", type=positive_int, metavar="E")
    _setting(group, "--damping", "influence-function (default: 1)", type=positive_float, metavar="D")
    _setting(group, "--inverse", "influence-function: how it is solved", choices=INVERSES)
    _setting(group, "--iterations", "influence-function: products (default: likewise)", type=positive_int, metavar="k")
    _setting(group, "--checkpoints", "tracin: the last k epochs (default: all)", type=positive_int, metavar="k")
    _setting(group, "--folds", "out-of-fold (also as --labels): parts (default: 5)", type=positive_int, metavar="K")
    _setting(group, "--neighbors", "knn-shapley (default: 5)", type=positive_int, metavar="k")
    _setting(group, "--features", "knn-shapley: inputs (default) or the last hidden layer", choices=FEATURES)


def add_labels_option(group: Any) -> None:
    """Add ``--labels``."""
    text = "who predicts the labels for relabelling: the trained network, or 5 that never saw the sample"
    group.add_argument("--labels", choices=LABELS, default=LABELS[0], help=text + " (default: %(default)s)")


def add_objective_option(group: Any) -> None:
    """Add ``--objective``."""
    _setting(
        group,
        "--objective",
        "what harm raises: the expected validation error, which is bounded, or the mean validation loss (default: "
        f"{DEFAULT_OBJECTIVE})",
        choices=OBJECTIVES,
    )


def add_through_alias(parser: argparse.ArgumentParser) -> None:
    """Add ``--epochs`` where nothing is trained, so that it can only mean ``--through``."""
    rare(parser).add_argument(
        "--epochs", dest=METHOD_SETTING + "through", choices=THROUGH, help="the same as --through"
    )


def add_suspects_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--suspects``."""
    parser.add_argument(
        "--suspects",
        type=output_file,
        metavar="CSV",
        help="also write the validation rows that look mislabelled (confident learning), most suspicious first",
    )


def _setting(group: Any, option: str, text: str, **kind: Any) -> None:
    """Add an option that is called as the setting of the method's constructor."""
    group.add_argument(option, dest=METHOD_SETTING + option[2:].replace("-", "_"), help=text, **kind)


def _method_settings(args: argparse.Namespace) -> Dict[str, Any]:
    """Return the settings of methods that were given."""
    given = {
        name[len(METHOD_SETTING) :]: value for name, value in vars(args).items() if name.startswith(METHOD_SETTING)
    }
    return {name: value for name, value in given.items() if value is not None}


def reading_settings(args: argparse.Namespace) -> ReadingSettings:
    """Make the request of ``--image-size``, ``--image-normalization``, ``--data-cache`` and ``--classes``."""
    from ..workflow.data_reading import ReadingSettings

    return ReadingSettings(
        args.image_size,
        NORMALIZATION[getattr(args, "image_normalization", "auto")],
        args.data_cache,
        args.classes,
        decoding_execution(args),
    )


def training_overrides(args: argparse.Namespace) -> TrainingOverrides:
    """Make the request of the training options; what a command does not have keeps its default."""
    from ..workflow.training_overrides import TrainingOverrides

    names = (
        "epochs batch_size solver learning_rate from_scratch task crop flip policy record_margins average_parameters"
    )
    given = {name: getattr(args, name) for name in names.split() if hasattr(args, name)}
    if getattr(args, "method", None) == "margin":
        given["record_margins"] = True
    return TrainingOverrides(needs_average=getattr(args, METHOD_SETTING + "at", None) == "average", **given)


def project_request(args: argparse.Namespace, *, trained: bool = False) -> ProjectRequest:
    """Make the request of the options for network, data and training.

    Raises:
        ConfigError: Options contradict each other.
    """
    from ..device import Device
    from ..network import StatedRoles
    from ..workflow.project_request import ProjectRequest

    stated = StatedRoles(dict(args.input), args.loss, args.parameters) if hasattr(args, "input") else StatedRoles()
    return ProjectRequest(
        args.network,
        args.train,
        args.validation,
        args.seed,
        Device(args.device),
        reading_settings(args),
        training_overrides(args),
        trained,
        stated,
    )


def score_request(args: argparse.Namespace) -> ScoreRequest:
    """Make the request of ``--method``, its settings and ``--target``.

    Raises:
        ConfigError: The method lacks a setting that is given.
    """
    from ..device import Device
    from ..workflow.score import ScoreRequest

    return ScoreRequest(
        args.method,
        _method_settings(args),
        getattr(args, "target", None),
        args.seed,
        Device(args.device),
        getattr(args, "labels", LABELS[0]),
    )
