"""What the parts of scoring cost, in units of a bare training step of NNabla, measured in the same run.

    python samples/benchmark/product_cost.py

For builtin:cifarnet (the network of arXiv:2103.11807, 1x32x32 images), builtin:cnn (1x28x28) and a network as in most
projects of Neural Network Console (Adam, softmax and categorical cross-entropy, batch normalisation, dropout), batches
of 64: the steps of training, losses and predictions, the gradient of their mean loss, scores at fixed parameters by
forward mode and by central differences, scores and Hessian product by our own pass and by NNabla's double backward, and
the Gauss-Newton product. The actions alternate; printed are the median and the range of the ratios of the processor's
seconds, which a busy machine disturbs less than the clock's. Below: the errors of the scores against forward mode in
double precision, relative to the largest score, those of the Hessian product as the length of the difference from that
in double precision, relative to its own, and the asymmetry ``|<G u, v> - <G v, u>| / (|G u| |v|)`` for u the loss's
gradient and v = G u. On every device that is there; on a GPU by the clock, because the processor waits.
"""

import argparse
import statistics

import numpy as np
from measured import CLASSES, NNC, SHAPES, SOLVERS, available, bare_step, clock_of, machine, network_named, spread

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.difference_products import DifferenceProducts
from nnabla_influence.autodiff.exact_products import ExactProducts
from nnabla_influence.autodiff.forward_over_reverse import ForwardOverReverse
from nnabla_influence.autodiff.parameterized_graph import EvaluationPoint, ParameterizedGraph
from nnabla_influence.choices import DEVICES
from nnabla_influence.config import TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.execution import one_thread
from nnabla_influence.network import SCORING_BATCH
from nnabla_influence.training import StepPlan, Trainer

STEP = 6e-5  # of the differences, relative to the length of the parameters


def actions(name, network, data, batch, size, direction, device):
    trainer = Trainer(network, data, TrainingConfig(solver=SOLVERS[name], batch_size=size), device)
    step = next(iter(StepPlan(trainer.config, size).epoch(0)))
    oracle, theta = LossOracle(network, device=device), network.theta
    differences, point = differences_of(network, size)
    nnablas = ExactProducts(differences.network, fast=device.kind == "cpu")
    return {
        "bare training step": bare_step(network, batch, size, SOLVERS[name]),
        "our training step": lambda: trainer.step(step),
        "losses and predictions": lambda: oracle.losses_and_predictions(theta, batch),
        "gradient of the mean loss": lambda: oracle.batch_gradient(theta, batch),
        "scores, forward mode": lambda: oracle.sample_products(theta, batch, direction),
        "scores, central differences": lambda: differences.scores(point, batch, direction),
        "scores and Hessian product": lambda: oracle.products(theta, batch, direction),
        "  by NNabla": lambda: nnablas.run(point, batch, direction),
        "Gauss-Newton product": lambda: oracle.gauss_newton(theta, batch, direction),
    }


def differences_of(network, size):
    """Central differences of NNabla's losses, the last resort of the package, and where."""
    store = network.store()
    graph = ParameterizedGraph(network.build(store, size, SCORING_BATCH), store, network.space)
    return DifferenceProducts(graph, STEP), EvaluationPoint(network.theta)


def errors(network, batch, size, direction, device):
    """Errors of every score, relative to the largest (B,), of Hessian products, and the Gauss-Newton asymmetry."""
    oracle, theta = LossOracle(network, device=device), network.theta
    differences, point = differences_of(network, size)
    products, curvature = ForwardOverReverse(differences.network, np.float64).run(point, batch, direction)
    ways = (oracle.sample_products(theta, batch, direction), differences.scores(point, batch, direction))
    off = [np.sort(np.abs(scores - products)) / np.abs(products).max() for scores in ways]
    nnablas = ExactProducts(differences.network, fast=device.kind == "cpu").run(point, batch, direction)[1]
    of_curvature = [
        np.linalg.norm(computed - curvature) / np.linalg.norm(curvature)
        for computed in (size * oracle.products(theta, batch, direction)[1], nnablas)
    ]
    u = oracle.mean_gradient(theta, [batch])
    v = oracle.gauss_newton(theta, batch, u)
    gv = oracle.gauss_newton(theta, batch, v)
    return off, of_curvature, abs(v @ v - gv @ u) / (np.linalg.norm(v) * np.linalg.norm(v))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=SHAPES, default=["builtin:cifarnet", "builtin:cnn", NNC])
    parser.add_argument("--repeats", type=int, default=11, help="measured rounds (default: 11)")
    parser.add_argument("--batch", type=int, default=64, help="samples of a batch (default: 64)")
    parser.add_argument("--devices", nargs="+", default=DEVICES, help="where to measure (default: all that are there)")
    args = parser.parse_args()
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    for device in available(args.devices):
        print(f"on {device.name}")
        measure(args, device)


def measure(args, device):
    """Print the table of every network on a device."""
    random, seconds = np.random.default_rng(0), clock_of(device)
    for name in args.networks:
        labels = np.arange(args.batch) % CLASSES
        data = Dataset.from_arrays({"x": random.random((args.batch, *SHAPES[name])), "y": labels})
        batch = data.batch(np.arange(args.batch))
        network = network_named(name)
        direction = random.standard_normal(network.space.size)
        with one_thread(), device.scope():
            measured = actions(name, network, data, batch, args.batch, direction, device)
            rounds = [[seconds(action) for action in measured.values()] for _ in range(args.repeats + 2)][2:]
            off, of_curvature, asymmetry = errors(network, batch, args.batch, direction, device)
        print(f"{name}, {1e3 * statistics.median(r[0] for r in rounds) / args.batch:.2f} ms a sample and step")
        for place, action in enumerate(measured):
            ratios = [r[place] / r[0] for r in rounds]
            print(f"  {action:27} {spread(ratios)}")
        for way, of_way in zip(("forward mode", "central differences"), off):
            shown = (of_way[-1], of_way[-2], of_way[len(of_way) // 2])
            print("  error by {}: largest {:.1e}, of all but one {:.1e}, median {:.1e}".format(way, *shown))
        print("  error of the Hessian product: {:.1e}, by NNabla {:.1e}".format(*of_curvature))
        print(f"  asymmetry of the Gauss-Newton product: {asymmetry:.1e}")


if __name__ == "__main__":
    main()
