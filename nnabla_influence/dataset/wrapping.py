"""The samples that NNabla's own data iterator draws: the batches of ``nnabla_cli train``, row by row.

NNabla's iterator is an endless stream of rows that is cut into batches of one size. At the end of the data it wraps
around, in the middle of a batch if need be, so an "epoch" of a fixed number of batches may skip some rows and draw
others twice. What is done here is what NNabla 1.39 does:

* the rows are shuffled once when the iterator is made, by a generator seeded with the data set's place in the network
  file, and put into files of `IteratorConfig.block` samples;
* an iterator that keeps the samples in memory draws no other order for its *second* pass; from the third on it permutes
  all rows, by a generator seeded with 313;
* one that does not permutes the files, and the rows within every file, on every pass, by another one seeded with 313;
* with a cache that was made on the disk before, files are permuted by the data set's own generator instead.

The training iterator and the monitors of the same data share the data set's generator, so both have to be followed. The
next batch is drawn in the background while the present one is used: at the end of an epoch the first batch of the next
one is drawn already when the monitors begin to draw.
"""

from __future__ import annotations

from typing import List, Optional

import numpy as np

from ..array import Array, IntArray
from ..config import IteratorConfig
from ..errors import ConfigError
from .batches import consecutive_batches

__all__ = ["WrappingPlan", "is_evaluated"]

OWN_SEED = 313  # of the generators that NNabla makes where it is not given one
FIRST_EPOCHS = 5  # after each of these, monitors are evaluated whatever their interval


class WrappingPlan:
    """The batches of every epoch, as NNabla's iterator draws them; offers what `BatchPlan` offers.

    Args:
        samples: The number of samples N.
        batch_size: The size B of every batch.
        seed: 0 for NNabla's own order; another seed gives another one.
        shuffle: Whether the order changes.
        settings: How the iterator is set up.

    Raises:
        ConfigError: There is no sample, or a batch is empty.
    """

    def __init__(self, samples: int, batch_size: int, seed: int, shuffle: bool, settings: IteratorConfig) -> None:
        if samples < 1 or batch_size < 1:
            raise ConfigError(f"NNabla's iterator needs samples and batches, not {samples} and {batch_size}.")
        self.samples = samples
        self.batch_size = batch_size
        self.settings = settings
        source = _Source(samples, seed, shuffle, settings)
        # Making an iterator and drawing its first batch both move the shared generator on.
        self._training = _Iterator(source, batch_size) if settings.iterations else None
        self._monitors = _Iterator(source, batch_size) if settings.monitored else None
        self._epochs: List[List[Array]] = []
        self._evaluations: List[List[Array]] = []

    @property
    def batches_per_epoch(self) -> int:
        """The number of NNabla's iterations per epoch."""
        return self.settings.iterations

    @property
    def draws_per_epoch(self) -> int:
        """The number of rows that an epoch draws, a row drawn twice counted twice."""
        return self.settings.iterations * self.batch_size

    def epoch(self, epoch: int) -> List[IntArray]:
        """Return the batches of one epoch, from 0: row numbers (B,) int64 each."""
        self._advance(epoch)
        return [rows.astype(np.int64) for rows in self._epochs[epoch]]

    def monitored(self, epoch: int) -> List[IntArray]:
        """Return the batches that monitors draw after an epoch, from 0; none where they are not evaluated."""
        self._advance(epoch)
        return [rows.astype(np.int64) for rows in self._evaluations[epoch]]

    def every_row(self, epoch: int) -> List[IntArray]:
        """Return every row once, in ceil(N/B) batches: first as the epoch draws them, then those it never draws."""
        drawn = np.concatenate([*self.epoch(epoch), np.arange(self.samples)])
        _, first = np.unique(drawn, return_index=True)
        order = drawn[np.sort(first)]
        return [order[places] for places in consecutive_batches(self.samples, self.batch_size)]

    def _advance(self, epoch: int) -> None:
        while len(self._epochs) <= epoch:
            done = len(self._epochs)
            self._epochs.append(_taken(self._training, self.settings.iterations))
            evaluated = is_evaluated(done, self.settings.monitor_interval)
            self._evaluations.append(_taken(self._monitors, self.settings.monitored if evaluated else 0))


def is_evaluated(epoch: int, interval: int) -> bool:
    """Whether NNabla evaluates the monitors after an epoch, from 0."""
    return epoch < FIRST_EPOCHS or (epoch + 1) % interval == 0


class _Source:
    """The shared state of the iterators of one data set: its size, and the generator seeded with its place."""

    def __init__(self, samples: int, seed: int, shuffle: bool, settings: IteratorConfig) -> None:
        self.samples = samples
        self.seed = seed
        self.shuffle = shuffle
        self.settings = settings
        self.generator = self.new_generator(settings.position)

    def new_generator(self, number: int) -> np.random.RandomState:
        """Make a generator with NNabla's seed, or one for each seed of ours."""
        return np.random.RandomState([number, self.seed] if self.seed else number)

    def stored(self) -> IntArray:
        """Draw the order (N,) in which rows are put into files; a cache on the disk was shuffled before."""
        everything = np.arange(self.samples)
        generator = self.new_generator(self.settings.position) if self.settings.prepared else self.generator
        return generator.permutation(everything) if self.shuffle else everything


class _Iterator:
    """One of NNabla's iterators: a stream of rows with the next batch drawn ahead."""

    def __init__(self, source: _Source, batch_size: int) -> None:
        self._source = source
        self._settings = source.settings
        self._batch_size = batch_size
        self._memory = source.new_generator(OWN_SEED)  # permutes rows that are kept in memory
        self._disk = source.new_generator(OWN_SEED)  # permutes files, and the rows within each
        block = self._settings.block
        starts = range(0, source.samples, block)
        self._files = np.arange(len(starts))
        self._inside = [np.arange(min(block, source.samples - start)) for start in starts]
        self._stored = source.stored()
        if self._settings.prepared and source.shuffle:
            self._shuffle_files()
        self._first = self._read()  # (N,) as the rows come into memory
        self._order = self._first
        self._passes = 0
        self._place = 0  # in the present pass
        if not self._settings.in_memory:
            self._end_pass()
        self._ahead = self._batch()

    def next(self) -> Array:
        """Return the next batch of rows (B,), and draw the one after it ahead."""
        batch = self._ahead
        self._ahead = self._batch()
        return batch

    def _batch(self) -> Array:
        parts = []
        wanted = self._batch_size
        while wanted:
            part = self._order[self._place : self._place + wanted]
            parts.append(part)
            wanted -= len(part)
            self._place += len(part)
            if self._place >= self._source.samples:
                self._passes += 1
                self._end_pass()
        rows: Array = np.concatenate(parts).astype(np.int32)  # half the memory: kept for every epoch of the run
        return rows

    def _end_pass(self) -> None:
        """Wrap around: draw the order of the next pass, and move the generators on."""
        self._place = 0
        if not self._source.shuffle:
            return
        if self._settings.in_memory and self._passes > 1:
            self._order = self._first[self._memory.permutation(self._source.samples)]
        self._shuffle_files()
        if not self._settings.prepared:
            self._source.generator.permutation(self._source.samples)  # the CSV's order, which nobody reads any more
        if not self._settings.in_memory:
            self._order = self._read()

    def _shuffle_files(self) -> None:
        """Permute the files and the rows in each; a cache made before forgets its former order, the other does not."""
        if self._settings.prepared:
            self._files = self._source.generator.permutation(len(self._files))
            for file in self._files:
                self._inside[file] = self._source.generator.permutation(len(self._inside[file]))
            return
        self._files = self._disk.permutation(self._files)
        self._inside = [self._disk.permutation(rows) for rows in self._inside]

    def _read(self) -> IntArray:
        """Return the rows (N,) in the order of the files."""
        places = [file * self._settings.block + self._inside[file] for file in self._files]
        rows: IntArray = self._stored[np.concatenate(places)]
        return rows


def _taken(iterator: Optional[_Iterator], batches: int) -> List[Array]:
    return [iterator.next() for _ in range(batches)] if iterator is not None else []
