"""How many to remove, chosen by several seeds and confirmed by fresh ones; nothing is an answer."""

import numpy as np
import pytest
from support.pretended_training import ROWS, WRONG, trained_by_the_book

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError
from nnabla_influence.evaluation import number_search, removal_sweep
from nnabla_influence.evaluation.cross_fit import CrossFit, cross_fit
from nnabla_influence.evaluation.decision import Outcome
from nnabla_influence.evaluation.evaluation_data import EvaluationData
from nnabla_influence.evaluation.noise_excess import FoldErrors
from nnabla_influence.evaluation.number_search import NumberSearch, choose_number
from nnabla_influence.evaluation.performance import Performance
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.evaluation.removal_sweep import RemovalSweep
from nnabla_influence.evaluation.retraining import RetrainingResult, run_retraining
from nnabla_influence.evaluation.trial import Trial
from nnabla_influence.network import Network
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.training import train

SAMPLES = 40
TRUTH = np.r_[np.full(WRONG, -1.0), np.ones(SAMPLES - WRONG)]
QUICK = {"start": "last-epoch", "confirm": "last-epoch"}


def samples(count, seed):
    random = np.random.RandomState(seed)
    return Dataset.from_arrays({"x": random.normal(size=(count, 2)), "y": random.randint(2, size=count)})


@pytest.fixture(scope="module")
def data():
    return EvaluationData(samples(SAMPLES, 0), samples(ROWS, 1), samples(ROWS, 2))


@pytest.fixture(scope="module")
def cache(data, tmp_path_factory):
    config = TrainingConfig(SolverConfig(learning_rate=0.3), epochs=2, batch_size=20)
    return train(
        Network.builtin("builtin:mlp", (2,), 2), data.train, config, tmp_path_factory.mktemp("search") / "cache.h5"
    )


@pytest.fixture
def retrained(monkeypatch):
    """The jobs that were retrained, in order; nothing is trained but `trained_by_the_book`."""
    jobs = []

    def pretended(function, asked, execution):
        assert function is run_retraining
        for number, job in enumerate(asked):
            jobs.append(job)
            yield number, trained_by_the_book(job)

    monkeypatch.setattr(removal_sweep, "completed", pretended)
    return jobs


@pytest.fixture
def searched(cache, data, retrained):
    """``searched(scores, **settings)``: decision and curve of a search with three seeds, from the last epoch."""

    def search(scores=TRUTH, target=None, progress=None, **settings):
        trial = Trial(cache.path, cache.config.seed, {"m": InfluenceScores(scores, "m")})
        asked = NumberSearch(**{"orders": 3, "shares": (0.05, 0.2, 0.4), **QUICK, **settings})
        return choose_number(trial, data, asked, RemovalSweep(()), target, progress)

    return search


# -- what is tried ---------------------------------------------------------------------------------------------------


def test_shares_become_numbers_each_once_and_at_least_one():
    assert NumberSearch(shares=(0.001, 0.002, 0.1)).counts(100) == (1, 10)


def test_the_shares_reach_from_a_hundredth_to_half_of_the_data():
    counts = NumberSearch().counts(1000)
    assert (counts[0], counts[-1]) == (10, 500)


@pytest.mark.parametrize(
    "tried, best, finer",
    [
        ((5, 50, 100), 50, (28, 75)),
        ((5, 50, 100), 5, (3, 28)),
        ((5, 50, 100), 100, (75,)),
        ((5, 50, 100), 0, (3,)),
        ((1, 2, 3), 2, ()),
        ((1,), 0, ()),
        ((8,), 8, (4,)),
    ],
)
def test_finer_numbers_lie_in_the_middle_between_the_best_and_its_neighbours(tried, best, finer):
    assert NumberSearch.between(tried, best) == finer


@pytest.mark.parametrize(
    "settings, said",
    [({"orders": 1}, "2 or more retrainings each, not 1"), ({"shares": (0.5, 1.0)}, "lie between 0 and 1, not")],
)
def test_impossible_searches_are_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        NumberSearch(**settings)


# -- what is decided -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["last-epoch", "scratch"])
def test_wrong_labels_are_worth_removing_and_right_ones_are_not(searched, start):
    decision, _ = searched(TRUTH, start=start, confirm=start)
    assert (decision.outcome, decision.number) == (Outcome.REMOVE, WRONG)
    assert (decision.start, decision.method, decision.gain.seeds, decision.gain.rows) == (start, "m", 3, ROWS)
    assert decision.gain.mean > 0.05 and decision.against_random.mean > decision.gain.mean
    decision, _ = searched(-TRUTH, start=start, confirm=start)
    assert (decision.outcome, decision.number) == (Outcome.NOTHING, 0)


def test_a_ranking_that_knows_nothing_is_not_confirmed(searched):
    """Every fifth of its samples is wrong, as among all: better than nothing, but so are as many at random."""
    outcomes = []
    for draw in range(12):
        random = np.random.default_rng(draw)
        wrong, right = random.permutation(WRONG), WRONG + random.permutation(SAMPLES - WRONG)
        places = random.permutation(5)[0] + 5 * np.arange(WRONG)
        order = np.empty(SAMPLES, int)
        order[places] = wrong
        order[np.setdiff1d(np.arange(SAMPLES), places)] = right
        decision, _ = searched(np.argsort(order).astype(float), shares=(0.25,))
        outcomes.append(decision.outcome)
    assert outcomes.count(Outcome.REMOVE) <= 1, "one in twenty"


def test_a_random_ranking_is_judged_beside_another_one(cache, data, retrained):
    """The control has that name already, and is drawn anew for every seed."""
    trial = Trial(cache.path, cache.config.seed, {"random": InfluenceScores(TRUTH, "random")})
    search = NumberSearch(orders=3, shares=(0.05, 0.2, 0.4), **QUICK)
    decision, curve = choose_number(trial, data, search, RemovalSweep(()))
    assert (decision.method, decision.number) == ("random ranking", WRONG), "this one happens to know the truth"
    assert decision.against_random.mean > 0.05
    assert {row.method for row in curve.rows} == {"none", "random", "random ranking"}


@pytest.mark.parametrize("gained, treatment", [(1.3, "relabel"), (0.5, "remove")], ids=["better", "worse"])
def test_new_labels_are_the_answer_where_they_are_better(cache, data, monkeypatch, gained, treatment):
    def pretended(function, asked, execution):
        for number, job in enumerate(asked):
            yield number, trained_by_the_book(job, relabelled=gained)

    monkeypatch.setattr(removal_sweep, "completed", pretended)
    trial = Trial(cache.path, cache.config.seed, {"m": InfluenceScores(TRUTH, "m")}, labels=np.zeros(SAMPLES))
    search = NumberSearch(orders=3, shares=(0.05, 0.2, 0.4), treatments=("remove", "relabel"), **QUICK)
    decision, curve = choose_number(trial, data, search, RemovalSweep(()))
    assert (decision.outcome, decision.treatment) == (Outcome.REMOVE, treatment)
    assert decision.treatments == (treatment,) and decision.number == WRONG
    assert decision.sentence.startswith(f"m: {treatment} {WRONG} samples. ")
    assert ("relabelling as many at random" in decision.sentence) == (treatment == "relabel")
    confirmed = {(row.method, row.treatment) for row in curve.rows if row.seed >= cache.config.seed + 3}
    assert confirmed == {("none", "remove"), ("m", treatment), ("random", treatment)}
    assert len(curve.rows) <= search.trainings(SAMPLES)


def test_relabelling_alone_is_no_search():
    with pytest.raises(ConfigError, match="Treatments are remove, or remove and relabel, not relabel"):
        NumberSearch(treatments=("relabel",))


def test_coarse_numbers_first_then_finer_ones_around_the_best(searched, retrained):
    _, curve = searched()
    assert curve.numbers("m", "remove", "last-epoch") == [2, 5, 8, 12, 16]
    counts = list(dict.fromkeys(len(job.change.excluded) for job in retrained))
    assert counts == [0, 2, 8, 16, 5, 12], "8 is best: 5 and 12 lie in the middle to 2 and to 16"


@pytest.mark.parametrize("shares, largest", [((0.05, 0.2), True), ((0.05, 0.2, 0.4), False)])
def test_the_largest_number_is_said_if_it_is_chosen(searched, shares, largest):
    decision, _ = searched(shares=shares)
    assert decision.number == WRONG and decision.largest == largest
    assert decision.sentence.endswith("It is the largest number that was tried.") == largest


# -- what networks say that did not see a fold -----------------------------------------------------------------------


def with_folds(pretended, wrong):
    """Trainings that are pretended to, beside networks that did not see a fold and contradict so many labels of it."""

    def completed(function, asked, execution):
        jobs = list(asked)
        for number, job in enumerate(jobs):
            if "fold" not in job.measured:
                continue
            contradicted = np.isin(job.change.excluded, np.arange(wrong))
            right = {"fold": ~contradicted, "scoring": np.ones(ROWS, bool), "selection": np.ones(ROWS, bool)}
            losses = {name: np.where(answers, 1e-4, 9.0) for name, answers in right.items()}
            yield number, RetrainingResult({n: Performance(0, 0, (), (losses[n], right[n])) for n in right}, 0.5, "cpu")
        rest = [(number, job) for number, job in enumerate(jobs) if "fold" not in job.measured]
        for (number, _), (_, result) in zip(rest, pretended(function, [job for _, job in rest], execution)):
            yield number, result

    return completed


def flat(function, asked, execution):
    """Trainings for which 4 to 16 of the first samples are as good to remove."""
    for number, job in enumerate(asked):
        ours = set(range(16)) & set(np.asarray(job.change.excluded).tolist())
        better = len(ours) == len(job.change.excluded) >= 4
        chance = np.random.default_rng(job.seed).standard_normal(ROWS)
        losses = -np.log1p(-np.clip((0.1 if better else 0.5) + 0.02 * chance, 0.01, 0.95))
        yield number, RetrainingResult({"selection": Performance(0.0, None, (), (losses, None))}, 0.5, "cpu")


@pytest.fixture
def decided(cache, data, monkeypatch):
    """``decided(wrong)``: decision and curve of a search from scratch among numbers of which many are as good."""

    def search(wrong, progress=None):
        monkeypatch.setattr(removal_sweep, "completed", with_folds(flat, wrong))
        trial = Trial(cache.path, cache.config.seed, {"m": InfluenceScores(np.arange(SAMPLES, dtype=float), "m")})
        asked = NumberSearch(orders=3, shares=(0.1, 0.2, 0.4, 0.5))
        return choose_number(trial, data, asked, RemovalSweep(()), None, progress)

    return search


def test_the_number_that_wrong_labels_make_likely_is_tried_and_chosen(decided):
    decision, curve = decided(11)
    (tried,) = set(curve.numbers("m", "remove", "scratch")) - {4, 8, 16, 20}
    assert decision.outcome is Outcome.REMOVE and decision.number == tried and tried in (10, 11)
    decision, curve = decided(0)
    assert decision.number == 8, "nearest to 10, the middle: an excess of none says nothing"


def test_a_half_does_not_ask_the_rows_that_confirm_it_how_many_labels_are_wrong(decided, monkeypatch):
    asked = []
    usual = FoldErrors.excess
    monkeypatch.setattr(FoldErrors, "excess", lambda self, rows: asked.append(tuple(rows)) or usual(self, rows))
    decided(11)
    assert set(asked) == {tuple(rows) for rows, _ in CrossFit.of(ROWS, 0, 0).parts} | {tuple(range(ROWS))}


def test_a_search_from_the_last_epoch_trains_no_folds(searched, retrained):
    searched(start="last-epoch", confirm="scratch")
    assert all(list(job.measured) == ["selection"] for job in retrained)


@pytest.mark.parametrize("wrong", [0, 11])
def test_trainings_without_folds_are_counted_and_what_they_say_is_said(decided, wrong, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    seen = []
    decided(wrong, lambda done, total: seen.append((done, total)))
    announced = NumberSearch(3, (0.1, 0.2, 0.4, 0.5)).trainings(SAMPLES)
    assert seen[0] == (0, announced) and all(a <= b for (a, _), (b, _) in zip(seen, seen[1:]))
    assert all(done <= total == announced for done, total in seen)
    expected = {
        0: "the training labels are not clearly worse than the validation rows', by 5 networks that did not see them",
        11: "about 11 of 40 labels are wrong beyond the validation rows' share (standard error 3), by 5 networks that "
        "did not see them",
    }
    assert expected[wrong] in caplog.messages


# -- by what it is confirmed -----------------------------------------------------------------------------------------


def test_fresh_seeds_confirm_beside_nothing_and_as_many_at_random(searched):
    decision, curve = searched(start="last-epoch", confirm="scratch")
    choosing = [row for row in curve.rows if row.start == "last-epoch"]
    confirming = [row for row in curve.rows if row.start == "scratch"]
    assert {row.seed for row in choosing} == {0, 1, 2} and {row.seed for row in confirming} == {3, 4, 5}
    assert "random" not in {row.method for row in choosing}
    assert decision.start == "scratch" and decision.confirmed == (WRONG,)
    assert sorted(row.key for row in confirming) == sorted(
        (method, "remove", removed, "scratch", seed)
        for method, removed in (("none", 0), ("m", WRONG), ("random", WRONG))
        for seed in (3, 4, 5)
    )


def test_every_seed_has_random_samples_of_its_own(searched, retrained):
    searched(confirm="scratch")
    drawn = {}
    for job in retrained:
        if len(job.change.excluded) == WRONG and set(job.change.excluded) != set(range(WRONG)):
            drawn[job.seed] = tuple(sorted(job.change.excluded))
    assert set(drawn) == {3, 4, 5} and len(set(drawn.values())) == 3


@pytest.mark.parametrize("split_seed", [0, 1])
def test_the_seed_halves_the_rows_that_did_not_score(searched, monkeypatch, split_seed):
    seen = []

    def halved(curve, start, seed):
        seen.append(cross_fit(curve, start, seed))
        return seen[-1]

    monkeypatch.setattr(number_search, "cross_fit", halved)
    searched(split_seed=split_seed)
    expected = CrossFit.of(ROWS, 0, split_seed)
    assert seen
    for cross in seen:
        assert all(np.array_equal(ours, theirs) for ours, theirs in zip(cross.parts[0], expected.parts[0]))


def test_if_nothing_looks_better_nothing_is_trained_to_confirm_it(searched):
    decision, curve = searched(-TRUTH)
    assert decision.outcome is Outcome.NOTHING and decision.gain is None
    assert {row.seed for row in curve.rows} == {0, 1, 2} and "random" not in {row.method for row in curve.rows}


# -- what is kept ----------------------------------------------------------------------------------------------------


def test_nothing_is_trained_twice_and_all_is_kept(searched, retrained, tmp_path):
    decision, curve = searched(target=tmp_path / "c.csv")
    assert len(retrained) == len(curve.rows) == len({row.job for row in curve.rows})
    assert len(curve.rows) <= NumberSearch(3, (0.05, 0.2, 0.4), **QUICK).trainings(SAMPLES)
    kept = RemovalCurve.read_csv(tmp_path / "c.csv")
    assert {row.key for row in kept.rows} == {row.key for row in curve.rows}
    assert all(row.job in kept.figures for row in kept.rows)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    retrained.clear()
    again, _ = searched(target=tmp_path / "c.csv")
    assert retrained == [] and again == decision
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("stopped", [1, 8, 14, 22])
def test_an_interrupted_search_goes_on_to_the_same_decision(searched, retrained, tmp_path, stopped):
    whole, curve = searched()
    retrained.clear()

    def interrupting(done, total):
        if len(retrained) == stopped:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(target=tmp_path / "c.csv", progress=interrupting)
    done = RemovalCurve.read_csv(tmp_path / "c.csv").rows
    assert len(done) == stopped < len(curve.rows)
    retrained.clear()
    decision, _ = searched(target=tmp_path / "c.csv")
    assert decision == whole
    assert len(retrained) == len(curve.rows) - len(done)


def test_a_table_without_the_figures_of_rows_is_measured_again(searched, retrained, tmp_path):
    """An old table has losses only, and nobody can tell from them."""
    decision, curve = searched(target=tmp_path / "c.csv")
    (tmp_path / "c.rows.npz").unlink()
    retrained.clear()
    again, _ = searched(target=tmp_path / "c.csv")
    assert again == decision and len(retrained) == len(curve.rows)


def test_progress_never_exceeds_what_was_announced(searched):
    seen = []
    searched(progress=lambda done, total: seen.append((done, total)))
    announced = NumberSearch(3, (0.05, 0.2, 0.4), **QUICK).trainings(SAMPLES)
    assert all(done <= total == announced for done, total in seen)
