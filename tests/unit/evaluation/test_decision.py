"""Is removing worth it? One decision and one sentence, for every case."""

import dataclasses

import numpy as np
import pytest
from support.removal_curves import curve

from nnabla_influence.evaluation.cross_fit import CrossFit, cross_fit
from nnabla_influence.evaluation.decision import WORTH, Decision, Outcome, Pick, chosen_numbers, decide, decisions
from nnabla_influence.evaluation.gain import Gain
from nnabla_influence.evaluation.removal_curve import RemovalCurve

LINE = ("spectral", "remove", "scratch")
BETTER = {"spectral": {10: -0.02, 30: -0.05}, "random": {10: 0.01, 30: 0.02}}


def only(made):
    (decision,) = decisions(made)
    return decision


def test_a_number_that_beats_nothing_and_random_is_confirmed_by_test_data():
    decision = only(curve(BETTER))
    assert (decision.outcome, decision.number, decision.confirmed) == (Outcome.REMOVE, 30, (30,))
    assert decision.sentence == (
        "spectral: remove 30 samples. Trained from scratch without the 30 most harmful samples, the error on 40 rows "
        "of the test data changes by -0.05 ± 0.00093 against removing nothing and by -0.07 ± 0.0013 against removing "
        "as many at random (4 trainings of each kind). It is the largest number that was tried."
    )


def test_without_test_data_each_half_confirms_what_the_other_chose():
    decision = only(curve(BETTER, test=False))
    assert (decision.outcome, decision.number, decision.data) == (Outcome.REMOVE, 30, "selection")
    assert "on 40 rows that neither scored nor chose changes by -0.05" in decision.sentence


def test_what_random_removal_does_as_well_is_not_removed():
    decision = only(curve({"spectral": {10: -0.02}, "random": {10: -0.03}}))
    assert (decision.outcome, decision.number) == (Outcome.NOTHING, 0)
    assert decision.sentence.startswith("spectral: nothing is worth removing. Trained from scratch without the 10 most")
    assert "by -0.02 ± 0.00093 against removing nothing and by +0.01" in decision.sentence


def test_few_rows_say_how_many_would_do():
    decision = only(curve({"spectral": {10: -0.06}, "random": {10: 0.0}}, rows=8, spread=0.09))
    assert decision.outcome is Outcome.TOO_FEW and decision.number == 0
    assert 8 < decision.rows_needed < 80
    assert "the validation rows are too few to tell, and in doubt nothing is removed." in decision.sentence
    assert f"about {decision.rows_needed:,.0f} such rows would show gains of this size" in decision.sentence


def test_nothing_worth_removing_is_an_answer():
    decision = only(curve({"spectral": {5: 0.1}, "random": {5: 0.1}}))
    assert decision.outcome is Outcome.NOTHING and decision.gain is None
    assert decision.sentence == (
        "spectral: nothing is worth removing; no number lowers the error on the rows that choose beyond chance."
    )


def test_one_training_decides_nothing():
    decision = only(curve(BETTER, seeds=1))
    assert decision.outcome is Outcome.UNKNOWN and decision.number == 0
    assert decision.sentence.startswith("spectral: one training of each kind cannot tell chance from effect")


def test_the_last_epoch_and_relabelling_are_named():
    decision = only(curve(BETTER, start="last-epoch"))
    assert "With the last epoch trained again without the 30" in decision.sentence
    relabelled = dataclasses.replace(decision, treatment="relabel", treatments=("relabel",))
    assert relabelled.sentence.startswith("spectral: relabel 30 samples. ")
    assert "with new labels for the 30 most harmful samples" in relabelled.sentence


def test_a_table_that_came_without_the_figures_of_rows_decides_nothing():
    bare = RemovalCurve(curve(BETTER).rows)
    assert only(bare).outcome is Outcome.UNKNOWN
    assert only(bare).sentence.startswith(
        "spectral: nothing can be decided, because the figures of the rows (.rows.npz)"
    )
    assert bare.choice(*LINE).removed == 30, "what the means favour can still be shown"


def test_what_is_decided_is_what_the_shown_intervals_say():
    """An interval that holds zero is never called a gain, and one that does not never doubted."""
    random = np.random.default_rng(0)
    outcomes = set()
    for _ in range(500):
        gains = [Gain(random.normal(0.02, 0.03), *random.uniform(0.001, 0.02, 3), 30.0, 400, 5) for _ in range(2)]
        decision = Decision(Outcome.NOTHING, "m", "remove", "scratch", 0, (30,), "test", *gains)
        seen = all(gain.interval().decided and gain.mean > 0 for gain in gains)
        assert (decision.judged() is Outcome.REMOVE) == (seen and gains[0].mean >= WORTH)
        outcomes.add(decision.judged())
    assert outcomes == {Outcome.REMOVE, Outcome.NOTHING, Outcome.TOO_FEW}


def test_a_gain_is_worth_data_only_beside_the_error_it_is_taken_from():
    decision = only(curve(BETTER))
    assert decision.outcome is Outcome.REMOVE and decision.gain.mean > 0.05 * decision.error > 0
    harder = dataclasses.replace(decision, error=decision.gain.mean / 0.049)
    assert harder.judged() is Outcome.NOTHING
    sentence = dataclasses.replace(harder, outcome=Outcome.NOTHING).sentence
    assert sentence.endswith(f"(4 trainings of each kind); {0.05 * harder.error:.2g} would be worth it.")
    assert dataclasses.replace(decision, error=decision.gain.mean / 0.051).judged() is Outcome.REMOVE
    small = dataclasses.replace(decision, error=0.0, gain=dataclasses.replace(decision.gain, mean=0.9 * WORTH))
    assert small.judged() is Outcome.NOTHING, "however small the error is"


def test_the_control_and_other_starts_are_kept_apart():
    first, second = decisions(curve({**BETTER, "loss": {10: -0.01}}))
    assert (first.method, second.method) == ("spectral", "loss")


def test_each_half_chooses_by_its_own_rows():
    cross = CrossFit.of(40, 0, 0)
    made = curve(BETTER, test=False)
    (first, second), _ = cross.parts
    for _, figures in (("rows", made.figures),):  # the first half is better off with 10, the second with 30
        for seed in range(4):
            for number, better in ((10, first), (30, second)):
                losses = figures._arrays[f"spectral-remove-{number}-scratch-{seed}.selection.losses"]
                losses[better] = 0.01
    assert chosen_numbers(made, LINE, cross)[1] == (10, 30)
    decision = decide(made, LINE, made, "scratch", cross)
    assert decision.confirmed == (10, 30) and "without the 10 or 30 most harmful samples" in decision.sentence
    assert decision.gain.mean < -0.01 + 0.06, "the rows that gain are not the ones that confirm"


@pytest.mark.parametrize("both, halves, number", [(30, (10, 10), 10), (30, (10, 30), 30), (10, (30, 30), 10)])
def test_more_than_was_confirmed_is_not_removed(both, halves, number):
    made = curve(BETTER, test=False)
    picks = Pick("remove", both), tuple(Pick("remove", half) for half in halves)
    decision = decide(made, LINE, made, "scratch", CrossFit.of(40, 0, 0), picks)
    assert (decision.outcome, decision.number) == (Outcome.REMOVE, number)
    assert decision.largest == (number == 30) and decision.confirmed == tuple(sorted(set(halves)))


def test_a_surer_network_that_answers_worse_removes_nothing():
    made = curve(BETTER)
    random = np.random.default_rng(0)
    wrong_rows = {0: 0.1, 30: 0.4}
    for row in made.rows:
        for data in ("selection", "test"):
            share = wrong_rows.get(row.removed if row.method == "spectral" else 0, 0.1)
            made.figures._arrays[f"{row.job}.{data}.right"] = random.random(40) > share
    made.figures.scale = 1.0
    decision = only(made)
    assert decision.wrong.mean < -0.1 and decision.gain.is_real()
    assert (decision.outcome, decision.number) == (Outcome.NOTHING, 0)
    assert "; but the share of wrong answers changes by +0." in decision.sentence
    better = dataclasses.replace(decision, wrong=dataclasses.replace(decision.wrong, mean=-0.5 * decision.wrong.error))
    assert better.judged() is Outcome.REMOVE, "within its error it says nothing"
    assert only(curve(BETTER)).wrong is None


@pytest.mark.parametrize("seed", range(3))
def test_a_random_ranking_is_rejected(seed):
    """Numbers without any effect: whatever number looks best, the confirming rows say otherwise."""
    random = np.random.default_rng(seed)
    seen = []
    for _ in range(200):
        made = curve(dict.fromkeys(("spectral", "random"), dict.fromkeys((5, 10, 20), 0.0)), test=False)
        for name, losses in made.figures._arrays.items():
            if "losses" in name:
                losses += 0.1 * random.standard_normal(losses.shape).astype(losses.dtype)
        cross = cross_fit(made, "scratch", 0)
        seen.append(decide(made, LINE, made, "scratch", cross).outcome is Outcome.REMOVE)
    assert np.mean(seen) < 0.05
