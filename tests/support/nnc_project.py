"""Neural Network Console projects, written by hand and trained by NNabla's own command line.

What a user of Neural Network Console (NNC) brings is a result folder: ``net.nntxt``, ``results.nnp`` and the data
set's CSV files. This module makes such folders without NNC and without a line of our own code: the text follows the
files that NNC writes (networks ``Main``, ``MainValidation`` and ``MainRuntime``, layers named after their type, so
that the parameters of the first affine layer are ``Affine/affine/W``), and ``nnabla_cli train`` trains it.

    project = make_project(folder, "affine")
    train_with_nnabla(project)            # a few seconds; leaves results.nnp
"""

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, List, Sequence, Tuple

import imageio.v2 as imageio
import numpy as np

from support import prepared

CLASSES = 4
IMAGE = 8  # images are IMAGE x IMAGE, one channel
FEATURES = 6  # length of a vector input
TARGETS = 2  # outputs of the regression network


@dataclass(frozen=True)
class Settings:
    """What a project may vary. ``shuffle=False`` makes the order of NNabla's own training known."""

    kind: str = "affine"  # a key of KINDS
    solver: str = "Sgd"  # a key of SOLVERS
    learning_rate: float = 0.1
    weight_decay: float = 0.0
    decay_interval: int = 0  # halve the learning rate every so many iterations, 0 for never
    epochs: int = 3
    batch_size: int = 8
    training: int = 40  # samples
    validation: int = 22  # not a multiple of the batch size, on purpose
    shuffle: bool = True
    save_best: bool = True
    labels_first: bool = False  # label before input, both in the CSV and in the network file
    relative_uri: bool = False  # data-set URIs relative to the network file
    iterations: int = 0  # batches of an epoch, 0 for enough to draw every sample
    cached: bool = False  # NNabla makes a cache on the disk before it trains, as NNC asks it to
    seed: int = 0


@dataclass(frozen=True)
class Project:
    """A folder as NNC leaves it."""

    folder: Path
    settings: Settings = field(default_factory=Settings)

    @property
    def nntxt(self) -> Path:
        return self.folder / "net.nntxt"

    @property
    def nnp(self) -> Path:
        return self.folder / "results.nnp"

    @property
    def training_csv(self) -> Path:
        return self.folder / "training.csv"

    @property
    def validation_csv(self) -> Path:
        return self.folder / "validation.csv"


def make_project(folder: Path, kind: str = "affine", **options: Any) -> Project:
    """Write data and ``net.nntxt`` into a folder; nothing is trained yet."""
    settings = Settings(kind=kind, **options)
    project = Project(Path(folder), settings)
    project.folder.mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(settings.seed)
    write_data = KINDS[kind].write_data
    write_data(project, project.training_csv, settings.training, random)
    write_data(project, project.validation_csv, settings.validation, random)
    project.nntxt.write_text(network_text(project), encoding="utf-8")
    return project


def train_with_nnabla(project: Project) -> Project:
    """Run ``nnabla_cli train`` in a process of its own; it writes ``results.nnp`` into the folder."""
    with training_with_nnabla(project):
        return project


@contextmanager
def training_with_nnabla(project: Project) -> Iterator[None]:
    """Run it beside the block: half of its time it waits for its own threads."""
    command = [sys.executable, "-m", "nnabla.utils.cli.cli", "train"]
    command += ["-c", str(project.nntxt), "-o", str(project.folder)]
    process = prepared.start(command, cwd=project.folder)
    try:
        yield
    finally:
        out, errors = process.communicate()
    if process.returncode or not project.nnp.exists():
        raise RuntimeError("nnabla_cli train failed:\n" + (out + errors).decode(errors="replace"))


# --- data -------------------------------------------------------------------------------------------------------


def class_images(samples: int, random: np.random.RandomState) -> Tuple[np.ndarray, np.ndarray]:
    """Noisy images (N, IMAGE, IMAGE) uint8 whose bright quadrant is the class, and labels (N,)."""
    labels = random.randint(CLASSES, size=samples)
    images = random.uniform(0, 160, size=(samples, IMAGE, IMAGE))
    half = IMAGE // 2
    for image, label in zip(images, labels):
        row, column = half * (label // 2), half * (label % 2)
        image[row : row + half, column : column + half] += 90
    return images.astype(np.uint8), labels


def _write_images(project: Project, path: Path, samples: int, random: np.random.RandomState) -> None:
    images, labels = class_images(samples, random)
    image_folder = project.folder / path.stem
    image_folder.mkdir(exist_ok=True)
    rows = []
    for index, (image, label) in enumerate(zip(images, labels)):
        name = f"{index:04d}.png"
        imageio.imwrite(str(image_folder / name), image)
        rows.append([path.stem + "/" + name, str(label)])
    _write_csv(project, path, ["x:image", "y:label"], rows)


def _write_vectors(project: Project, path: Path, samples: int, random: np.random.RandomState) -> None:
    x = random.normal(size=(samples, FEATURES))
    mixing = np.random.RandomState(5).normal(size=(FEATURES, TARGETS))  # the same for training and validation
    y = np.tanh(x @ mixing) + 0.1 * random.normal(size=(samples, TARGETS))
    header = [f"x__{i}:input {i}" for i in range(FEATURES)]
    header += [f"y__{i}:target {i}" for i in range(TARGETS)]
    rows = [[f"{value:.6g}" for value in row] for row in np.hstack([x, y])]
    _write_csv(project, path, header, rows)


def _write_two_inputs(project: Project, path: Path, samples: int, random: np.random.RandomState) -> None:
    """Two inputs of the same shape, stored in the other order: taken by position they would be swapped."""
    labels = random.randint(CLASSES, size=samples)
    left = random.normal(size=(samples, FEATURES))
    left[np.arange(samples), labels] += 2
    right = 3 + random.normal(size=(samples, FEATURES))
    header = [f"right__{i}" for i in range(FEATURES)] + ["y:label"]
    header += [f"left__{i}" for i in range(FEATURES)]
    rows = [
        [f"{v:.6g}" for v in first] + [str(label)] + [f"{v:.6g}" for v in second]
        for first, label, second in zip(right, labels, left)
    ]
    _write_csv(project, path, header, rows)


def _write_csv(project: Project, path: Path, header: List[str], rows: List[List[str]]) -> None:
    if project.settings.labels_first:
        header, rows = header[::-1], [row[::-1] for row in rows]
    lines = [",".join(row) for row in [header] + rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- the text of a network file ------------------------------------------------------------------------------------


def _section(name: str, *lines: str) -> str:
    body = "\n".join("  " + line for text in lines if text for line in text.splitlines())
    return f"{name} {{\n{body}\n}}"


def _shape(dims: Sequence[int]) -> str:
    return _section("shape", *[f"dim: {d}" for d in dims])


def _named(key: str, names: Sequence[str]) -> List[str]:
    return [f'{key}: "{name}"' for name in names]


class _Layers:
    """One ``network`` section, built layer by layer in the way NNC names things."""

    def __init__(self, name: str, batch_size: int) -> None:
        self.name = name
        self.batch_size = batch_size
        self.training = name == "Main"
        self.variables = []  # type: List[str]
        self.functions = []  # type: List[str]
        self.multipliers = {}  # type: Dict[str, float]   # parameter name -> learning-rate multiplier

    def input(self, name: str, shape: Sequence[int]) -> str:
        lines = _named("name", [name]) + ['type: "Buffer"', _shape((-1,) + tuple(shape))]
        self.variables.append(_section("variable", *lines))
        return name

    def parameter(self, name: str, shape: Sequence[int], kind: str, multiplier: float, rate: float = 1.0) -> str:
        initializer = _section("initializer", f'type: "{kind}"', f"multiplier: {multiplier}")
        self.variables.append(
            _section("variable", *_named("name", [name]), 'type: "Parameter"', _shape(shape), initializer)
        )
        self.multipliers[name] = rate
        return name

    def function(self, name: str, kind: str, inputs: Sequence[str], shape: Sequence[int], options: str = "") -> str:
        self.input(name, shape)
        lines = _named("name", [name]) + _named("type", [kind]) + _named("input", inputs) + _named("output", [name])
        self.functions.append(_section("function", *lines, options))
        return name

    def affine(self, name: str, source: str, inputs: int, outputs: int) -> str:
        weight = self.parameter(name + "/affine/W", (inputs, outputs), "NormalAffineGlorot", 1)
        bias = self.parameter(name + "/affine/b", (outputs,), "Constant", 0)
        options = _section("affine_param", "base_axis: 1")
        return self.function(name, "Affine", [source, weight, bias], (outputs,), options)

    def convolution(self, name: str, source: str, maps: int) -> str:
        weight = self.parameter(name + "/conv/W", (maps, 1, 3, 3), "NormalConvolutionGlorot", 1)
        bias = self.parameter(name + "/conv/b", (maps,), "Constant", 0)
        lines = [_section(key, f"dim: {n} dim: {n}") for key, n in (("pad", 1), ("stride", 1), ("dilation", 1))]
        options = _section("convolution_param", *lines, "group: 1", "base_axis: 1")
        return self.function(name, "Convolution", [source, weight, bias], (maps, IMAGE, IMAGE), options)

    def batch_normalization(self, name: str, source: str, maps: int) -> str:
        values = (("beta", 0, 1.0), ("gamma", 1, 1.0), ("mean", 0, 0.0), ("var", 0, 0.0))
        parameters = [
            self.parameter(name + "/bn/" + key, (1, maps, 1, 1), "Constant", value, rate) for key, value, rate in values
        ]
        batch_stat = "batch_stat: " + ("true" if self.training else "false")
        options = _section("batch_normalization_param", "axes: 1", "decay_rate: 0.5", "eps: 0.01", batch_stat)
        return self.function(name, "BatchNormalization", [source] + parameters, (maps, IMAGE, IMAGE), options)

    def max_pooling(self, name: str, source: str, maps: int) -> str:
        kernel = [_section(key, "dim: 2 dim: 2") for key in ("kernel", "stride")]
        options = _section("max_pooling_param", *kernel, "ignore_border: true", _section("pad", "dim: 0 dim: 0"))
        return self.function(name, "MaxPooling", [source], (maps, IMAGE // 2, IMAGE // 2), options)

    def text(self) -> str:
        head = _named("name", [self.name]) + [f"batch_size: {self.batch_size}"]
        return _section("network", *head, *self.variables, *self.functions)


def _affine_network(net: _Layers) -> str:
    h = net.affine("Affine", net.input("Input", (1, IMAGE, IMAGE)), IMAGE * IMAGE, 16)
    h = net.function("ReLU", "ReLU", [h], (16,), _section("relu_param", "inplace: true"))
    return _classify(net, net.affine("Affine_2", h, 16, CLASSES), "SoftmaxCrossEntropy")


def _dropout_network(net: _Layers) -> str:
    h = net.affine("Affine", net.input("Input", (1, IMAGE, IMAGE)), IMAGE * IMAGE, 16)
    h = net.function("ReLU", "ReLU", [h], (16,), _section("relu_param", "inplace: true"))
    if net.training:
        h = net.function("Dropout", "Dropout", [h], (16,), _section("dropout_param", "p: 0.5", "seed: -1"))
    return _classify(net, net.affine("Affine_2", h, 16, CLASSES), "SoftmaxCrossEntropy")


def _conv_bn_network(net: _Layers) -> str:
    maps = 4
    h = net.convolution("Convolution", net.input("Input", (1, IMAGE, IMAGE)), maps)
    h = net.batch_normalization("BatchNormalization", h, maps)
    h = net.function("ReLU", "ReLU", [h], (maps, IMAGE, IMAGE), _section("relu_param", "inplace: true"))
    h = net.max_pooling("MaxPooling", h, maps)
    h = net.affine("Affine", h, maps * IMAGE * IMAGE // 4, CLASSES)
    return _classify(net, h, "TopNError")


def _regression_network(net: _Layers) -> str:
    h = net.affine("Affine", net.input("Input", (FEATURES,)), FEATURES, 8)
    h = net.function("Tanh", "Tanh", [h], (8,))
    h = net.affine("Affine_2", h, 8, TARGETS)
    if net.name == "MainRuntime":
        return h
    target = net.input("SquaredError_T", (TARGETS,))
    return net.function("SquaredError", "SquaredError", [h, target], (TARGETS,))


def _two_input_network(net: _Layers) -> str:
    left = net.affine("Affine", net.input("Input", (FEATURES,)), FEATURES, 8)
    right = net.affine("Affine_2", net.input("Input_2", (FEATURES,)), FEATURES, 8)
    h = net.function("Add2", "Add2", [left, right], (8,), _section("add2_param", "inplace: false"))
    h = net.function("ReLU", "ReLU", [h], (8,), _section("relu_param", "inplace: true"))
    return _classify(net, net.affine("Affine_3", h, 8, CLASSES), "SoftmaxCrossEntropy")


def _classify(net: _Layers, logits: str, monitored: str) -> str:
    """Loss on the training and the validation network; on the latter, what is monitored may be an error rate."""
    if net.name == "MainRuntime":
        return net.function("Softmax", "Softmax", [logits], (CLASSES,), _section("softmax_param", "axis: 1"))
    label = net.input("SoftmaxCrossEntropy_T", (1,))
    options = _section("softmax_cross_entropy_param", "axis: 1")
    net.function("SoftmaxCrossEntropy", "SoftmaxCrossEntropy", [logits, label], (1,), options)
    if monitored == "TopNError" and net.name == "MainValidation":
        options = _section("top_n_error_param", "axis: 1", "n: 1")
        net.function("TopNError", "TopNError", [logits, label], (1,), options)
    return monitored


@dataclass(frozen=True)
class _Kind:
    """A family of projects: how data are written, how the network is built, which variable reads which column."""

    write_data: Any
    build: Any
    variables: Tuple[Tuple[str, str], ...]  # (variable of the network, column of the CSV)
    loss: str


KINDS = {
    "affine": _Kind(
        _write_images,
        _affine_network,
        (("Input", "x"), ("SoftmaxCrossEntropy_T", "y")),
        "SoftmaxCrossEntropy",
    ),
    "conv_bn": _Kind(
        _write_images,
        _conv_bn_network,
        (("Input", "x"), ("SoftmaxCrossEntropy_T", "y")),
        "SoftmaxCrossEntropy",
    ),
    "dropout": _Kind(
        _write_images,
        _dropout_network,
        (("Input", "x"), ("SoftmaxCrossEntropy_T", "y")),
        "SoftmaxCrossEntropy",
    ),
    "regression": _Kind(
        _write_vectors,
        _regression_network,
        (("Input", "x"), ("SquaredError_T", "y")),
        "SquaredError",
    ),
    "two_inputs": _Kind(
        _write_two_inputs,
        _two_input_network,
        (("Input", "left"), ("Input_2", "right"), ("SoftmaxCrossEntropy_T", "y")),
        "SoftmaxCrossEntropy",
    ),
}

SOLVERS = {
    "Sgd": "sgd_param { lr: %g }",
    "Momentum": "momentum_param { lr: %g momentum: 0.9 }",
    "Adam": "adam_param { alpha: %g beta1: 0.9 beta2: 0.999 eps: 1e-08 }",
    "Adadelta": "adadelta_param { lr: %g decay: 0.95 eps: 1e-06 }",
}


def network_text(project: Project) -> str:
    """The whole ``net.nntxt``."""
    settings = project.settings
    kind = KINDS[settings.kind]
    nets = [_Layers(name, settings.batch_size) for name in ("Main", "MainValidation", "MainRuntime")]
    _, monitored, output = [kind.build(net) for net in nets]
    context = _section("default_context", 'array_class: "CpuCachedArray"', 'backends: "cpu:float"')
    sections = [
        _section("global_config", context),
        _section(
            "training_config",
            f"max_epoch: {settings.epochs}",
            f"iter_per_epoch: {settings.iterations or -(-settings.training // settings.batch_size)}",
            f"save_best: {str(settings.save_best).lower()}",
            "monitor_interval: 1",
        ),
    ]
    sections += [net.text() for net in nets]
    sections += [_dataset(project, "Training"), _dataset(project, "Validation")]
    sections += [_optimizer(settings, nets[0])]
    sections += [_monitor(settings, "train_error", "Training", monitored)]
    sections += [_monitor(settings, "valid_error", "Validation", monitored)]
    sections += [_executor(settings, nets[2], output)]
    return "\n".join(sections) + "\n"


def _dataset(project: Project, name: str) -> str:
    path = project.training_csv if name == "Training" else project.validation_csv
    uri = path.name if project.settings.relative_uri else str(path.resolve())
    shuffle = name == "Training" and project.settings.shuffle
    cache = [f'cache_dir: "{project.folder / name}.cache"', "overwrite_cache: true", "create_cache_explicitly: true"]
    return _section(
        "dataset",
        *_named("name", [name]),
        *_named("uri", [uri]),
        *(cache if project.settings.cached else []),
        f"shuffle: {str(shuffle).lower()}",
        "no_image_normalization: false",
        f"batch_size: {project.settings.batch_size}",
    )


def _data_variables(settings: Settings) -> List[str]:
    pairs = KINDS[settings.kind].variables
    if settings.labels_first:
        pairs = pairs[::-1]
    return [_section("data_variable", *_named("variable_name", [v]), *_named("data_name", [d])) for v, d in pairs]


def _optimizer(settings: Settings, net: _Layers) -> str:
    solver = _section(
        "solver",
        *_named("type", [settings.solver]),
        f"weight_decay: {settings.weight_decay:g}",
        "lr_decay: {:g}".format(0.5 if settings.decay_interval else 1),
        f"lr_decay_interval: {settings.decay_interval or 1}",
        SOLVERS[settings.solver] % settings.learning_rate,
    )
    parameters = [
        _section("parameter_variable", *_named("variable_name", [name]), f"learning_rate_multiplier: {rate}")
        for name, rate in net.multipliers.items()
    ]
    return _section(
        "optimizer",
        *_named("name", ["Optimizer"]),
        "update_interval: 1",
        *_named("network_name", ["Main"]),
        *_named("dataset_name", ["Training"]),
        solver,
        *_data_variables(settings),
        _section("loss_variable", *_named("variable_name", [KINDS[settings.kind].loss])),
        *parameters,
    )


def _monitor(settings: Settings, name: str, dataset: str, monitored: str) -> str:
    return _section(
        "monitor",
        *_named("name", [name]),
        *_named("network_name", ["MainValidation"]),
        *_named("dataset_name", [dataset]),
        *_data_variables(settings),
        _section("monitor_variable", 'type: "Error"', *_named("variable_name", [monitored])),
    )


def _executor(settings: Settings, net: _Layers, output: str) -> str:
    inputs = [(v, d) for v, d in KINDS[settings.kind].variables if not v.endswith("_T")]
    data = [_section("data_variable", *_named("variable_name", [v]), *_named("data_name", [d])) for v, d in inputs]
    parameters = [_section("parameter_variable", *_named("variable_name", [name])) for name in net.multipliers]
    return _section(
        "executor",
        *_named("name", ["Executor"]),
        *_named("network_name", ["MainRuntime"]),
        "num_evaluations: 1",
        'repeat_evaluation_type: "mean"',
        "need_back_propagation: false",
        *data,
        _section("output_variable", *_named("variable_name", [output]), *_named("data_name", ["y'"])),
        *parameters,
    )
