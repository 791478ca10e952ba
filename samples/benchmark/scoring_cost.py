"""What scoring costs, measured against training in the same run.

    python samples/benchmark/scoring_cost.py

On the network of arXiv:2103.11807 (builtin:cifarnet, 1x32x32 images, batches of 64): seconds per sample of a training
step and of a scoring step (score and Hessian product of `last-epoch`), their ratio for both batch-norm policies, peak
memory for two sizes of the training data, and the sizes of the cache file. Absolute times depend on the machine; the
ratios are what to look at. Training and scoring steps alternate, so that a machine that speeds up or slows down
affects both alike.
"""

import argparse
import csv
import itertools
import json
import math
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

EPOCHS = 5
"""Of the trainings whose cache files are weighed."""


def write_images(folder, samples):
    """A data set of random images."""
    random = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    with open(folder / "data.csv", "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["x:image", "y:label"])
        for i in range(samples):
            Image.fromarray(random.integers(0, 256, (32, 32), dtype=np.uint8)).save(folder / "images" / f"{i}.png")
            writer.writerow([f"images/{i}.png", i % 10])
    return folder / "data.csv"


def ratios(repeats, batch, policy, device):
    """Median seconds per sample of training and of scoring, and the median of the pairwise ratios."""
    from measured import synchronize

    from nnabla_influence.autodiff import LossOracle
    from nnabla_influence.config import TrainingConfig
    from nnabla_influence.dataset.dataset import Dataset
    from nnabla_influence.network import Network
    from nnabla_influence.training import StepPlan, Trainer

    random = np.random.default_rng(0)
    data = Dataset.from_arrays({"x": random.random((batch, 1, 32, 32)), "y": np.arange(batch) % 10})
    network = Network.builtin("builtin:cifarnet", (1, 32, 32), 10)
    trainer = Trainer(network, data, TrainingConfig(batch_size=batch), device)
    step = next(iter(StepPlan(trainer.config, batch).epoch(0)))
    oracle = LossOracle(network, policy, device)
    direction = random.standard_normal(network.space.size)
    actions = (
        lambda: (trainer.step(step), synchronize(device)),
        lambda: oracle.products(network.theta, data.batch(range(batch)), direction),
    )
    times = [[seconds(action) for action in actions] for _ in range(repeats + 1)][1:]  # the first builds the graphs
    train, score = ([pair[i] / batch for pair in times] for i in (0, 1))
    return statistics.median(train), statistics.median(score), statistics.median(s / t for t, s in zip(train, score))


def seconds(action):
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def peak_memory(samples, batch, queue):
    """Trains and scores one epoch in this process; reports its peak memory."""
    from nnabla_influence.estimators import LastEpochInfluence

    with tempfile.TemporaryDirectory() as name:
        data, cache = trained(Path(name), samples, batch, policy="last-epoch")
        LastEpochInfluence(recursion="published", objective="loss").estimate(cache, data, data)
    queue.put(peak_bytes())


def trained(folder, samples, batch, **settings):
    """A data set of random images in a folder, and the cache of a training on it."""
    from nnabla_influence.config import TrainingConfig
    from nnabla_influence.dataset.dataset import Dataset
    from nnabla_influence.network import Network
    from nnabla_influence.training import train

    data = Dataset.from_csv(write_images(folder / "data", samples), data_cache=folder / "decoded")
    network = Network.builtin("builtin:cifarnet", (1, 32, 32), 10)
    return data, train(network, data, TrainingConfig(batch_size=batch, **settings), folder / "cache.h5")


def cache_sizes(samples, batch, epochs):
    """Bytes of the cache file of one training, by policy."""
    from nnabla_influence.choices import POLICIES

    sizes = {}
    for policy in POLICIES:
        with tempfile.TemporaryDirectory() as name:
            _, cache = trained(Path(name), samples, batch, epochs=epochs, policy=policy)
            sizes[policy] = cache.path.stat().st_size
    return sizes


def peak_bytes():
    """Peak resident memory of this process, None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def in_a_process(samples, batch):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=peak_memory, args=(samples, batch, queue))
    process.start()
    found = queue.get()
    process.join()
    return found


def main():
    from measured import available

    from nnabla_influence.choices import DEVICES

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="measured pairs of steps (default: 7)")
    parser.add_argument("--batch", type=int, default=64, help="samples of a batch (default: 64)")
    parser.add_argument("--samples", type=int, nargs=2, default=(256, 1024), help="data sizes for the memory figure")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--devices", nargs="+", default=DEVICES, help="where to measure (default: all that are there)")
    args = parser.parse_args()
    figures = {}
    for device, policy in itertools.product(available(args.devices), ("batch", "frozen")):
        train, score, ratio = ratios(args.repeats, args.batch, policy, device)
        figures[f"{device.name}, {policy}"] = {"training": train, "scoring": score, "ratio": ratio}
        print(
            f"{device.name}, batch norm {policy:6}: training step {1e3 * train:.2f} ms a sample, scoring step "
            f"{1e3 * score:.2f} ms a sample, ratio {ratio:.2f}"
        )
    for samples in args.samples:
        memory = in_a_process(samples, args.batch)
        figures[f"memory at {samples}"] = memory
        shown = "unknown" if memory is None else f"{memory / 1e6:.0f} MB"
        print(f"peak memory, train and score {samples} images: {shown}")
    figures["cache"] = cache_sizes(args.samples[0], args.batch, EPOCHS)
    steps = EPOCHS * math.ceil(args.samples[0] / args.batch)
    for policy, size in figures["cache"].items():
        print(f"cache file of {EPOCHS} epochs, {steps} steps: policy {policy:<10} {size:>11,} bytes")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
