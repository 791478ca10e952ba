"""What a whole `spectral` scoring costs, by number of samples and of workers.

    python samples/benchmark/spectral_cost.py

For each N: the scoring with each sample's loss and predicted label, at the final parameters of a network trained for
one epoch of 5,000 samples, with as many validation rows as a fifth of N; in one process, and in two, the start of the
second counted too. Per run: seconds by the clock and the processor's seconds of this process and of the other. On a
machine that is busy otherwise only the latter mean something: on idle cores the run takes at least those of the busier
one, and the ratio of these is printed beside the one by the clock. ``--cluster 2`` starts a Dask cluster of two workers
on this machine and scores there too. Stops if a score differs.

Then how it grows with N: the same with one curvature product only, because their number is not the same for every N, in
``--rounds`` of which the median counts: short runs vary. A straight line through these runs has a fixed part, a slope
in units of a bare training step of NNabla, and a distance from them. What N = 50,000 costs is computed: the largest
run, and that slope for the samples that it lacks. With ``--samples 50000`` it is measured, in ten minutes and more.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from local_cluster import local_cluster
from measured import CLASSES, SHAPES, SOLVERS, images, measure, network_named, step_seconds

from nnabla_influence.autodiff import sweeping
from nnabla_influence.config import TrainingConfig
from nnabla_influence.estimators import SpectralInfluence, sample_columns
from nnabla_influence.estimators.reused_work import ReusedWork
from nnabla_influence.execution import Execution, one_thread
from nnabla_influence.training import FinalState, train

TRAINED = 5_000  # samples
MANY = 50_000


def workers_seconds():
    """The processor's seconds of every worker so far; Linux only, else none."""
    found = []
    for process in multiprocessing.active_children():
        stat = Path(f"/proc/{process.pid}/stat")
        if stat.is_file():
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            found.append((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return found


def scored(training, data, validation, place, products=None):
    """Score, with so many curvature products or as many as it needs; the scores, and what it took."""
    started, used = time.perf_counter(), time.process_time()
    with one_thread(), tempfile.TemporaryDirectory() as shared, sweeping(place, Path(shared)) as sweep:
        reused = ReusedWork()
        method = SpectralInfluence(lanczos_steps=products)
        scores = method.estimate(training, data, validation, sweep=sweep, reused=reused)
        sample_columns(training, data, sweep=sweep, reused=reused)
        there = workers_seconds()
        here = time.process_time() - used
        took = {"clock": time.perf_counter() - started, "here": here, "workers": there}
        return scores.values, {**took, "lanczos": int(scores.facts["Lanczos steps"])}


def trained(name, data, batch):
    """A network after one epoch: before it, curvature products matter that no score of a trained one needs."""
    config = TrainingConfig(solver=SOLVERS[name], batch_size=batch, policy="final")
    with tempfile.TemporaryDirectory() as folder, one_thread():
        return train(network_named(name), data, config, Path(folder) / "cache.h5").network


@contextmanager
def places_of(args):
    """Where to score, by name; a cluster is there as long as it is asked for."""
    places = {f"{workers} worker{'s' if workers > 1 else ''}": Execution(workers) for workers in args.workers}
    if not args.cluster:
        yield places
        return
    with local_cluster(args.cluster) as address:
        yield {**places, f"cluster of {args.cluster}": Execution(scheduler=address)}


def shown(samples, name, run, alone, step):
    """A line about one run."""
    idle = max([run["here"], *run["workers"]])
    text = f"  N {samples:6,}, {name}: {run['clock']:7.1f} s by the clock, "
    text += f"{run['clock'] / samples / step:.2f} training epochs; processor {run['here']:.1f} s here"
    if run is alone:
        text += f"; {run['lanczos']} Lanczos steps"
    else:
        text += f"; {alone['clock'] / run['clock']:.2f} times as fast"
    if run["workers"]:
        text += f"; processor {', '.join(f'{seconds:.1f}' for seconds in sorted(run['workers']))} s elsewhere, so at "
        text += f"most {alone['here'] / idle:.2f} times on idle cores"
    return text


def line_through(sizes, seconds):
    """Fixed part, slope, and the largest distance of the line, relative to the seconds there."""
    slope, fixed = np.polyfit(sizes, seconds, 1)
    return fixed, slope, float(np.max(np.abs(fixed + slope * np.array(sizes) - seconds) / seconds))


def growth(sizes, clock, largest, step):
    """How runs with one curvature product grow by the clock, and what N = 50,000 costs by that and the largest run."""
    fixed, slope, off = line_through(sizes, clock)
    many = largest["clock"] + slope * (MANY - sizes[-1])
    return {"fixed": fixed, "slope": slope / step, "off": off, "epochs": many / (MANY * step)}


def measured(name, args):
    network = trained(name, images(min(max(args.samples), TRAINED), SHAPES[name]), args.batch)
    step = step_seconds(name, args.batch, args.repeats)
    print(f"{name}, {1e3 * step:.2f} ms a sample and bare training step, batches of {args.batch}", flush=True)
    with places_of(args) as places:
        return scored_everywhere(name, args, network, step, places)


def scored_everywhere(name, args, network, step, places):
    """Score each number of samples in each place; the figures."""
    runs, with_one_product = ({place: [] for place in places} for _ in range(2))
    for samples in args.samples:
        data = images(samples, SHAPES[name])
        validation = data.subset(range(max(CLASSES, samples // 5)))
        training = FinalState(network, TrainingConfig(epochs=1, batch_size=args.batch), samples)
        alone = None
        for place, execution in places.items():
            if len(args.samples) > 1:
                several = [scored(training, data, validation, execution, products=1)[1] for _ in range(args.rounds)]
                with_one_product[place].append(statistics.median(run["clock"] for run in several))
            values, run = scored(training, data, validation, execution)
            runs[place].append(run)
            alone = alone or (values, run)
            print(shown(samples, place, run, alone[1], step), flush=True)
            assert np.array_equal(values, alone[0]), "scores differ"
    figures = {"step": step, "runs": runs, "with one product": with_one_product, "growth": {}}
    for place in places if len(args.samples) > 1 else ():
        grown = growth(args.samples, with_one_product[place], runs[place][-1], step)
        figures["growth"][place] = grown
        print(
            f"  {place}, one curvature product: {grown['fixed']:.1f} s and {grown['slope']:.2f} steps a sample (the "
            f"line is off by at most {grown['off']:.1%}); at N = 50,000 computed: {grown['epochs']:.2f} training epochs"
        )
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=SHAPES, default=["builtin:cifarnet"])
    parser.add_argument("--samples", type=int, nargs="+", default=[1250, 2500, 5000], metavar="N")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="W")
    parser.add_argument("--cluster", type=int, metavar="W", help="also on a Dask cluster of so many workers")
    parser.add_argument("--rounds", type=int, default=1, help="of runs with one curvature product (default: 1)")
    parser.add_argument("--repeats", type=int, default=11, help="bare training steps (default: 11)")
    measure(parser, measured)


if __name__ == "__main__":
    main()
