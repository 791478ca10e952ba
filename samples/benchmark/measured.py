"""What the benchmarks measure: networks, data, a bare training step of NNabla, and the machine they ran on."""

import json
import os
import platform
import statistics
import time
from collections import OrderedDict
from pathlib import Path

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import nnabla.solvers as S
import numpy as np
from nnabla.ext_utils import import_extension_module

from nnabla_influence.config import SolverConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.device import Device
from nnabla_influence.errors import MissingExtraError
from nnabla_influence.execution import cpu_model, one_thread
from nnabla_influence.network import TRAINING, Network

CLASSES = 10
NNC = "nnc"
SHAPES = {"builtin:cifarnet": (1, 32, 32), "builtin:cnn": (1, 28, 28), "builtin:mlp": (64,), NNC: (1, 28, 28)}
"""The shape of a sample, by the network's name. `NNC` is as most published projects of Neural Network Console are:
batch normalisation, dropout, softmax and categorical cross-entropy, trained by Adam."""
SOLVERS = {name: SolverConfig("Adam", 0.001) if name == NNC else SolverConfig(learning_rate=0.02) for name in SHAPES}


def network_named(name):
    """An untrained network."""
    if name != NNC:
        return Network.builtin(name, SHAPES[name], CLASSES)
    scope, random = OrderedDict(), np.random.RandomState(0)
    x, y = nn.Variable((2, *SHAPES[NNC])), nn.Variable((2, 1))
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        h = x
        for number, maps in enumerate((16, 32)):
            h = PF.convolution(h, maps, (3, 3), pad=(1, 1), rng=random, name=f"convolution{number}")
            h = F.relu(PF.batch_normalization(h, name=f"norm{number}"))
            h = F.max_pooling(h, (2, 2))
        h = F.relu(PF.batch_normalization(PF.affine(h, 128, rng=random, name="affine"), name="norm2"))
        h = F.softmax(PF.affine(F.dropout(h, 0.5), CLASSES, rng=random, name="output"))
        loss = F.categorical_cross_entropy(h, y)
    return Network.from_loss(loss, {"x": x, "y": y}, scope, {"solver": SOLVERS[NNC]}).initialized(0)


def images(samples, shape):
    """A data set of noise with a trace of its class."""
    random = np.random.default_rng(0)
    labels = np.arange(samples) % CLASSES
    x = random.random((samples, *shape), np.float32) + labels.reshape(-1, *[1] * len(shape)).astype(np.float32) / 20
    return Dataset.from_arrays({"x": x, "y": labels})


def bare_step(network, batch, size, solver):
    """One training step with nothing but NNabla, at a learning rate of 0."""
    graph = network.build(network.store(), size, TRAINING)
    loss, update = F.mean(graph.sample_losses), getattr(S, solver.name)(0.0)
    update.set_parameters({name: graph.leaves[name] for name in network.space.names})

    def step():
        graph.feed(batch)
        loss.forward(clear_no_need_grad=True)
        update.zero_grad()
        loss.backward(clear_buffer=True)
        update.update()

    return step


def one_at_a_time(network, data, direction):
    """The products of every sample's gradient with a direction, one sample after the other, as anybody would begin."""
    graph = network.build(network.store(), 1, TRAINING)
    loss = F.mean(graph.sample_losses)
    leaves = [graph.leaves[name] for name in network.space.names]
    parts = list(network.space.unflatten(direction).values())

    def products():
        for row in range(len(data)):
            graph.feed(data.batch([row]))
            for leaf in leaves:
                leaf.grad.zero()
            loss.forward(clear_no_need_grad=True)
            loss.backward(clear_buffer=True)
            sum(float(np.vdot(leaf.g, part)) for leaf, part in zip(leaves, parts))

    return products


def seconds(action):
    """The processor's seconds of this process: a busy machine disturbs them less than the clock's."""
    started = time.process_time()
    action()
    return time.process_time() - started


def clock_of(device):
    """What measures an action on a device: the processor's seconds, or elsewhere the clock's until it is done."""
    if device.kind == "cpu":
        return seconds

    def by_the_clock(action):
        started = time.perf_counter()
        action()
        synchronize(device)
        return time.perf_counter() - started

    return by_the_clock


def synchronize(device):
    """Wait until a device has done what it was asked to."""
    import_extension_module(device.kind).synchronize(device_id=device.name.partition(":")[2] or "0")


def available(names):
    """The devices of these names that are there; of the others it is printed why they are skipped."""
    devices = []
    for name in names:
        try:
            with Device(name).scope():
                nn.NdArray.from_numpy_array(np.zeros(1)).cast(np.float32)  # whether there is one shows now
            devices.append(Device(name))
        except (MissingExtraError, RuntimeError) as error:
            print(f"{name}: skipped ({error})")
    return devices


def step_seconds(name, batch, repeats):
    """The processor's seconds of a sample in a bare training step, the median of some."""
    network = network_named(name)
    with one_thread(), nn.auto_forward(False):
        step = bare_step(network, images(batch, SHAPES[name]).batch(np.arange(batch)), batch, SOLVERS[name])
        times = [seconds(step) for _ in range(repeats + 2)]
    return statistics.median(times[2:]) / batch


def spread(values):
    """Median and range in a line of a table."""
    return f"{statistics.median(values):5.2f} ({min(values):.2f} to {max(values):.2f})"


def measure(parser, measured):
    """Ask ``measured(name, args)`` about each of the ``--networks``, and write the figures where they are wanted."""
    parser.add_argument("--batch", type=int, default=64, help="samples of a batch (default: 64)")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    figures = {"machine": machine(), **{name: measured(name, args) for name in args.networks}}
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def machine():
    """Where it was measured."""
    facts = {"cpu": cpu_model(), "cores": os.cpu_count(), "python": platform.python_version()}
    return {**facts, "nnabla": nn.__version__, "numpy": np.__version__}
