"""Networks as Neural Network Console writes them and NNabla's own `save` cannot: loops, and layers of training only.

In the text of a loop every layer stands once and names the loop (``repeat_id``); NNabla writes it out when it loads the
file. ``{RepeatStart}`` in a parameter's name means that each turn has its own.
"""

from typing import Iterable, Sequence

NETWORK, DATASET = "Main", "Training"


def section(name: str, *lines: str) -> str:
    body = "\n".join("  " + line for text in lines if text for line in text.splitlines())
    return f"{name} {{\n{body}\n}}"


def shape(dims: Sequence[int]) -> str:
    return section("shape", *[f"dim: {d}" for d in dims])


def variable(name: str, dims: Sequence[int], loop: str = "") -> str:
    lines = [f'name: "{name}"', 'type: "Buffer"', f'repeat_id: "{loop}"' if loop else "", shape((-1, *dims))]
    return section("variable", *lines)


def parameter(name: str, dims: Sequence[int], loop: str = "", start: str = "") -> str:
    kind = "NormalAffineGlorot" if not start and len(dims) > 1 else "Constant"
    start = section("initializer", f'type: "{kind}"', f"multiplier: {start or int(len(dims) > 1)}")
    lines = [f'name: "{name}"', 'type: "Parameter"', f'repeat_id: "{loop}"' if loop else "", shape(dims), start]
    return section("variable", *lines)


def layer(name: str, kind: str, inputs: Iterable[str], dims: Sequence[int], options: str = "", loop: str = "") -> str:
    """A function and the variable it writes, which has its name."""
    lines = [f'name: "{name}"', f'type: "{kind}"', f'repeat_id: "{loop}"' if loop else ""]
    lines += [f'input: "{source}"' for source in inputs] + [f'output: "{name}"', options]
    return variable(name, dims, loop) + "\n" + section("function", *lines)


def affine(name: str, source: str, inputs: int, outputs: int, loop: str = "", own: bool = False) -> str:
    """An affine layer; in a loop it is shared by all turns, or each has its `own`."""
    full = f"{name}{{{loop}}}" if own else name
    weight, bias = full + "/affine/W", full + "/affine/b"
    inside = loop if own else ""
    lines = [parameter(weight, (inputs, outputs), inside), parameter(bias, (outputs,), inside)]
    options = section("affine_param", "base_axis: 1")
    return "\n".join([*lines, layer(name, "Affine", [source, weight, bias], (outputs,), options, loop)])


def repeated(training: bool) -> Sequence[str]:
    """Three turns of an affine layer, each with its own weights, and dropout in training."""
    loop = "RepeatStart"
    turns = section("repeat_param", f'repeat_id: "{loop}"', "times: 3")
    dropout = section("dropout_param", "p: 0.3", "seed: -1")
    return [
        section("repeat_info", f'id: "{loop}"', "times: 3"),
        variable("Input", (5,)),
        layer("RepeatStart", "RepeatStart", ["Input", "Dropout" if training else "Tanh"], (5,), turns, loop),
        affine("Affine", "RepeatStart", 5, 5, loop, own=True),
        layer("Tanh", "Tanh", ["Affine"], (5,), "", loop),
        layer("Dropout", "Dropout", ["Tanh"], (5,), dropout, loop) if training else "",
        layer("RepeatEnd", "RepeatEnd", ["Dropout" if training else "Tanh"], (5,), turns),
        affine("Affine_2", "RepeatEnd", 5, 3),
        *_loss("Affine_2"),
    ]


def normalized(training: bool) -> Sequence[str]:
    """Two turns of an affine layer and batch normalisation, each with its own weights and running statistics."""
    loop = "RepeatStart"
    turns = section("repeat_param", f'repeat_id: "{loop}"', "times: 2")
    names = [f"Norm{{{loop}}}/bn/{key}" for key in ("beta", "gamma", "mean", "var")]
    statistics = f"batch_stat: {str(training).lower()}"
    options = section("batch_normalization_param", "axes: 1", "decay_rate: 0.5", "eps: 1e-05", statistics)
    return [
        section("repeat_info", f'id: "{loop}"', "times: 2"),
        variable("Input", (5,)),
        layer("RepeatStart", "RepeatStart", ["Input", "Norm"], (5,), turns, loop),
        affine("Affine", "RepeatStart", 5, 5, loop, own=True),
        layer("Tanh", "Tanh", ["Affine"], (5,), "", loop),
        *[parameter(name, (1, 5), loop, start) for name, start in zip(names, "0101")],
        layer("Norm", "BatchNormalization", ["Tanh", *names], (5,), options, loop),
        layer("RepeatEnd", "RepeatEnd", ["Norm"], (5,), turns),
        affine("Affine_2", "RepeatEnd", 5, 3),
        *_loss("Affine_2"),
    ]


def recurrent(training: bool) -> Sequence[str]:
    """An Elman network over three steps of four numbers; all steps share their weights."""
    loop = "RecurrentInput"
    steps = section("recurrent_param", f'repeat_id: "{loop}"', "axis: 1", "length: 3")
    return [
        section("repeat_info", f'id: "{loop}"', "times: 3"),
        variable("Input", (3, 4)),
        variable("Delay_Initial", (4,)),
        layer("RecurrentInput", "RecurrentInput", ["Input"], (4,), steps, loop),
        layer("Delay", "Delay", ["Tanh", "Delay_Initial"], (4,), steps, loop),
        layer(
            "Concatenate",
            "Concatenate",
            ["RecurrentInput", "Delay"],
            (8,),
            section("concatenate_param", "axis: 1"),
            loop,
        ),
        affine("Affine", "Concatenate", 8, 4, loop),
        layer("Tanh", "Tanh", ["Affine"], (4,), "", loop),
        layer("RecurrentOutput", "RecurrentOutput", ["Tanh"], (3, 4), steps),
        affine("Affine_2", "RecurrentOutput", 12, 3),
        *_loss("Affine_2"),
    ]


def long_short_term(training: bool) -> Sequence[str]:
    """An LSTM over three steps of four numbers, of the layers that NNC's LSTM unit consists of."""
    loop = "RecurrentInput"
    steps = section("recurrent_param", f'repeat_id: "{loop}"', "axis: 1", "length: 3")
    joined = section("concatenate_param", "axis: 1")
    gates = ("InputGate", "ForgetGate", "OutputGate", "Cell")
    return [
        section("repeat_info", f'id: "{loop}"', "times: 3"),
        variable("Input", (3, 4)),
        variable("Delay_Initial", (4,)),
        variable("Delay_2_Initial", (4,)),
        layer("RecurrentInput", "RecurrentInput", ["Input"], (4,), steps, loop),
        layer("Delay", "Delay", ["Mul2_3", "Delay_Initial"], (4,), steps, loop),
        layer("Delay_2", "Delay", ["Add2", "Delay_2_Initial"], (4,), steps, loop),
        layer("Concatenate", "Concatenate", ["RecurrentInput", "Delay"], (8,), joined, loop),
        *[affine(gate, "Concatenate", 8, 4, loop) for gate in gates],
        *[layer(f"Sigmoid_{k}", "Sigmoid", [gate], (4,), "", loop) for k, gate in enumerate(gates[:3])],
        layer("Tanh", "Tanh", ["Cell"], (4,), "", loop),
        layer("Mul2", "Mul2", ["Sigmoid_0", "Tanh"], (4,), "", loop),
        layer("Mul2_2", "Mul2", ["Sigmoid_1", "Delay_2"], (4,), "", loop),
        layer("Add2", "Add2", ["Mul2", "Mul2_2"], (4,), "", loop),
        layer("Tanh_2", "Tanh", ["Add2"], (4,), "", loop),
        layer("Mul2_3", "Mul2", ["Sigmoid_2", "Tanh_2"], (4,), "", loop),
        layer("RecurrentOutput", "RecurrentOutput", ["Mul2_3"], (3, 4), steps),
        affine("Affine_2", "RecurrentOutput", 12, 3),
        *_loss("Affine_2"),
    ]


def text(body, batch_size: int) -> str:
    """The whole ``net.nntxt`` of one of the networks above."""
    networks = [
        section("network", f'name: "{name}"', f"batch_size: {batch_size}", *body(name == NETWORK))
        for name in (NETWORK, "MainValidation")
    ]
    everything = "\n".join(networks)
    names = sorted({line.split('"')[1] for line in everything.splitlines() if "name:" in line and "/" in line})
    delays = [name for name in ("Delay_Initial", "Delay_2_Initial") if f'"{name}"' in everything]
    return "\n".join([*networks, *_roles(names, delays, batch_size)]) + "\n"


def _loss(logits: str) -> Sequence[str]:
    options = section("softmax_cross_entropy_param", "axis: 1")
    return [variable("Label", (1,)), layer("Loss", "SoftmaxCrossEntropy", [logits, "Label"], (1,), options)]


def _roles(names: Sequence[str], delays: Sequence[str], batch_size: int) -> Sequence[str]:
    data = [
        section("data_variable", f'variable_name: "{name}"', f'data_name: "{column}"')
        for name, column in (("Input", "x"), ("Label", "y"))
    ]
    data += [
        section("generator_variable", f'variable_name: "{name}"', 'type: "Constant"', "multiplier: 0")
        for name in delays
    ]
    trained = [
        section("parameter_variable", f'variable_name: "{name}"', "learning_rate_multiplier: 1.0") for name in names
    ]
    solver = section("solver", 'type: "Sgd"', section("sgd_param", "lr: 0.05"))
    loss = section("loss_variable", 'variable_name: "Loss"')
    return [
        section("training_config", "max_epoch: 3", "iter_per_epoch: 3"),
        section("dataset", f'name: "{DATASET}"', 'uri: "training.csv"', "shuffle: true", f"batch_size: {batch_size}"),
        section("dataset", 'name: "Validation"', 'uri: "validation.csv"', f"batch_size: {batch_size}"),
        section(
            "optimizer",
            'name: "Optimizer"',
            "update_interval: 1",
            f'network_name: "{NETWORK}"',
            f'dataset_name: "{DATASET}"',
            solver,
            *data,
            loss,
            *trained,
        ),
        section(
            "monitor",
            'name: "valid_error"',
            'network_name: "MainValidation"',
            'dataset_name: "Validation"',
            *data,
            section("monitor_variable", 'type: "Error"', 'variable_name: "Loss"'),
        ),
    ]
