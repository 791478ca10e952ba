"""The estimator against the truth: leave-one-out over the last epoch, by training again for every sample.

The truth is computed by the NumPy reference in float64. "Slope" is that of the line fitted to the truth as a function
of the estimate (truth = slope * estimate + constant): 1 means that scores are changes of the validation loss, not just
in their order.
"""

import numpy as np
import pytest
from reference import last_epoch
from reference.softmax_regression import SoftmaxRegression
from support.problems import dataset, handwritten_digits, overlapping_classes, softmax_network, trained

from nnabla_influence.estimators import LastEpochInfluence, RandomBaseline

DATA = {"overlapping Gaussians": (overlapping_classes, 5, 0.3), "handwritten digits": (handwritten_digits, 16, 0.3)}
every_data = pytest.mark.parametrize("name", sorted(DATA))


def agreement(estimate, truth):
    """Pearson correlation and slope of the truth on the estimate."""
    slope = np.polyfit(estimate, truth, 1)[0]
    return np.corrcoef(estimate, truth)[0, 1], slope


@pytest.fixture(scope="module")
def convex(tmp_path_factory):
    """``convex(name)``: softmax regression trained on 60 samples, and the truth (60,)."""
    made = {}

    def make(name):
        if name not in made:
            draw, features, rate = DATA[name]
            t = trained(
                tmp_path_factory.mktemp("convex"),
                softmax_network(features),
                dataset(*draw(60, 0)),
                dataset(*draw(50, 1)),
                epochs=20,
                batch_size=6,
                seed=3,
                solver={"learning_rate": rate},
            )
            problem = SoftmaxRegression(features, 3)
            made[name] = t, last_epoch.leave_one_out(problem, t.start, t.data, t.validation_data, t.steps())
        return made[name]

    return make


def estimate(t, method=None):
    return (method or LastEpochInfluence(objective="loss")).estimate(t.cache, t.training, t.validation).values


@every_data
def test_scores_are_changes_of_the_validation_loss(convex, name):
    t, truth = convex(name)
    correlation, slope = agreement(estimate(t), truth)
    assert correlation >= 0.95 and 0.8 <= slope <= 1.25, (correlation, slope)


@every_data
def test_positive_means_that_leaving_the_sample_out_raises_the_validation_loss(convex, name):
    t, truth = convex(name)
    clear = np.abs(truth) > np.abs(truth).mean()
    agree = np.sign(estimate(t)[clear]) == np.sign(truth[clear])
    assert agree.mean() > 0.9 and (truth[clear] > 0).any() and (truth[clear] < 0).any()


@every_data
def test_the_published_recursion_is_further_from_the_truth(convex, name):
    t, truth = convex(name)
    ours, theirs = (estimate(t, LastEpochInfluence(recursion=r, objective="loss")) for r in ("corrected", "published"))
    error = [np.linalg.norm(values - truth) for values in (ours, theirs)]
    assert error[1] > 1.5 * error[0], error
    assert agreement(theirs, truth)[1] < 0.8, "it overstates the early steps, so the criterion refuses it"


@every_data
def test_a_random_order_does_not_pass(convex, name):
    """The criterion itself can fail."""
    t, truth = convex(name)
    assert abs(agreement(estimate(t, RandomBaseline(seed=1)), truth)[0]) < 0.5
