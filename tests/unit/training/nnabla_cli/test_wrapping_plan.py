"""The batches of NNabla's own iterator, held against NNabla's own iterator."""

import itertools

import numpy as np
import pytest
from nnabla.config import nnabla_config
from nnabla.utils.load import _create_dataset

from nnabla_influence.config import IteratorConfig
from nnabla_influence.errors import ConfigError
from nnabla_influence.training.nnabla_cli.wrapping_plan import WrappingPlan

SECTION = "DATA_ITERATOR"


@pytest.fixture
def nnabla_settings():
    """``nnabla_settings(block, in_memory)`` changes NNabla's configuration until the end of the test."""
    names = ("data_source_file_cache_size", "data_source_buffer_max_size")
    before = [nnabla_config.get(SECTION, name) for name in names]

    def change(block, in_memory):
        nnabla_config.set(SECTION, names[0], str(block))
        nnabla_config.set(SECTION, names[1], before[1] if in_memory else "0")

    yield change
    for name, value in zip(names, before):
        nnabla_config.set(SECTION, name, value)


class Nnabla:
    """The iterators of ``nnabla_cli train`` for one data set whose only column is the row number."""

    def __init__(self, folder, samples, batch_size, shuffle, settings):
        path = folder / "rows.csv"
        path.write_text("row\n" + "".join(f"{row}\n" for row in range(samples)), encoding="utf-8")
        cache = (str(folder / "cache"), True, True) if settings.prepared else ("", False, False)
        made = _create_dataset(str(path), batch_size, shuffle, False, *cache, True, settings.position)
        self.settings = settings
        self.training = settled(made.data_iterator())
        self.monitors = settled(made.data_iterator()) if settings.monitored else None

    def close(self):
        self.training.close()
        if self.monitors:
            self.monitors.close()

    def epoch(self):
        return [rows_of(self.training) for _ in range(self.settings.iterations)]

    def evaluation(self):
        return [rows_of(self.monitors) for _ in range(self.settings.monitored)]


def settled(iterator):
    """Wait until the batch that is drawn ahead is drawn, as the computation between two batches does."""
    iterator._next_thread.join()
    return iterator


def rows_of(iterator):
    (rows,) = iterator.next()
    settled(iterator)
    return rows.reshape(-1).astype(int).tolist()


SIZES = [(22, 5, 5, 4), (22, 5, 4, 4), (20, 5, 4, 4), (7, 5, 3, 1), (9, 2, 5, 0)]  # N, B, iterations, monitored
KINDS = list(itertools.product([False, True], [True, False]))  # prepared, in memory


@pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning")  # NNabla's threads
@pytest.mark.parametrize("samples, batch_size, iterations, monitored", SIZES)
@pytest.mark.parametrize("prepared, in_memory", KINDS)
def test_every_batch_is_the_one_nnabla_draws(
    tmp_path, nnabla_settings, samples, batch_size, iterations, monitored, prepared, in_memory
):
    nnabla_settings(6, in_memory)
    settings = IteratorConfig(iterations, 1, prepared, in_memory, 6, monitored)
    theirs, ours = (
        Nnabla(tmp_path, samples, batch_size, True, settings),
        WrappingPlan(samples, batch_size, 0, True, settings),
    )
    try:
        for epoch in range(7):
            assert [rows.tolist() for rows in ours.epoch(epoch)] == theirs.epoch(), epoch
            assert [rows.tolist() for rows in ours.monitored(epoch)] == theirs.evaluation(), epoch
    finally:
        theirs.close()


def test_without_shuffling_it_still_wraps_around(tmp_path):
    settings = IteratorConfig(3)
    ours, theirs = WrappingPlan(10, 4, 0, False, settings), Nnabla(tmp_path, 10, 4, False, settings)
    for epoch in range(3):
        assert [rows.tolist() for rows in ours.epoch(epoch)] == theirs.epoch()
    theirs.close()
    assert [rows.tolist() for rows in ours.epoch(0)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]


def test_an_epoch_can_be_asked_for_in_any_order():
    asked, forwards = (WrappingPlan(30, 7, 0, True, IteratorConfig(5, monitored=4)) for _ in range(2))
    expected = [forwards.epoch(epoch) for epoch in range(4)]
    for epoch in (3, 0, 2, 1, 3):
        assert all(map(np.array_equal, asked.epoch(epoch), expected[epoch]))


def test_monitors_are_evaluated_after_five_epochs_and_then_at_their_interval():
    plan = WrappingPlan(12, 4, 0, True, IteratorConfig(3, monitored=3, monitor_interval=4))
    assert [bool(plan.monitored(epoch)) for epoch in range(9)] == [True] * 5 + [False, False, True, False]


def test_every_row_holds_every_row_once_and_keeps_the_order_of_drawing():
    plan = WrappingPlan(10, 4, 0, True, IteratorConfig(2))
    drawn, rows = np.concatenate(plan.epoch(1)), plan.every_row(1)
    assert sorted(np.concatenate(rows)) == list(range(10)) and [len(batch) for batch in rows] == [4, 3, 3]
    seen = list(dict.fromkeys(drawn.tolist()))
    assert np.concatenate(rows)[: len(seen)].tolist() == seen


def test_another_seed_is_another_order_and_other_data_has_its_own():
    def order(seed, position):
        return np.concatenate(WrappingPlan(50, 10, seed, True, IteratorConfig(5, position)).epoch(0)).tolist()

    orders = [order(0, 0), order(1, 0), order(0, 1), order(1, 1)]
    assert all(a != b for a, b in itertools.combinations(orders, 2)) and order(1, 1) == orders[-1]


def test_no_samples_are_refused():
    with pytest.raises(ConfigError):
        WrappingPlan(0, 4, 0, True, IteratorConfig(1))
