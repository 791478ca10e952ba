"""What every method costs, in units of a training epoch measured in the same run.

    python samples/benchmark/method_cost.py
    python samples/benchmark/method_cost.py --networks builtin:cifarnet --repeats 1      # takes a quarter of an hour

For each network one training (Adam for the one as in Neural Network Console) whose cache keeps the end of every epoch;
then, in turn, a bare training epoch of NNabla and every method on that cache, with a fifth as many validation rows.
Printed are the median and the range of the ratios of the processor's seconds. Each figure is a whole scoring: reading
the data, building and checking the network, and what does not grow with the number of samples. `tracin` takes as many
checkpoints as there are epochs, `sgd-influence` replays the last epoch. Also printed: our training, and the gradients
of one sample at a time, for comparison.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import nnabla as nn
import numpy as np
from measured import NNC, SHAPES, SOLVERS, bare_step, images, measure, network_named, one_at_a_time, seconds, spread

from nnabla_influence.config import TrainingConfig
from nnabla_influence.estimators import METHODS, sample_columns
from nnabla_influence.execution import one_thread
from nnabla_influence.training import train

SAMPLES = {"builtin:mlp": 20480, "builtin:cnn": 2560, NNC: 2560, "builtin:cifarnet": 640}
"""Of a network: enough for what does not grow with them to count little, few enough for some minutes."""
FEW = 64
"""Samples whose gradients are taken one at a time."""


def actions(cache, data, validation, batch):
    """What is measured, by name; each for all samples."""
    network, every = cache.network, np.arange(len(data))
    step = bare_step(network, data.batch(every[:batch]), batch, cache.config.solver)
    measured = {"a bare training epoch of NNabla": lambda: [step() for _ in range(len(data) // batch)]}
    for name, method in METHODS.items():
        measured[name] = lambda method=method: method().estimate(cache, data, validation)
    measured["losses and predicted labels"] = lambda: sample_columns(cache, data)
    return measured


def measured(name, args):
    """Print a table for a network; return its figures."""
    samples = args.samples or SAMPLES[name]
    data = images(samples, SHAPES[name])
    validation = data.subset(range(max(10, samples // 5)))
    config = TrainingConfig(
        solver=SOLVERS[name], epochs=args.epochs, batch_size=args.batch, policy="epochs", record_margins=True,
        average_parameters=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, one_thread():
        caches = []
        training = seconds(lambda: caches.append(train(network_named(name), data, config, Path(folder) / "c.h5")))
        with nn.auto_forward(False):
            todo = actions(caches[0], data, validation, args.batch)
            rounds = [{what: seconds(action) for what, action in todo.items()} for _ in range(args.repeats)]
            few = data.subset(range(min(FEW, samples)))
            direction = np.random.default_rng(0).standard_normal(caches[0].network.space.size)
            alone = seconds(one_at_a_time(caches[0].network, few, direction)) * samples / len(few)
    epochs = [figures.pop("a bare training epoch of NNabla") for figures in rounds]
    ratios = {"train, an epoch": [training / args.epochs / epoch for epoch in epochs]}
    ratios.update({what: [f[what] / epoch for f, epoch in zip(rounds, epochs)] for what in rounds[0]})
    ratios["one gradient at a time"] = [alone / epoch for epoch in epochs]
    took = f"a training epoch takes {statistics.median(epochs):.2f} s"
    print(f"\n{name}: {samples:,} samples, batches of {args.batch}, {args.epochs} epochs; {took}")
    for what, of_rounds in ratios.items():
        print(f"  {what:28} {spread(of_rounds)}", flush=True)
    return {"samples": samples, "epoch": epochs, "ratios": ratios}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=SHAPES, default=["builtin:mlp", "builtin:cnn", NNC])
    parser.add_argument("--samples", type=int, metavar="N", help="training samples (default: what suits the network)")
    parser.add_argument("--epochs", type=int, default=4, help="of the training (default: 4)")
    parser.add_argument("--repeats", type=int, default=3, help="measured rounds (default: 3)")
    measure(parser, measured)


if __name__ == "__main__":
    main()
