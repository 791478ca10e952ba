"""A trial and the seed that its retrainings have in a table."""

from pathlib import Path

from nnabla_influence.evaluation.trial import Trial


def test_retrainings_have_the_seed_of_the_training_unless_another_order_is_drawn():
    assert Trial(Path("c.h5"), 4, {}).retraining_seed == 4
    assert Trial(Path("c.h5"), 4, {}, order_seed=0).retraining_seed == 0
